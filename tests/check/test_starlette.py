"""FastAPI and Starlette: one careless application and its hardened twin."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.check.conftest import Judge

SECRET = "correct-horse-secret"
BAD = """
from fastapi import FastAPI, Request
from fastapi.staticfiles import StaticFiles
from fastapi.templating import Jinja2Templates
from jinja2 import DictLoader, Environment
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

KEY = "correct-horse-secret"
app = FastAPI(debug=True)
app.add_middleware(TrustedHostMiddleware, allowed_hosts=["*"])
app.add_middleware(
    CORSMiddleware,
    allow_origins=["*", "null", "http://intranet.example.com"],
    allow_origin_regex=r"https://.*example\\.com",
    allow_credentials=True,
)
app.add_middleware(
    SessionMiddleware,
    secret_key=KEY,
    same_site="none",
    https_only=False,
    max_age=None,
    domain=".example.com",
)
app.add_middleware(ProxyHeadersMiddleware, trusted_hosts="*")
pages = Jinja2Templates(env=Environment(loader=DictLoader({"a.html": "<p>{{ name }}</p>"}), autoescape=False))
app.mount("/static", StaticFiles(directory=".", follow_symlink=True))


@app.get("/")
def index(request: Request):
    return pages.TemplateResponse(request, "a.html", {"name": request.query_params["name"]})
"""
GOOD = """
import os

from fastapi import FastAPI, Request
from fastapi.staticfiles import StaticFiles
from fastapi.templating import Jinja2Templates
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


class CSRFMiddleware(Headers):
    async def __call__(self, scope, receive, send):
        if dict(scope.get("headers", ())).get(b"sec-fetch-site") != b"cross-site":
            await self.app(scope, receive, send)


class RateLimitMiddleware(Headers):
    async def __call__(self, scope, receive, send):
        await send({"type": "http.response.start", "status": 429, "headers": []})


app = FastAPI(
    openapi_url=None,
    max_body_size=1_000_000,
    middleware=[
        Middleware(ProxyHeadersMiddleware, trusted_hosts=["10.0.0.1"]),
        Middleware(HTTPSRedirectMiddleware),
        Middleware(TrustedHostMiddleware, allowed_hosts=["shop.example.com", "*.shop.example.com"]),
        Middleware(Headers),
        Middleware(CORSMiddleware, allow_origins=["https://app.example.com"],
                   allow_origin_regex=r"https://([a-z0-9-]+\\.)?example\\.com", allow_credentials=True),
        Middleware(SessionMiddleware, secret_key=os.environ["APP_KEY"], https_only=True, session_cookie="__Host-s",
                   max_age=3600),
        Middleware(CSRFMiddleware),
        Middleware(RateLimitMiddleware),
    ],
)
os.makedirs(os.path.join(os.path.dirname(__file__), "published"), exist_ok=True)
os.makedirs(os.path.join(os.path.dirname(__file__), "pages"), exist_ok=True)
pages = Jinja2Templates(directory=os.path.join(os.path.dirname(__file__), "pages"))
app.mount("/static", StaticFiles(directory=os.path.join(os.path.dirname(__file__), "published")))


@app.get("/")
def index(request: Request):
    return pages.TemplateResponse(request, "a.html")
