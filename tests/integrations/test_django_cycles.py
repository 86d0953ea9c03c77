"""Nothing of a Django request is left for the garbage collector, unless Django alone leaves the request to it.

Under ASGI it does so with errors, which asgiref raises again within themselves: what hangs on the request goes with it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache

import django
import pytest

SITE = """
import asyncio, gc, io, json, logging, sys
import django
from django.conf import settings
from hauberk import CookieSessions, Policy
from hauberk.core.exchange import held

policies = {
    "headers": Policy(),
    "session": Policy(sessions=CookieSessions(keys=(b"k" * 32,))),
    "recommended": Policy.recommended(),
}
interface, which = sys.argv[1:]
shield = {} if which == "bare" else {"HAUBERK": policies[which]}
settings.configure(
    SECRET_KEY="for tests only, 50 characters long, never used elsewhere", ALLOWED_HOSTS=["app.example"],
    ROOT_URLCONF=__name__, MIDDLEWARE=["hauberk.django.Shield"] if shield else [], LOGGING_CONFIG=None, **shield)
django.setup()
logging.disable()
from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse, StreamingHttpResponse
from django.urls import path

def look(request):
    if "hauberk" in request.META:
        held(request.META["hauberk"]).read_nonce()
    if hasattr(request, "session"):
        request.session["a"] = [1]

def page(request):
    look(request)
    return HttpResponse("a")

async def waits(request):
    return page(request)

def stream(request):
    look(request)
    return StreamingHttpResponse(iter([b"a"]))

async def stream_waits(request):
    async def parts():
        yield b"a"
    look(request)
    return StreamingHttpResponse(parts())

def fail(request):
    look(request)
    raise LookupError("a")

async def fail_waits(request):
    fail(request)

views = {"wsgi": (page, stream, fail), "asgi": (waits, stream_waits, fail_waits)}[interface]
urlpatterns = [path(name, view) for name, view in zip(("", "stream", "fail"), views)]
ANSWERS = {"page": ("GET", "/", 200), "stream": ("GET", "/stream", 200), "error": ("GET", "/fail", 500),
    "nowhere": ("GET", "/nowhere", 404), "refused": ("POST", "/", 403 if which == "recommended" else 200)}
application = get_wsgi_application() if interface == "wsgi" else get_asgi_application()

def ask_wsgi(method, target):
    said = []
    body = application({"REQUEST_METHOD": method, "PATH_INFO": target, "SCRIPT_NAME": "", "SERVER_NAME": "x",
        "SERVER_PORT": "443", "wsgi.url_scheme": "https", "HTTP_HOST": "app.example", "wsgi.input": io.BytesIO(),
        "HTTP_SEC_FETCH_SITE": "cross-site", "QUERY_STRING": ""}, lambda status, *_: said.append(int(status[:3])))
    list(body)
    body.close()
    return said[0]

async def ask_asgi(method, target):
    said = []
    asked = asyncio.Event()

    async def receive():
        if asked.is_set():
            await asyncio.Event().wait()
        asked.set()
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        if "status" in message:
            said.append(message["status"])

    fields = [(b"host", b"app.example"), (b"sec-fetch-site", b"cross-site")]
    await application({"type": "http", "method": method, "path": target, "raw_path": target.encode(), "headers": fields,
        "query_string": b"", "scheme": "https", "server": ("x", 443), "client": ("192.0.2.1", 1)}, receive, send)
    return said[0]

loop = asyncio.new_event_loop()

def ask(name):
    method, target, status = ANSWERS[name]
    got = ask_wsgi(method, target) if interface == "wsgi" else loop.run_until_complete(ask_asgi(method, target))
    assert got == status, (name, got)

def left(name):
    for _ in range(2):
        ask(name)
    gc.collect()
    gc.disable()
    for _ in range(3):
        ask(name)
    found = gc.collect()
    gc.enable()
    return found

json.dump({name: left(name) for name in ANSWERS}, sys.stdout)
"""


@cache
def left(interface: str, policy: str) -> dict[str, int]:
    command = [sys.executable, "-c", SITE, interface, policy]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, int] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("policy", ["headers", "session", "recommended"])
@pytest.mark.parametrize("interface", ["wsgi", "asgi"])
def test_no_more_than_django_leaves(interface: str, policy: str) -> None:
    bare, ours = left(interface, "bare"), left(interface, policy)
    clean = {name for name, count in bare.items() if not count}
    if interface == "wsgi":
        assert clean >= {"page", "stream", "refused", "error", "nowhere"}
    elif django.VERSION < (6, 1):  # from there on, it leaves its own with every answer by ASGI
        assert clean >= {"page", "stream", "refused"}
    assert {name: count for name, count in ours.items() if count and name in clean} == {}
