"""Litestar: one careless application and its hardened twin."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.check.conftest import Judge

BAD = """
from litestar import Litestar, get, post
from litestar.config.allowed_hosts import AllowedHostsConfig
from litestar.config.cors import CORSConfig
from litestar.config.csrf import CSRFConfig
from litestar.middleware.session.client_side import CookieBackendConfig
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.static_files import create_static_files_router
from litestar.template.config import TemplateConfig
from jinja2 import DictLoader, Environment


@get("/")
async def home() -> str:
    return ""


@post("/hook", exclude_from_csrf=True)
async def hook() -> str:
    return ""


app = Litestar(
    [home, hook, create_static_files_router(path="/static", directories=["."])],
    debug=True,
    allowed_hosts=AllowedHostsConfig(allowed_hosts=["*"]),
    cors_config=CORSConfig(
        allow_origins=["https://*example.com", "null", "http://intranet.example.com"],
    ),
    csrf_config=CSRFConfig(secret="changeme", cookie_samesite="none"),
    middleware=[
        CookieBackendConfig(
            secret=b"0123456789abcdef",
            httponly=False,
            samesite="none",
            domain="example.com",
            max_age=10_000_000,
        ).middleware
    ],
    template_config=TemplateConfig(
        instance=JinjaTemplateEngine.from_environment(
            Environment(loader=DictLoader({"a.html": "<p>{{ x }}</p>"}), autoescape=False)
        )
    ),
    request_max_body_size=None,
)
"""
GOOD = """
import os

import hauberk
from hauberk.adapters.asgi import ASGIShield
from litestar import Litestar, get, post
from litestar.config.allowed_hosts import AllowedHostsConfig
from litestar.config.cors import CORSConfig
from litestar.config.csrf import CSRFConfig
from litestar.middleware.rate_limit import RateLimitConfig
from litestar.middleware.session.server_side import ServerSideSessionConfig
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.static_files import create_static_files_router
from litestar.template.config import TemplateConfig
from starlette.middleware.httpsredirect import HTTPSRedirectMiddleware

here = os.path.dirname(__file__)
for folder in ("published", "pages"):
    os.makedirs(os.path.join(here, folder), exist_ok=True)


@get("/")
async def home() -> str:
    return ""


app = Litestar(
    [home, create_static_files_router(path="/static", directories=[os.path.join(here, "published")])],
    allowed_hosts=AllowedHostsConfig(allowed_hosts=["shop.example.com"]),
    cors_config=CORSConfig(allow_origins=["https://app.example.com", "https://*.example.com"], allow_credentials=True),
    csrf_config=CSRFConfig(secret=os.environ["APP_KEY"], cookie_secure=True, cookie_samesite="strict"),
    middleware=[
        HTTPSRedirectMiddleware,
        RateLimitConfig(rate_limit=("minute", 100)).middleware,
        ServerSideSessionConfig(key="__Host-session", secure=True, samesite="lax", max_age=3600).middleware,
    ],
    template_config=TemplateConfig(directory=os.path.join(here, "pages"), engine=JinjaTemplateEngine),
    openapi_config=None,
)
app = ASGIShield(app, hauberk.Policy.recommended().replace(guard=None).plan())
"""
EXPECTED = {
    "body-limit", "cors-http", "cors-null", "cors-pattern", "csp", "csrf-cookie", "csrf-exempt", "debug",
    "docs-exposed", "framing", "hosts", "hsts", "https-redirect", "nosniff", "opener-policy", "referrer-policy",
    "secret-in-source", "secret-weak", "session-client-side", "session-cookie-domain", "session-cookie-httponly",
    "session-cookie-prefix", "session-cookie-samesite", "session-cookie-secure", "session-lifetime",
    "static-contents", "template-autoescape", "rate-limit", "session-absolute",
}  # fmt: skip
GOOD_KEY = "k8Jd73hHs9-PqLm2xVt5_ZbR4cNw6Yf1GaEu0TsKo3iM"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APP_KEY", GOOD_KEY)


def test_careless(judge: Judge, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("cwd")
    (folder / ".env").write_text("")
    monkeypatch.chdir(folder)
    judged = judge(BAD)
    assert judged.failed == EXPECTED
    said = json.dumps([f.as_json() for f in judged.result.findings]) + repr(judged.facts)
    assert "changeme" not in said
    assert "0123456789abcdef" not in said


def test_hardened(judge: Judge) -> None:
    judged = judge(GOOD)
    assert judged.failed == {"https-redirect-blanket"}
    assert judged.passed >= EXPECTED
    assert GOOD_KEY not in json.dumps([f.as_json() for f in judged.result.findings]) + repr(judged.facts)


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("debug", "debug=True"),
        ("hosts", "allowed_hosts=["),
        ("cors-null", "allow_origins=["),
        ("csrf-exempt", '@post("/hook"'),
        ("session-cookie-httponly", "httponly=False"),
        ("session-cookie-samesite", 'samesite="none"'),
        ("session-lifetime", "max_age="),
        ("secret-weak", "secret="),
        ("template-autoescape", "autoescape=False"),
        ("static-contents", "create_static_files_router(path"),
        ("body-limit", "request_max_body_size=None"),
        ("csp", "app = Litestar("),
    ],
)
def test_each_fault_has_its_line(judge: Judge, rule: str, text: str) -> None:
    judged = judge(BAD)
    found = next(f for f in judged.of(rule) if f.outcome == "fail")
    assert found.location.line is not None
    assert text in BAD.splitlines()[found.location.line - 1]


def test_any_origin_with_credentials(judge: Judge) -> None:
    """Litestar answers a bare `*` then, which browsers refuse: bad, and not yet open."""
    judged = judge(
        "from litestar import Litestar\nfrom litestar.config.cors import CORSConfig\n"
        "app = Litestar([], cors_config=CORSConfig(allow_credentials=True))\n"
    )
    assert [f.severity for f in judged.of("cors-credentials")] == ["medium"]