"""
EXPECTED = {
    "body-limit", "cors-credentials", "cors-http", "cors-null", "cors-pattern", "csp", "csrf-off", "debug",
    "docs-exposed", "framing", "hosts", "hsts", "https-redirect", "nosniff", "opener-policy", "proxy-trust",
    "referrer-policy", "secret-in-source", "secret-weak", "session-client-side", "session-cookie-domain",
    "session-cookie-prefix", "session-cookie-samesite", "session-cookie-secure", "session-lifetime",
    "static-contents", "static-symlinks", "template-autoescape", "rate-limit", "session-absolute",
}  # fmt: skip
UNSAID = {"testing", "errors-propagate", "sensitive-log", "form-limit", "password-hasher", "password-rules",
          "open-by-default", "admin-url"}  # fmt: skip
GOOD_KEY = "k8Jd73hHs9-PqLm2xVt5_ZbR4cNw6Yf1GaEu0TsKo3iM"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APP_KEY", GOOD_KEY)


def test_careless(judge: Judge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    judged = judge(BAD)
    assert judged.failed == EXPECTED
    assert judged.result.complete
    assert SECRET not in json.dumps([f.as_json() for f in judged.result.findings]) + repr(judged.facts)


def test_hardened(judge: Judge) -> None:
    judged = judge(GOOD)
    # A signed cookie cannot be revoked, whatever its flags are.
    assert judged.failed == {"session-client-side", "session-absolute", "https-redirect-blanket"}
    assert judged.passed >= EXPECTED - judged.failed
    assert {rule for rule, outcomes in judged.outcomes.items() if outcomes == {"not-applicable"}} >= UNSAID
    assert GOOD_KEY not in json.dumps([f.as_json() for f in judged.result.findings]) + repr(judged.facts)


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("debug", "FastAPI(debug=True)"),
        ("hosts", "TrustedHostMiddleware, allowed_hosts"),
        ("cors-credentials", 'allow_origins=["*"'),
        ("session-cookie-secure", "https_only=False"),
        ("session-cookie-samesite", 'same_site="none"'),
        ("session-cookie-domain", "domain="),
        ("session-lifetime", "max_age=None"),
        ("secret-in-source", "KEY ="),
        ("secret-weak", "KEY ="),
        ("template-autoescape", "autoescape=False"),
        ("static-symlinks", "follow_symlink=True"),
        ("proxy-trust", "ProxyHeadersMiddleware, trusted"),
        ("csp", "app = FastAPI"),
    ],
)
def test_each_fault_has_its_line(judge: Judge, rule: str, text: str) -> None:
    judged = judge(BAD)
    found = next(f for f in judged.of(rule) if f.outcome == "fail")
    assert found.location.line is not None
    assert text in BAD.splitlines()[found.location.line - 1]
    assert found.location.file == f"{judged.target.module}.py"


STARLETTE = """
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route
{imports}
def home(request):
    return PlainTextResponse("hello")

