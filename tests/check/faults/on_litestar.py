"""Litestar."""

from __future__ import annotations

from tests.check.faults.fault import Fault, Project

MAIN = """
import os
from pathlib import Path

import httpx
import jwt
from litestar import Litestar, Request, delete, get, post
from litestar.config.allowed_hosts import AllowedHostsConfig
from litestar.config.cors import CORSConfig
from litestar.config.csrf import CSRFConfig
from litestar.contrib.jinja import JinjaTemplateEngine
from litestar.middleware import DefineMiddleware
from litestar.middleware.rate_limit import RateLimitConfig
from litestar.middleware.session.client_side import CookieBackendConfig
from litestar.response import Redirect
from litestar.static_files import create_static_files_router
from litestar.template.config import TemplateConfig
from jinja2 import DictLoader, Environment
from markupsafe import Markup
from starlette.middleware.httpsredirect import HTTPSRedirectMiddleware
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from layers import Headers

FOLDER = Path(__file__).parent
SESSION = CookieBackendConfig(
    secret=bytes.fromhex(os.environ["SHOP_BYTES"]),
    key="__Host-session",
    max_age=3600,
    secure=True,
    httponly=True,
    samesite="lax",
)
environment = Environment(loader=DictLoader({"page.html": "<p>{{ name }}</p>"}), autoescape=True)


@get("/bold")
async def bold(request: Request) -> str:
    return Markup("<b>{}</b>").format(request.query_params["name"])


@get("/back")
async def back(request: Request) -> Redirect:
    return Redirect("/home")


@get("/who")
async def who(request: Request) -> str:
    token = request.headers["authorization"][7:]
    return jwt.decode(token, os.environ["SHOP_KEY"], algorithms=["HS256"], audience="shop")["sub"]


@get("/price")
async def price() -> str:
    return httpx.get("https://prices.example/", timeout=5).text


@post("/hook")
async def hook() -> str:
    return ""


app = Litestar(
    [bold, back, who, price, hook, create_static_files_router(path="/static", directories=[FOLDER / "static"])],
    debug=False,
    openapi_config=None,
    request_max_body_size=1_000_000,
    multipart_form_part_limit=100,
    allowed_hosts=AllowedHostsConfig(allowed_hosts=["shop.example"]),
    cors_config=CORSConfig(allow_origins=["https://app.example"], allow_credentials=True),
    csrf_config=CSRFConfig(secret=os.environ["SHOP_SECRET"], cookie_secure=True, cookie_samesite="lax"),
    template_config=TemplateConfig(engine=JinjaTemplateEngine.from_environment(environment)),
    middleware=[
        DefineMiddleware(ProxyHeadersMiddleware, trusted_hosts=["10.0.0.1"]),
        DefineMiddleware(HTTPSRedirectMiddleware),
        Headers,
        RateLimitConfig(rate_limit=("minute", 100)).middleware,
        SESSION.middleware,
    ],
)
"""
LAYERS = '''
"""Middleware of this application's own."""

FIELDS = [
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
                message["headers"] = [*message["headers"], *FIELDS]
            await send(message)

        await self.app(scope, receive, more)
'''
(CSRF,) = (line for line in MAIN.splitlines(keepends=True) if "    csrf_config=" in line)
ORIGINS = 'allow_origins=["https://app.example"]'
DECODE = 'os.environ["SHOP_KEY"], algorithms=["HS256"], audience="shop"'


def header(kind: str, name: str) -> Fault:
    """One of the fields that the middleware sends."""
    (line,) = (line for line in LAYERS.splitlines(keepends=True) if f'b"{name}"' in line)
    return Fault(kind=kind, rule=kind, file="layers.py", old=line, new="")


