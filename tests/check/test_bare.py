"""A callable without a framework: only what wraps it is known, and the rest is said to be unknown."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.check.conftest import Judge

ASGI = """
async def app(scope, receive, send):
    pass
"""
WSGI = """
def app(environ, start_response):
    return []
"""


def test_nothing_is_known(judge: Judge) -> None:
    for source in (ASGI, WSGI):
        judged = judge(source)
        assert set().union(*judged.outcomes.values()) == {"not-applicable"}
        assert "only wrappers can be read" in judged.result.gaps[0]
        assert "None of them is hauberk's" in judged.result.gaps[0]


def test_wrappers_are_known(judge: Judge) -> None:
    judged = judge(
        ASGI
        + "from starlette.middleware.cors import CORSMiddleware\n"
        + "from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware\n"
        + "app = CORSMiddleware(app, allow_origins=['*'], allow_credentials=True)\n"
        + "app = ProxyHeadersMiddleware(app, trusted_hosts='*')\n"
    )
    assert judged.failed == {"cors-credentials", "proxy-trust"}
    assert judged.facts.middleware == ("ProxyHeadersMiddleware", "CORSMiddleware")


def test_hauberk_is_known(judge: Judge) -> None:
    for source, call in ((ASGI, "protect"), (WSGI, "protect"), (ASGI, "asgi"), (WSGI, "wsgi")):
        judged = judge(f"{source}import hauberk\napp = hauberk.{call}(app, hauberk.Policy.helmet())\n")
        assert judged.passed >= {"csp", "framing", "hsts", "nosniff", "referrer-policy", "opener-policy"}
        assert judged.facts.protected
        assert "None of them" not in judged.result.gaps[0]


def test_a_header_that_the_callable_names(judge: Judge) -> None:
    judged = judge('FIELDS = [(b"X-Frame-Options", b"DENY")]\n' + ASGI.replace("pass", "await send(FIELDS)"))
    assert judged.passed == {"framing"}


def test_what_is_wrapped_may_be_anything(judge: Judge) -> None:
    judged = judge(
        "class Odd:\n    def __call__(self, only): pass\n"
        "class Shell:\n    def __init__(self, app): self.app = app\n"
        "    async def __call__(self, scope, receive, send): pass\n"
        "app = Shell(Odd())\n"
    )
    assert judged.facts.framework == "asgi"
    assert judged.facts.middleware == ("Shell",)


def test_a_framework_under_a_wrapper_is_read(judge: Judge) -> None:
    judged = judge(
        "from flask import Flask\nfrom werkzeug.middleware.proxy_fix import ProxyFix\n"
        "inner = Flask(__name__)\ninner.debug = True\napp = ProxyFix(inner)\n"
    )
    assert judged.facts.framework == "flask"
    assert "debug" in judged.failed
    assert judged.outcomes["proxy-trust"] == {"review"}