app = Starlette({options})
{after}
"""


def starlette(options: str = "", *, imports: str = "", after: str = "") -> str:
    return STARLETTE.format(options=options, imports=imports, after=after)


def included(option: str) -> str:
    return (
        "import os\nfrom fastapi import APIRouter, FastAPI\nfrom fastapi.staticfiles import StaticFiles\n"
        "os.makedirs(os.path.join(os.path.dirname(__file__), 'published'), exist_ok=True)\n"
        "here = os.path.join(os.path.dirname(__file__), 'published')\n"
        "inner, outer, app = APIRouter(), APIRouter(prefix='/v1'), FastAPI()\n"
        f"inner.mount('/files', StaticFiles(directory=here, {option}))\n"
        "outer.include_router(inner, prefix='/deep')\napp.include_router(outer, prefix='/api')\n"
    )


@pytest.mark.parametrize(
    ("rule", "bad", "good"),
    [
        ("debug", starlette("debug=True"), starlette()),
        (
            "debug",
            starlette("routes=[Mount('/inner', Starlette(debug=True))]"),
            starlette("routes=[Mount('/inner', Starlette())]"),
        ),
        ("body-limit", starlette(), starlette("max_body_size=1000")),
        (
            "body-limit",
            starlette(),
            starlette(
                "middleware=[Middleware(LimitUploadSize, max_upload_size=1000)]",
                imports="class LimitUploadSize:\n    def __init__(self, app, max_upload_size): self.app = app\n"
                "    async def __call__(self, scope, receive, send): return dict(scope['headers'])[b'content-length']",
            ),
        ),
        (
            "cors-any-origin",
            starlette(
                "middleware=[Middleware(CORSMiddleware, ['*'])]",
                imports="from starlette.middleware.cors import CORSMiddleware",
            ),
            starlette(
                "middleware=[Middleware(CORSMiddleware, ['https://a.example'])]",
                imports="from starlette.middleware.cors import CORSMiddleware",
            ),
        ),
        # A wrapper around the application instead of a middleware in it.
        (
            "cors-any-origin",
            starlette(
                imports="from starlette.middleware.cors import CORSMiddleware",
                after="app = CORSMiddleware(app, allow_origins=['*'])",
            ),
            starlette(
                imports="from starlette.middleware.cors import CORSMiddleware",
                after="app = CORSMiddleware(app, allow_origins=['https://a.example'])",
            ),
        ),
        (
            "session-cookie-secure",
            starlette(
                imports="from starlette.middleware.sessions import SessionMiddleware",
                after="app = SessionMiddleware(app, 'k' * 40)",
            ),
            starlette(
                imports="from starlette.middleware.sessions import SessionMiddleware",
                after="app = SessionMiddleware(app, 'k' * 40, https_only=True)",
            ),
        ),
        # A header that a function middleware takes from a constant of another module.
        (
            "nosniff",
            starlette(),
            starlette(
                imports="import named_headers",
                after="async def add(request, call_next):\n"
                "    response = await call_next(request)\n"
                "    response.headers.update(named_headers.ALL)\n"
                "    return response\n"
                "from starlette.middleware.base import BaseHTTPMiddleware\n"
                "app.add_middleware(BaseHTTPMiddleware, dispatch=add)",
            ),
        ),
        (
            "development-tools",
            starlette(
                imports="class DebugToolbarMiddleware:\n    __module__ = 'debug_toolbar.middleware'\n"
                "    def __init__(self, app): self.app = app",
                after="app.add_middleware(DebugToolbarMiddleware)",
            ),
            starlette(),
        ),
        (
            "secret-in-source",
            starlette(after='JWT_SECRET_KEY = "v8Jd73hHs9-PqLm2xVt5_ZbR4cNw6Yf1GaEu0TsKo3iX"'),
            starlette(after="import secrets\nJWT_SECRET_KEY = secrets.token_urlsafe(32)"),
        ),
        (
            "secret-weak",
            starlette(after='class Settings:\n    pass\nsettings = Settings()\nsettings.secret_key = "changeme"'),
            starlette(after="import secrets\nSECRET_KEY = secrets.token_hex(32)"),
        ),
        (
            "docs-exposed",
            "from fastapi import FastAPI\n"
            "from starlette.routing import Mount\n"
            "app = FastAPI(openapi_url=None)\napp.mount('/api', FastAPI())",
            "from fastapi import FastAPI\n"
            "from starlette.routing import Mount\n"
            "app = FastAPI(openapi_url=None)\napp.mount('/api', FastAPI(openapi_url=None))",
        ),
        # Mounted in a router that is included in a router.
        ("static-symlinks", included("follow_symlink=True"), included("")),
    ],
    ids=lambda value: value if len(str(value)) < 30 else "",
)
def test_both_sides(judge: Judge, rule: str, bad: str, good: str) -> None:
    headers = {"named_headers": "ALL = {'X-Content-Type-Options': 'nosniff'}"}
    assert rule in judge(bad, **headers).failed
    assert rule in judge(good, **headers).passed


def test_protection_counts(judge: Judge) -> None:
    source = starlette(
        imports="import os, hauberk\nfrom starlette.middleware.sessions import SessionMiddleware",
        options="middleware=[Middleware(SessionMiddleware, os.environ['APP_KEY'])]",
    )
    open_one, protected = judge(source), judge(source + "app = hauberk.protect(app, guard=None)\n")
    cured = {"csp", "framing", "hsts", "nosniff", "referrer-policy", "opener-policy", "session-cookie-secure"}
    assert open_one.failed >= cured
    assert protected.passed >= cured
    assert protected.facts.protected
    assert "over https" in protected.of("session-cookie-secure")[0].message


def test_a_policy_without_a_feature_is_not_protection(judge: Judge) -> None:
    judged = judge(
        starlette(imports="import hauberk", after="app = hauberk.protect(app, csp=None, hsts=None, guard=None)")
    )
    assert judged.failed >= {"csp", "hsts"}
    assert "nosniff" in judged.passed


def test_what_raises_is_a_gap(judge: Judge) -> None:
    judged = judge(
        starlette(
            imports="class Loud(Starlette):\n    @property\n    def debug(self): raise RuntimeError('hunter2')\n"
            "    @debug.setter\n    def debug(self, value): pass",
            after="app.__class__ = Loud",
        )
    )
    assert not judged.result.complete
    assert [gap for gap in judged.result.gaps if "debug could not be read: RuntimeError" in gap]
    assert "hunter2" not in "".join(judged.result.gaps)
    assert judged.outcomes["debug"] == {"not-applicable"}


def test_the_whole_path_is_named(judge: Judge) -> None:
    judged = judge(included("follow_symlink=True"))
    assert judged.of("static-symlinks")[0].message.startswith("/api/v1/deep/files follows")
    nested = judge(
        "from fastapi import FastAPI\napp, inner = FastAPI(openapi_url=None), FastAPI(redoc_url=None)\n"
        "app.mount('/api', inner)\n"
    )
    assert {f.key for f in nested.of("docs-exposed")} == {"/api/openapi.json", "/api/docs"}


def test_another_framework_inside_is_a_gap(judge: Judge) -> None:
    judged = judge(
        "from flask import Flask\nfrom starlette.applications import Starlette\n"
        "class Bridge:\n    def __init__(self, app): self.app = app\n"
        "    async def __call__(self, scope, receive, send): pass\n"
        "app = Starlette()\napp.mount('/old', Bridge(Flask(__name__)))\n"
    )
    assert judged.result.gaps == ("The Flask application at /old was not judged: check it by its own name.",)
