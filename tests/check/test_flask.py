"""Flask and Quart: one careless application and its hardened twin."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.check.conftest import Judge

SECRET = "super-secret-key"
PASSWORD = "hunter2"
BAD = """
from datetime import timedelta

from flask import Flask
from werkzeug.debug import DebuggedApplication
from werkzeug.middleware.proxy_fix import ProxyFix

app = Flask(__name__, static_folder=".")
app.config.update(
    SECRET_KEY="super-secret-key",
    TESTING=True,
    PROPAGATE_EXCEPTIONS=True,
    SQLALCHEMY_DATABASE_URI="postgresql://shop:hunter2@db/shop",
    SQLALCHEMY_ECHO=True,
    SESSION_COOKIE_HTTPONLY=False,
    SESSION_COOKIE_SAMESITE="None",
    SESSION_COOKIE_SECURE=False,
    SESSION_COOKIE_DOMAIN=".example.com",
    PERMANENT_SESSION_LIFETIME=timedelta(days=400),
    MAX_FORM_PARTS=None,
)
app.debug = True
app.config["TRUSTED_HOSTS"] = ["*"]
app.jinja_env.autoescape = False
app.wsgi_app = ProxyFix(DebuggedApplication(app.wsgi_app))


@app.get("/openapi.json")
def schema():
    return {}
"""
GOOD = """
import os
from datetime import timedelta

from flask import Flask, redirect, request

app = Flask(__name__)
app.config.update(
    SESSION_REFRESH_EACH_REQUEST=False,
    SECRET_KEY=os.environ["APP_KEY"],
    SQLALCHEMY_DATABASE_URI="postgresql://shop:" + os.environ["APP_KEY"] + "@db/shop",
    SESSION_COOKIE_NAME="__Host-session",
    SESSION_COOKIE_SAMESITE="Lax",
    SESSION_COOKIE_SECURE=True,
    PERMANENT_SESSION_LIFETIME=timedelta(hours=8),
    MAX_CONTENT_LENGTH=1_000_000,
    TRUSTED_HOSTS=["shop.example.com"],
)
FIELDS = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}
os.makedirs(os.path.join(os.path.dirname(__file__), "static"), exist_ok=True)


class CSRFMiddleware:
    def __init__(self, app):
        self.app = app

    def __call__(self, environ, start_response):
        if environ.get("HTTP_SEC_FETCH_SITE") == "cross-site":
            start_response("403 Forbidden", [])
            return []
        return self.app(environ, start_response)


app.wsgi_app = CSRFMiddleware(app.wsgi_app)
SEEN = {}


@app.before_request
def first():
    if not request.is_secure:
        return redirect("https://shop.example.com/", 308)
    SEEN[request.remote_addr] = SEEN.get(request.remote_addr, 0) + 1
    return ("", 429) if SEEN[request.remote_addr] > 100 else None


@app.after_request
def fields(response):
    response.headers.update(FIELDS)
    return response
"""
EXPECTED = {
    "body-limit", "csp", "csrf-off", "debug", "development-tools", "docs-exposed", "errors-propagate", "form-limit",
    "framing", "hosts", "hsts", "https-redirect", "nosniff", "opener-policy", "referrer-policy", "secret-in-source",
    "secret-weak", "sensitive-log", "session-client-side", "session-cookie-domain", "session-cookie-httponly",
    "session-cookie-prefix", "session-cookie-samesite", "session-cookie-secure", "session-lifetime", "static-contents",
    "template-autoescape", "testing", "rate-limit", "session-absolute",
}  # fmt: skip
GOOD_KEY = "k8Jd73hHs9-PqLm2xVt5_ZbR4cNw6Yf1GaEu0TsKo3iM"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APP_KEY", GOOD_KEY)


def test_careless(judge: Judge) -> None:
    judged = judge(BAD)
    assert judged.failed == EXPECTED
    assert judged.outcomes["proxy-trust"] == {"review"}
    said = json.dumps([f.as_json() for f in judged.result.findings]) + repr(judged.facts)
    assert SECRET not in said
    assert PASSWORD not in said


def test_hardened(judge: Judge) -> None:
    judged = judge(GOOD)
    assert judged.failed == {"session-client-side", "https-redirect-blanket"}
    assert judged.passed >= EXPECTED - {"session-client-side"}
    assert GOOD_KEY not in json.dumps([f.as_json() for f in judged.result.findings]) + repr(judged.facts)


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("debug", "app.debug = True"),
        ("testing", "TESTING=True"),
        ("errors-propagate", "PROPAGATE_EXCEPTIONS=True"),
        ("hosts", '"TRUSTED_HOSTS"'),
        ("session-cookie-secure", "SESSION_COOKIE_SECURE=False"),
        ("session-cookie-httponly", "SESSION_COOKIE_HTTPONLY=False"),
        ("session-cookie-samesite", "SESSION_COOKIE_SAMESITE="),
        ("session-lifetime", "PERMANENT_SESSION_LIFETIME="),
        ("template-autoescape", "autoescape = False"),
        ("secret-in-source", "SECRET_KEY="),
        ("sensitive-log", "SQLALCHEMY_ECHO"),
        ("static-contents", "static_folder="),
        ("docs-exposed", "@app.get"),
        ("csp", "app = Flask"),
    ],
)
def test_each_fault_has_its_line(judge: Judge, rule: str, text: str) -> None:
    judged = judge(BAD)
    found = next(f for f in judged.of(rule) if f.outcome == "fail")
    assert found.location.line is not None
    assert text in BAD.splitlines()[found.location.line - 1]


MINIMAL = "from flask import Flask\napp = Flask(__name__)\n"
EXTENSION = """
class CSRFProtect:
    _exempt_views = set()
    _exempt_blueprints = set()
