"""FastAPI."""

from __future__ import annotations

from tests.check.faults.fault import Fault, Project

MAIN = """
import os
from pathlib import Path

import httpx
import jwt
import uvicorn
from fastapi import Depends, FastAPI, Request
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse
from fastapi.templating import Jinja2Templates
from jinja2 import DictLoader, Environment
from markupsafe import Markup
from pydantic import BaseModel
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.httpsredirect import HTTPSRedirectMiddleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.staticfiles import StaticFiles
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from layers import Headers, OriginCheck, RateLimit

FOLDER = Path(__file__).parent
environment = Environment(loader=DictLoader({"page.html": "<p>{{ name }}</p>"}), autoescape=True)
pages = Jinja2Templates(env=environment)
app = FastAPI(
    openapi_url=None,
    max_body_size=1_000_000,
    middleware=[
        Middleware(ProxyHeadersMiddleware, trusted_hosts=["10.0.0.1"]),
        Middleware(HTTPSRedirectMiddleware),
        Middleware(TrustedHostMiddleware, allowed_hosts=["shop.example"]),
        Middleware(Headers),
        Middleware(RateLimit, per_minute=100),
        Middleware(CORSMiddleware, allow_origins=["https://app.example"], allow_credentials=True),
        Middleware(OriginCheck),
        Middleware(
            SessionMiddleware,
            secret_key=os.environ["SHOP_SECRET"],
            session_cookie="__Host-session",
            max_age=3600,
            same_site="lax",
            https_only=True,
        ),
    ],
)
app.mount("/static", StaticFiles(directory=FOLDER / "static"))


class Item(BaseModel):
    name: str


def current_user(request: Request) -> str:
    return jwt.decode(
        request.headers["authorization"][7:], os.environ["SHOP_KEY"], algorithms=["HS256"], audience="shop"
    )["sub"]


@app.get("/")
def index(request: Request):
    return pages.TemplateResponse(request, "page.html", {"name": request.query_params.get("name", "")})


@app.post("/items")
def add(item: Item, user: str = Depends(current_user)) -> str:
    return item.name


@app.delete("/items/{number}")
def remove(number: int, user: str = Depends(current_user)) -> str:
    return "gone"


@app.get("/bold")
def bold(request: Request):
    return HTMLResponse(Markup("<b>{}</b>").format(request.query_params["name"]))


@app.get("/back")
def back(request: Request):
    return RedirectResponse("/home")


@app.get("/terms")
def terms(request: Request):
    return FileResponse(FOLDER / "terms.txt")


@app.get("/price")
def price():
    return httpx.get("https://prices.example/", timeout=5).text


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", forwarded_allow_ips="10.0.0.1")
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


async def refuse(send, status):
    await send({"type": "http.response.start", "status": status, "headers": []})
    await send({"type": "http.response.body", "body": b""})


class OriginCheck:
    """Refuses what another site sends (csrf)."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] == "http" and scope["method"] not in ("GET", "HEAD", "OPTIONS"):
            if dict(scope["headers"]).get(b"sec-fetch-site", b"same-origin") not in (b"same-origin", b"none"):
                await refuse(send, 403)
                return
        await self.app(scope, receive, send)


class RateLimit:
    def __init__(self, app, per_minute):
        self.app, self.per_minute, self.seen = app, per_minute, {}

    async def __call__(self, scope, receive, send):
        client = (scope.get("client") or ("",))[0]
        self.seen[client] = self.seen.get(client, 0) + 1
        if self.seen[client] > self.per_minute:
            await refuse(send, 429)
            return
        await self.app(scope, receive, send)
