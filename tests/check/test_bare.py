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
        judged = judge(f"{source}import hauberk\napp = hauberk.{call}(app)\n")
        assert judged.passed >= {"csp", "framing", "hsts", "nosniff", "referrer-policy", "opener-policy"}
        assert judged.facts.protected


def test_a_header_that_the_callable_names(judge: Judge) -> None:
    judged = judge('FIELDS = [(b"X-Frame-Options", b"DENY")]\n' + ASGI.replace("pass", "await send(FIELDS)"))
    assert judged.passed == {"framing"}