FAULTS = (
    Fault(kind="debug", rule="debug", old="debug=False", new="debug=True"),
    Fault(
        kind="development-tools", rule="development-tools", old="debug=False", new="debug=False, pdb_on_exception=True"
    ),
    Fault(
        kind="secret-in-source",
        rule="secret-in-source",
        old='os.environ["SHOP_SECRET"]',
        new='"pX7vLq2RzT9mWc4KsB8nYd3GhJ6fA1Ue"',
    ),
    Fault(kind="secret-guessable", rule="secret-weak", old='os.environ["SHOP_SECRET"]', new='"secret"'),
    Fault(kind="any-host", rule="hosts", old='["shop.example"]', new='["*"]'),
    Fault(kind="session-cookie-insecure", rule="session-cookie-secure", old="    secure=True", new="    secure=False"),
    Fault(kind="session-cookie-script", rule="session-cookie-httponly", old="httponly=True", new="httponly=False"),
    Fault(
        kind="session-cookie-cross-site",
        rule="session-cookie-samesite",
        old='    samesite="lax"',
        new='    samesite="none"',
    ),
    Fault(
        kind="session-cookie-domain",
        rule="session-cookie-domain",
        old='key="__Host-session"',
        new='key="__Secure-session", domain="shop.example"',
    ),
    Fault(kind="session-lifetime", rule="session-lifetime", old="max_age=3600", new="max_age=31536000"),
    Fault(
        kind="csrf-off",
        rule="csrf-off",
        old=CSRF,
        new="",
    ),
    Fault(
        kind="csrf-exempt",
        rule="csrf-exempt",
        old='cookie_samesite="lax"',
        new='cookie_samesite="lax", exclude=["/hook"]',
    ),
    Fault(kind="csrf-cookie-insecure", rule="csrf-cookie", old="cookie_secure=True, ", new=""),
    Fault(kind="cors-credentials", rule="cors-credentials", old=ORIGINS, new='allow_origins=["*"]'),
    Fault(
        kind="cors-any-origin",
        rule="cors-any-origin",
        old=ORIGINS + ", allow_credentials=True",
        new='allow_origins=["*"]',
    ),
    Fault(kind="cors-null", rule="cors-null", old=ORIGINS, new='allow_origins=["null"]'),
    Fault(kind="cors-pattern", rule="cors-pattern", old=ORIGINS, new='allow_origins=["https://*shop.example"]'),
    Fault(kind="autoescape-off", rule="template-autoescape", old="autoescape=True", new="autoescape=False"),
    Fault(kind="docs-exposed", rule="docs-exposed", old="    openapi_config=None,\n", new=""),
    Fault(
        kind="https-redirect", rule="https-redirect", old="        DefineMiddleware(HTTPSRedirectMiddleware),\n", new=""
    ),
    header("hsts", "strict-transport-security"),
    header("framing", "x-frame-options"),
    header("nosniff", "x-content-type-options"),
    header("referrer-policy", "referrer-policy"),
    Fault(kind="csp", rule="csp", file="layers.py", old='b"content-security-policy"', new='b"x-other"'),
    Fault(kind="proxy-trust", rule="proxy-trust", old='["10.0.0.1"]', new='"*"'),
    Fault(
        kind="body-limit", rule="body-limit", old="request_max_body_size=1_000_000", new="request_max_body_size=None"
    ),
    Fault(
        kind="rate-limit",
        rule="rate-limit",
        old='        RateLimitConfig(rate_limit=("minute", 100)).middleware,\n',
        new="",
    ),
    Fault(kind="static-contents", rule="static-contents", old='FOLDER / "static"', new="FOLDER"),
    Fault(
        kind="markup",
        rule="code-markup-request",
        old='Markup("<b>{}</b>").format(request.query_params["name"])',
        new='Markup("<b>" + request.query_params["name"] + "</b>")',
    ),
    Fault(
        kind="template-source",
        rule="code-template-source",
        old='Markup("<b>{}</b>").format(request.query_params["name"])',
        new='environment.from_string(request.query_params["name"]).render()',
    ),
    Fault(kind="jwt-unverified", rule="code-jwt-unverified", old=DECODE, new='options={"verify_signature": False}'),
    Fault(kind="tls-unverified", rule="code-tls-unverified", old="timeout=5)", new="timeout=5, verify=False)"),
    Fault(
        kind="redirect",
        rule="code-redirect-request",
        old='Redirect("/home")',
        new='Redirect(request.query_params["to"])',
    ),
)
PROJECT = Project(
    framework="litestar",
    files={"main.py": MAIN, "layers.py": LAYERS, "static/site.css": "p {}\n"},
    faults=FAULTS,
    limits={
        "session-client-side": "CookieBackendConfig keeps the session in the cookie",
        "session-absolute": "it is renewed in each answer",
        "https-redirect-blanket": "HTTPSRedirectMiddleware redirects programs too",
    },
)
