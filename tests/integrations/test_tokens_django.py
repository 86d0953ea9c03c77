"""`requires` on Django's views, of functions and of classes, and at the handshake of a WebSocket."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from hauberk import Bearer, KeyRing, Policy, Tokens, claims, protect

SITE = """
import json, sys
from django.conf import settings
import hauberk
from hauberk import KeyRing, Policy, Tokens

tokens = Tokens(issuer="https://id.example", audience="api", keys=KeyRing.generate("ES256"))
settings.configure(
    SECRET_KEY="x" * 50, ROOT_URLCONF=__name__, ALLOWED_HOSTS=["testserver"],
    MIDDLEWARE=["hauberk.django.Shield"], HAUBERK=Policy.api().replace(tokens=tokens),
)
import django
django.setup()
from django.http import HttpResponse
from django.test import Client
from django.urls import path
from django.utils.decorators import method_decorator
from django.views import View

@hauberk.requires(scope="read")
def function(request):
    return HttpResponse(hauberk.claims(request).subject)

@hauberk.requires(scope="read")
async def waiting(request):
    return HttpResponse(hauberk.claims(request).subject)

@hauberk.requires(scope="read")
class Class(View):
    def get(self, request):
        return HttpResponse(hauberk.claims(request).subject)

class Method(View):
    @method_decorator(hauberk.requires(scope="read"))
    def get(self, request):
        return HttpResponse(hauberk.claims(request).subject)

urlpatterns = [
    path("function", function), path("waiting", waiting),
    path("class", Class.as_view()), path("method", Method.as_view()),
]
client = Client()
good, poor = tokens.issue("ann", scope="read write"), tokens.issue("ann", scope="write")
answers = {}
for name in ("function", "waiting", "class", "method"):
    sent = (None, f"Bearer {good}", f"Bearer {poor}", f"Bearer {good[:-3]}AAA", f"Bearer {good},Bearer {good}")
    got = [client.get(f"/{name}", headers={"authorization": value} if value else {}) for value in sent]
    answers[name] = [[a.status_code, a.headers.get("www-authenticate", ""), a.content.decode()] for a in got]
print(json.dumps(answers))
"""


@pytest.mark.slow
def test_django_views() -> None:
    done = subprocess.run([sys.executable, "-c", SITE], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    for name, answers in json.loads(done.stdout.splitlines()[-1]).items():
        assert [status for status, _, _ in answers] == [401, 200, 403, 401, 400], name
        assert answers[1][2] == "ann"
        assert [field for _, field, _ in answers] == [
            "Bearer",
            "",
            'Bearer error="insufficient_scope", scope="read"',
            'Bearer error="invalid_token"',
            'Bearer error="invalid_request"',
        ]


@pytest.mark.parametrize("required", [False, True])
def test_the_handshake_of_a_websocket(required: bool) -> None:
    tokens = Tokens(issuer="https://id.example", audience="api", keys=KeyRing.generate("ES256"))

    async def talk(socket: WebSocket) -> None:
        await socket.accept()
        found = claims(socket)
        await socket.send_text("nobody" if found is None else found.subject)
        await socket.close()

    policy = Policy.api().replace(tokens=Bearer(tokens=tokens, required=required))
    client = TestClient(protect(Starlette(routes=[WebSocketRoute("/ws", talk)]), policy))

    def heard(value: str | None) -> str:
        try:
            with client.websocket_connect("/ws", headers={"authorization": value} if value else {}) as socket:
                return socket.receive_text()
        except WebSocketDisconnect:
            return "refused"

    assert heard(f"Bearer {tokens.issue('ann')}") == "ann"
    assert heard(None) == ("refused" if required else "nobody")
    assert heard(f"Bearer {tokens.issue('ann')[:-3]}AAA") == "refused"