csrf = app.extensions["csrf"] = CSRFProtect()
@app.post("/hook")
def hook():
    return ""
"""
KEYED = MINIMAL + "import os\napp.secret_key = os.environ['APP_KEY']\n"


@pytest.mark.parametrize(
    ("rule", "bad", "good"),
    [
        ("csrf-off", KEYED, KEYED + EXTENSION),
        ("csrf-off", KEYED + EXTENSION + "app.config['WTF_CSRF_ENABLED'] = False", KEYED + EXTENSION),
        (
            "csrf-exempt",
            KEYED + EXTENSION + "csrf._exempt_views = {f'{__name__}.hook'}",
            KEYED + EXTENSION,
        ),
        ("secret-weak", MINIMAL + "app.secret_key = 'dev'", KEYED),
        ("secret-in-source", MINIMAL + "app.secret_key = 'dev'", KEYED),
        ("secret-weak", KEYED + "app.config['SECRET_KEY_FALLBACKS'] = ['changeme']", KEYED),
        ("session-cookie-secure", KEYED, KEYED + "app.config['SESSION_COOKIE_SECURE'] = True"),
        ("session-lifetime", KEYED, KEYED + "app.permanent_session_lifetime = 3600"),
        (
            "template-autoescape",
            MINIMAL + "import jinja2\napp.jinja_loader = jinja2.DictLoader({'a.jinja': '<p>{{ x }}</p>'})",
            MINIMAL + "import jinja2\napp.jinja_loader = jinja2.DictLoader({'a.html': '<p>{{ x }}</p>', 'b': 'x'})",
        ),
        ("admin-url", MINIMAL + "class Site:\n    url = '/admin'\napp.extensions['admin'] = [Site]",
         MINIMAL + "class Site:\n    url = '/3f9c-office'\napp.extensions['admin'] = [Site]"),
        ("proxy-trust",
         MINIMAL + "from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware\n"
         "app.wsgi_app = ProxyHeadersMiddleware(app.wsgi_app, '*')",
         MINIMAL),
    ],
    ids=lambda value: value if len(str(value)) < 30 else "",
)  # fmt: skip
def test_both_sides(judge: Judge, rule: str, bad: str, good: str) -> None:
    assert rule in judge(bad).failed
    assert rule in judge(good).passed


def test_no_key_is_no_session(judge: Judge) -> None:
    judged = judge(MINIMAL)
    for rule in ("csrf-off", "session-cookie-secure", "session-lifetime", "secret-weak"):
        assert judged.outcomes[rule] == {"not-applicable"}, rule


def test_protection_counts(judge: Judge) -> None:
    judged = judge(KEYED + "import hauberk\napp = hauberk.protect(app, guard=None)\n")
    cured = {"csp", "framing", "hsts", "nosniff", "referrer-policy", "opener-policy", "session-cookie-secure",
             "session-cookie-samesite"}  # fmt: skip
    assert judged.passed >= cured


def test_quart_is_read_alike(judge: Judge, tmp_path: Path) -> None:
    (tmp_path / "static").mkdir()
    bad = judge(
        "from quart import Quart\n"
        "app = Quart(__name__)\n"
        "app.secret_key = 'dev'\n"
        "app.debug = True\n"
        "app.config['MAX_CONTENT_LENGTH'] = None\n"
        "app.config['SESSION_COOKIE_HTTPONLY'] = False\n"
        "app.jinja_env.autoescape = False\n"
    )
    assert bad.facts.framework == "quart"
    assert bad.failed == {
        "body-limit", "csp", "csrf-off", "debug", "framing", "hosts", "hsts", "https-redirect", "nosniff",
        "opener-policy", "referrer-policy", "secret-in-source", "secret-weak", "session-client-side",
        "session-cookie-httponly", "session-cookie-prefix", "session-cookie-samesite", "session-cookie-secure",
        "session-lifetime", "template-autoescape", "rate-limit", "session-absolute",
    }  # fmt: skip
    good = judge(
        "import os\n"
        "import hauberk\n"
        "from quart import Quart\n"
        "app = Quart(__name__)\n"
        "app.secret_key = os.environ['APP_KEY']\n"
        "app.config['SESSION_COOKIE_NAME'] = '__Host-session'\n"
        "app.config['PERMANENT_SESSION_LIFETIME'] = 3600\n"
        "app = hauberk.protect(app, guard=None)\n"
    )
    assert good.failed == {"hosts", "https-redirect", "session-client-side", "rate-limit", "session-absolute"}
    assert good.passed >= bad.failed - good.failed


def test_sessions_of_hauberk_take_the_place_of_flasks(judge: Judge) -> None:
    app = """
from flask import Flask, session

import hauberk

app = hauberk.protect(Flask(__name__), sessions=hauberk.Sessions(store="sqlite:///sessions.db"))
app.config.update(SECRET_KEY="not used for sessions any more, and long enough", PERMANENT_SESSION_LIFETIME=40_000_000)
"""
    judged = judge(app)
    assert not [gap for gap in judged.facts.gaps if "could not be read" in gap]
    assert "session-lifetime" not in judged.failed
    assert judged.facts.session is not None
    assert (judged.facts.session.kind, judged.facts.session.engine) == ("server", "hauberk")
