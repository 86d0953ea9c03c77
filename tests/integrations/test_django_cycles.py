"""Nothing of a Django request is left for the garbage collector, which Django alone would not leave."""

from __future__ import annotations

import subprocess
import sys

import pytest

SITE = """
import asyncio, gc, io, sys
import django
from django.conf import settings
from hauberk import CookieSessions, Policy
from hauberk.core.exchange import held

policies = {
    "headers": Policy(),
    "session": Policy(sessions=CookieSessions(keys=(b"k" * 32,))),
    "recommended": Policy.recommended(),
}
which = sys.argv[1]
shield = {} if which == "bare" else {"HAUBERK": policies[which]}
settings.configure(
    SECRET_KEY="for tests only, 50 characters long, never used elsewhere", ALLOWED_HOSTS=["app.example"],
    ROOT_URLCONF=__name__, MIDDLEWARE=["hauberk.django.Shield"] if shield else [], LOGGING_CONFIG=None, **shield)
django.setup()
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

def stream(request):
    look(request)
    return StreamingHttpResponse(iter([b"a"]))

urlpatterns = [path("", page), path("stream", stream)]
application = get_wsgi_application()

def ask():
    for target in ("/", "/stream"):
        body = application({"REQUEST_METHOD": "GET", "PATH_INFO": target, "SCRIPT_NAME": "", "SERVER_NAME": "x",
            "SERVER_PORT": "443", "wsgi.url_scheme": "https", "HTTP_HOST": "app.example", "wsgi.input": io.BytesIO(),
            "QUERY_STRING": ""}, lambda *_: None)
        assert b"".join(body) == b"a"
        body.close()

for _ in range(2):
    ask()
gc.collect()
gc.disable()
for _ in range(3):
    ask()
if len(sys.argv) > 2:
    from collections import Counter
    gc.set_debug(gc.DEBUG_SAVEALL); n = gc.collect(); print(n, Counter(type(o).__name__ for o in gc.garbage))
else:
    print(gc.collect())
"""


def left(policy: str) -> int:
    done = subprocess.run([sys.executable, "-c", SITE, policy], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


@pytest.mark.parametrize("policy", ["headers", "session", "recommended"])
def test_wsgi(policy: str) -> None:
    assert left(policy) == left("bare")
