"""Requirements on configuration: one FastAPI application whose hardened form is changed in a single place."""

from __future__ import annotations

from tests.asvs.case import Case, whole

HARDENED = """
import os
from fastapi import FastAPI
from fastapi.templating import Jinja2Templates
from jinja2 import DictLoader, Environment
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.httpsredirect import HTTPSRedirectMiddleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

HEADERS = [
    (b"content-security-policy", b"default-src 'self'; frame-ancestors 'none'"),
    (b"strict-transport-security", b"max-age=31536000; includeSubDomains"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
]


class Headers:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        async def more(message):
            if message["type"] == "http.response.start":
                message["headers"] += HEADERS
            await send(message)

        await self.app(scope, receive, more)


app = FastAPI(
    openapi_url=None,
    max_body_size=1_000_000,
    middleware=[
        Middleware(ProxyHeadersMiddleware, trusted_hosts=["10.0.0.1"]),
        Middleware(HTTPSRedirectMiddleware),
        Middleware(TrustedHostMiddleware, allowed_hosts=["shop.example"]),
        Middleware(Headers),
        Middleware(CORSMiddleware, allow_origins=["https://app.example"], allow_credentials=True),
        Middleware(SessionMiddleware, secret_key=os.urandom(32).hex(), https_only=True, session_cookie="__Host-s",
                   max_age=3600),
    ],
)
pages = Jinja2Templates(env=Environment(loader=DictLoader({"a.html": "{{ name }}"}), autoescape=True))


@app.post("/")
def index() -> str:
    return "done"
"""


def change(rule: str, ids: str, old: str, new: str) -> Case:
    """The hardened application with one place made wrong."""
    if old not in HARDENED:
        raise AssertionError(f"{rule}: nothing to change")
    return whole(rule, ids, HARDENED.replace(old, new, 1), HARDENED)


def without(rule: str, ids: str, line: str) -> Case:
    """The hardened application without one of its lines."""
    (found,) = (one for one in HARDENED.splitlines(keepends=True) if line in one)
    return change(rule, ids, found, "")


CASES: tuple[Case, ...] = (
    change("debug", "13.4.2 16.5.1", "openapi_url=None,", "openapi_url=None, debug=True,"),
    change("docs-exposed", "13.4.5", "openapi_url=None,", ""),
    change("hosts", "4.1.3", '["shop.example"]', '["*"]'),
    change("proxy-trust", "4.1.3 15.3.4", '["10.0.0.1"]', '"*"'),
    change("cors-null", "3.4.2", '["https://app.example"]', '["null"]'),
    change("cors-credentials", "3.4.2", '["https://app.example"]', '["*"]'),
    change("session-cookie-secure", "3.3.1", "https_only=True", "https_only=False"),
    change("session-cookie-samesite", "3.3.2", "https_only=True", 'https_only=True, same_site="none"'),
    change("session-cookie-domain", "3.3.3", "https_only=True", 'https_only=True, domain=".example"'),
    change("session-lifetime", "7.3.1", "max_age=3600", "max_age=None"),
    change("secret-weak", "11.2.3 13.2.3", "os.urandom(32).hex()", '"secret"'),
    change("secret-in-source", "13.3.1", "os.urandom(32).hex()", '"pX7vLq2RzT9mWc4KsB8nYd3GhJ6fA1Ue"'),
    change("template-autoescape", "1.2.1", "autoescape=True", "autoescape=False"),
    without("hsts", "3.4.1", "strict-transport-security"),
    without("csp", "3.4.3", "content-security-policy"),
    without("nosniff", "3.4.4", "x-content-type-options"),
    without("referrer-policy", "3.4.5", "referrer-policy"),
    without("opener-policy", "3.4.8", "cross-origin-opener-policy"),
    without("https-redirect", "12.2.1", "Middleware(HTTPSRedirectMiddleware)"),
    without("body-limit", "5.2.1 15.2.2", "max_body_size"),
)