'''
SECRET = 'os.environ["SHOP_SECRET"]'
ORIGINS = 'allow_origins=["https://app.example"]'
DECODE = 'os.environ["SHOP_KEY"], algorithms=["HS256"], audience="shop"'
FAULTS = (
    Fault(kind="debug", rule="debug", old="openapi_url=None,", new="openapi_url=None, debug=True,", planted=True),
    Fault(
        kind="cors-credentials",
        rule="cors-credentials",
        old=ORIGINS,
        new='allow_origins=["*"]',
        planted=True,
    ),
    Fault(
        kind="session-cookie-insecure",
        rule="session-cookie-secure",
        old="https_only=True",
        new="https_only=False",
        planted=True,
    ),
    Fault(
        kind="session-cookie-cross-site",
        rule="session-cookie-samesite",
        old='same_site="lax"',
        new='same_site="none"',
        planted=True,
    ),
    Fault(
        kind="secret-in-source",
        rule="secret-in-source",
        old=SECRET,
        new='"pX7vLq2RzT9mWc4KsB8nYd3GhJ6fA1Ue"',
        planted=True,
    ),
    Fault(kind="any-host", rule="hosts", old='["shop.example"]', new='["*"]', planted=True),
    Fault(
        kind="proxy-trust",
        rule="code-server-trust",
        old='forwarded_allow_ips="10.0.0.1"',
        new='forwarded_allow_ips="*"',
        planted=True,
    ),
    Fault(kind="untyped-body", rule="code-untyped-body", old="item: Item,", new="item: dict,", planted=True),
    Fault(
        kind="jwt-unverified",
        rule="code-jwt-unverified",
        old=DECODE,
        new='options={"verify_signature": False}',
        planted=True,
    ),
    Fault(kind="secret-guessable", rule="secret-weak", old=SECRET, new='"changeme"'),
    Fault(kind="proxy-trust-middleware", rule="proxy-trust", old='trusted_hosts=["10.0.0.1"]', new='trusted_hosts="*"'),
    Fault(
        kind="session-cookie-domain",
        rule="session-cookie-domain",
        old='session_cookie="__Host-session"',
        new='session_cookie="__Secure-session", domain=".shop.example"',
    ),
    Fault(kind="session-lifetime", rule="session-lifetime", old="max_age=3600", new="max_age=None"),
    Fault(kind="csrf-off", rule="csrf-off", old="        Middleware(OriginCheck),\n", new=""),
    Fault(
        kind="csrf-in-name-only",
        rule="csrf-off",
        file="layers.py",
        old='if dict(scope["headers"]).get(b"sec-fetch-site", b"same-origin") not in (b"same-origin", b"none"):',
        new="if False:",
    ),
    Fault(
        kind="cors-any-origin",
        rule="cors-any-origin",
        old=ORIGINS + ", allow_credentials=True",
        new='allow_origins=["*"]',
    ),
    Fault(kind="cors-null", rule="cors-null", old=ORIGINS, new='allow_origins=["null"]'),
    Fault(kind="cors-pattern", rule="cors-pattern", old=ORIGINS, new='allow_origin_regex="https://.*shop.example"'),
    Fault(kind="autoescape-off", rule="template-autoescape", old="autoescape=True", new="autoescape=False"),
    Fault(kind="docs-exposed", rule="docs-exposed", old="openapi_url=None,", new=""),
    Fault(kind="https-redirect", rule="https-redirect", old="        Middleware(HTTPSRedirectMiddleware),\n", new=""),
    Fault(
        kind="hsts",
        rule="hsts",
        file="layers.py",
        old='    (b"strict-transport-security", b"max-age=31536000; includeSubDomains"),\n',
        new="",
    ),
    Fault(
        kind="csp",
        rule="csp",
        file="layers.py",
        old='(b"content-security-policy", b"default-src',
        new='(b"x-other", b"default-src',
    ),
    Fault(kind="framing", rule="framing", file="layers.py", old='    (b"x-frame-options", b"DENY"),\n', new=""),
    Fault(
        kind="nosniff", rule="nosniff", file="layers.py", old='    (b"x-content-type-options", b"nosniff"),\n', new=""
    ),
    Fault(
        kind="referrer-policy",
        rule="referrer-policy",
        file="layers.py",
        old='    (b"referrer-policy", b"no-referrer"),\n',
        new="",
    ),
    Fault(kind="body-limit", rule="body-limit", old="    max_body_size=1_000_000,\n", new=""),
    Fault(kind="static-contents", rule="static-contents", old='FOLDER / "static"', new="FOLDER"),
    Fault(
        kind="static-symlinks",
        rule="static-symlinks",
        old='FOLDER / "static")',
        new='FOLDER / "static", follow_symlink=True)',
    ),
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
    Fault(
        kind="redirect",
        rule="code-redirect-request",
        old='RedirectResponse("/home")',
        new='RedirectResponse(request.query_params["to"])',
    ),
    Fault(
        kind="path", rule="code-path-request", old='FOLDER / "terms.txt"', new='"files/" + request.query_params["name"]'
    ),
    Fault(kind="tls-unverified", rule="code-tls-unverified", old="timeout=5)", new="timeout=5, verify=False)"),
    Fault(
        kind="open-route",
        rule="code-open-route",
        old="number: int, user: str = Depends(current_user)",
        new="number: int",
    ),
    Fault(
        kind="get-writes",
        rule="code-get-writes",
        old='@app.delete("/items/{number}")\ndef remove(number: int, user: str = Depends(current_user)) -> str:\n',
        new='@app.get("/items/{number}")\ndef remove(number: int, user: str = Depends(current_user)) -> str:\n'
        "    db.commit()\n",
    ),
    Fault(kind="rate-limit", rule="rate-limit", old="        Middleware(RateLimit, per_minute=100),\n", new=""),
)
PROJECT = Project(
    framework="fastapi",
    files={"main.py": MAIN, "layers.py": LAYERS, "static/site.css": "p {}\n"},
    faults=FAULTS,
    limits={
        "session-client-side": "SessionMiddleware keeps the session in the cookie",
        "session-absolute": "SessionMiddleware signs it anew in each answer",
        "https-redirect-blanket": "HTTPSRedirectMiddleware redirects programs too",
    },
)
