"""Each passive rule: pages that fail and pages that pass."""

import hmac
import json
from base64 import urlsafe_b64encode
from html import escape

import pytest

from hauberk.core.finding import Rule
from hauberk.scan import Operation, Request, Response
from hauberk.scan.checks.passive import PASSIVE, RULES
from hauberk.scan.messages import Pairs
from hauberk.scan.page import Page, Seen
from hauberk.scan.watch import Watch

HTML = ("content-type", "text/html; charset=utf-8")
CHECKS = {check.RULE.id.removeprefix("scan."): check for check in PASSIVE}
PYTHON = 'Traceback (most recent call last):\n  File "/srv/app.py", line 3, in view\n    1/0\nZeroDivisionError'


def page(*headers: tuple[str, str], status: int = 200, body: str = "<p>x", scheme: str = "https") -> Page:
    response = Response(status=status, headers=headers, body=body.encode())
    return Page(operation=Operation(method="GET", path="/"), request=Request(), response=response, scheme=scheme)


def html(*headers: tuple[str, str], status: int = 200, body: str = "<p>x", scheme: str = "https") -> Page:
    return page(HTML, *headers, status=status, body=body, scheme=scheme)


def data(body: str) -> Page:
    return page(("content-type", "application/json"), body=body)


def token(secret: str, algorithm: str = "HS256") -> str:
    def part(value: bytes) -> str:
        return urlsafe_b64encode(value).decode().rstrip("=")

    text = f"{part(json.dumps({'alg': algorithm, 'typ': 'JWT'}).encode())}.{part(PAYLOAD)}"
    return f"{text}.{part(hmac.digest(secret.encode(), text.encode(), 'sha256')) if algorithm != 'none' else ''}"


CONSOLE = """<!doctype html><script src="?__debugger__=yes&amp;cmd=resource&amp;f=debugger.js"></script>
<script>var CONSOLE_MODE = true, EVALEX = {evalex}, SECRET = "x";</script><div class="debugger"></div>"""
TOOLBAR = '<p>x</p><div id="{name}Debug"><div id="{name}DebugToolbar"><ul id="{name}DebugPanelList"></ul></div></div>'


PAYLOAD = b'{"sub":"ada"}'
WEAK, STRONG, UNSIGNED = token("random"), token("q8Zr3vYx1LwK5nTb7HdJ2mPs9CfG4uEa"), token("", "none")


def csp(value: str) -> tuple[str, str]:
    return "content-security-policy", value


def cookie(value: str) -> tuple[str, str]:
    return "set-cookie", value


FAILS: list[tuple[str, Page]] = [
    ("content-type", page()),
    ("content-type", page(("content-type", "text/plain"))),
    ("content-type", html(body='{"a": 1}')),
    ("content-type", page(("content-type", "application/json"), body="<!doctype html><p>")),
    ("rendered-data", page(("content-type", "application/octet-stream"))),
    ("rendered-data", page(("content-type", "image/svg+xml"), ("x-content-type-options", "nosniff"))),
    ("frame-ancestors", html(("x-frame-options", "DENY"))),
    ("frame-ancestors", html(csp("frame-ancestors *"))),
    ("missing-csp", html()),
    ("missing-csp", html(("content-security-policy-report-only", "default-src 'self'"))),
    ("missing-csp", html(csp(" ; "))),
    ("weak-csp", html(csp("default-src 'self' 'unsafe-inline'"))),
    ("weak-csp", html(csp("script-src *"))),
    ("weak-csp", html(csp("default-src https:"))),
    ("weak-csp", html(csp("script-src 'nonce-abc' data:"))),
    ("weak-csp", html(csp("img-src 'self'"))),
    ("weak-csp", html(csp("default-src 'self'; SCRIPT-SRC 'UNSAFE-INLINE'"))),
    ("weak-csp", html(csp("script-src * ; script-src 'self'"))),
    ("missing-hsts", page()),
    ("missing-hsts", page(("strict-transport-security", "max-age=86400"))),
    ("missing-hsts", page(("strict-transport-security", "includeSubDomains"))),
    (
        "missing-hsts",
        page(("strict-transport-security", "max-age=0"), ("strict-transport-security", "max-age=31536000")),
    ),
    ("missing-nosniff", page()),
    ("missing-nosniff", page(("x-content-type-options", "sniff"))),
    ("clickjacking", html()),
    ("clickjacking", html(("x-frame-options", "ALLOW-FROM https://a.example"))),
    ("clickjacking", html(csp("frame-ancestors *"), ("x-frame-options", "DENY"))),
    ("missing-referrer-policy", html()),
    ("missing-referrer-policy", html(("referrer-policy", "never"))),
    ("missing-referrer-policy", html(("referrer-policy", "no-referrer, unsafe-url"))),
    ("cookie-not-secure", page(cookie("a=1; HttpOnly"))),
    ("cookie-not-secure", page(cookie("a=1; Secure"), cookie("b=1"))),
    ("cookie-not-httponly", page(cookie("sessionid=1; Secure"))),
    ("cookie-not-httponly", page(cookie("auth_token=1"))),
    ("cookie-without-samesite", page(cookie("a=1"))),
    ("cookie-without-samesite", page(cookie("a=1; SameSite=None; Secure"))),
    ("cookie-without-samesite", page(cookie("a=1; SameSite=Sometimes"))),
    ("server-banner", page(("server", "gunicorn/20.1.0"))),
    ("server-banner", page(("x-powered-by", "Flask"))),
    ("traceback", page(("content-type", "text/plain"), status=500, body=PYTHON)),
    ("traceback", html(status=500, body=f"<pre>{PYTHON.replace(chr(34), '&quot;')}</pre>")),
    (
        "traceback",
        page(
            ("content-type", "application/json"),
            status=500,
            body='{"detail": "' + PYTHON.replace("\n", "\\n").replace('"', '\\"') + '"}',
        ),
    ),
    ("traceback", html(status=500, body="<div class=debugger><h1>x</h1><div class=traceback></div></div>")),
    ("debugger", html(body=CONSOLE.format(evalex="true"))),
    ("debugger", html(status=500, body=CONSOLE.format(evalex="true"))),
    ("debugger", html(body=TOOLBAR.format(name="dj"))),
    ("debugger", html(body=TOOLBAR.format(name="fl"))),
    ("cacheable-session", page(cookie("session=1"))),
    ("cacheable-session", page(cookie("session=1"), ("cache-control", "public, max-age=60"))),
    ("cacheable-session", page(cookie("session=1"), ("cache-control", 'no-cache="set-cookie"'))),
    ("exposed-secrets", data('[{"user": "ada", "password": "pass1"}]')),
    ("exposed-secrets", data('{"users": [{"name": "a", "password_hash": "5f4dcc3b"}]}')),
    ("exposed-secrets", data('{"api_key": "k-123456"}')),
    ("exposed-secrets", html(body="<p>$2b$12$abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQ")),
    ("exposed-secrets", html(body="-----BEGIN RSA PRIVATE KEY-----")),
    ("exposed-secrets", data('{"user": "ada", "pwd": "secret/7"}')),
    ("exposed-secrets", data('{"env": {"PATH": "/usr/bin:/bin", "LANG": "C", "HOME": "/srv", "PWD": "/srv/app"}}')),
    (
        "exposed-secrets",
        html(
            body="<td>HOME</td><td>/srv</td><tr><td>PWD</td><td>/srv/app</td><tr><td>PATH</td> <td>/usr/bin:/bin</td>"
        ),
    ),
    ("weak-jwt", data(json.dumps({"token": WEAK}))),
    ("weak-jwt", page(cookie(f"session={WEAK}; HttpOnly"))),
    ("weak-jwt", data(json.dumps({"token": UNSIGNED}))),
    ("mixed-content", html(body="<script src=http://cdn.example/x.js></script>")),
    ("mixed-content", html(body="<form action='HTTP://shop.example/login'></form>")),
    ("missing-sri", html(body="<script src=//cdn.example/x.js></script>")),
    ("missing-sri", html(body="<link rel=stylesheet href=https://cdn.example/x.css>")),
    (
        "source-map",
        page(("content-type", "text/javascript"), body="x()\n//# sourceMappingURL=data:application/json;base64,e30="),
    ),
    ("source-map", data('{"version": 3, "mappings": "A", "sourcesContent": ["let a = 1"]}')),
]
PASSES: list[tuple[str, Page]] = [
    ("content-type", html()),
    ("content-type", page(("content-type", "text/html"), body='<meta charset="utf-8"><p>')),
    ("content-type", data('{"a": 1}')),
    ("rendered-data", page(("content-type", "image/png"), ("x-content-type-options", "nosniff"))),
    ("rendered-data", page(("content-type", "image/svg+xml"), ("content-security-policy", "sandbox"))),
    ("rendered-data", page(("content-type", "text/xml"), ("content-disposition", "attachment"))),
    ("frame-ancestors", html(csp("frame-ancestors 'none'"))),
    ("missing-csp", html(csp("default-src 'self'"))),
    ("weak-csp", html(csp("default-src 'self'; object-src 'none'"))),
    ("weak-csp", html(csp("script-src 'nonce-abc' 'unsafe-inline'"))),
    ("weak-csp", html(csp("script-src 'nonce-abc' 'strict-dynamic' https: 'unsafe-inline'"))),
    ("weak-csp", html(csp("default-src *"), csp("script-src 'self'"))),
    ("weak-csp", html(csp("default-src *, script-src 'none'"))),
    ("missing-hsts", page(("strict-transport-security", "max-age=31536000; includeSubDomains"))),
    ("missing-hsts", page(("strict-transport-security", 'includeSubDomains; MAX-AGE="63072000"'))),
    ("missing-nosniff", page(("x-content-type-options", "NoSniff"))),
    ("clickjacking", html(("x-frame-options", "SAMEORIGIN"))),
    ("clickjacking", html(csp("frame-ancestors 'none'"))),
    ("clickjacking", html(csp("frame-ancestors https://a.example"))),
    ("missing-referrer-policy", html(("referrer-policy", "unsafe-url, strict-origin-when-cross-origin, later"))),
    ("cookie-not-secure", page(cookie("a=1; secure"))),
    ("cookie-not-httponly", page(cookie("sessionid=1; HTTPONLY"))),
    ("cookie-without-samesite", page(cookie("a=1; SameSite=Lax"))),
    ("server-banner", page(("server", "gunicorn"))),
    ("traceback", page(("content-type", "text/plain"), status=200, body=PYTHON)),
    ("traceback", html(status=500, body="<p>Traceback (most recent call last): look at the last line")),
    ("traceback", html(status=404, body="<p>not found")),
    ("debugger", html(body="<p>Werkzeug's debugger has EVALEX = true and __debugger__=yes; see djDebugToolbar")),
    ("debugger", html(body=f"<pre>{escape(CONSOLE.format(evalex='true'))}</pre>")),
    ("debugger", html(body=f"<pre>{escape(TOOLBAR.format(name='dj'))}</pre>")),
    ("debugger", html(body=f"<textarea>{TOOLBAR.format(name='dj')}</textarea>")),
    ("debugger", html(status=500, body=CONSOLE.format(evalex="false"))),
    ("cacheable-session", page(cookie("session=1"), ("cache-control", "private, max-age=0"))),
    ("cacheable-session", page(cookie("session=1"), status=302)),
    ("exposed-secrets", data('{"user": "ada", "password": "********", "password_changed": "2026-01-01"}')),
    ("exposed-secrets", data('{"password": null, "key": "A minor", "public_key": "MCow"}')),
    ("exposed-secrets", data('{"properties": {"password": {"type": "string"}}, "type": "object"}')),
    ("exposed-secrets", html(body="<input name=password value=x> use $2b$12$ for bcrypt")),
    ("exposed-secrets", data('{"process": {"PWD": "/srv/app", "pid": "17"}}')),
    ("exposed-secrets", html(body="<p>PATH, HOME and PWD are variables; set PATH=/usr/bin and leave HOME alone")),
    ("weak-jwt", data(json.dumps({"token": STRONG}))),
    ("mixed-content", html(body="<script src=/x.js></script><a href=http://other.example/>read on</a>")),
    ("mixed-content", html(csp("upgrade-insecure-requests"), body="<img src=http://cdn.example/x.png>")),
    ("missing-sri", html(body="<script src=//cdn.example/x.js integrity=sha384-x crossorigin></script>")),
    ("source-map", page(("content-type", "text/javascript"), body="x()\n//# sourceMappingURL=x.js.map")),
]
SILENT: list[tuple[str, Page]] = [
    ("content-type", page(body="")),
    ("rendered-data", html()),
    ("frame-ancestors", data("{}")),
    ("missing-csp", page(("content-type", "application/json"))),
    ("missing-csp", html(status=302)),
    ("weak-csp", html()),
    ("missing-hsts", page(scheme="http")),
    ("missing-nosniff", page(body="")),
    ("clickjacking", page(("content-type", "image/png"))),
    ("missing-referrer-policy", page(("content-type", "text/css"))),
    ("cookie-not-secure", page()),
    ("cookie-not-secure", page(cookie("a=1"), scheme="http")),
    ("cookie-not-httponly", page(cookie("theme=dark"))),
    ("cookie-not-httponly", page(cookie("csrftoken=1"))),
    ("cookie-without-samesite", page(cookie("a=; Max-Age=0"))),
    ("cacheable-session", page(cookie("theme=dark"))),
    ("debugger", data('{"id": "djDebugToolbar"}')),
]


def ids(rows: list[tuple[str, Page]]) -> list[str]:
    return [f"{name}-{number}" for number, (name, _) in enumerate(rows)]


@pytest.mark.parametrize(("name", "given"), FAILS, ids=ids(FAILS))
def test_fails(name: str, given: Page) -> None:
    seen = CHECKS[name].judge(given)
    assert seen is not None
    assert seen.fault


@pytest.mark.parametrize(("name", "given"), PASSES, ids=ids(PASSES))
def test_passes(name: str, given: Page) -> None:
    assert CHECKS[name].judge(given) == Seen()


@pytest.mark.parametrize(("name", "given"), SILENT, ids=ids(SILENT))
def test_has_nothing_to_say(name: str, given: Page) -> None:
    assert CHECKS[name].judge(given) is None


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_every_rule_has_both_sides(rule: Rule) -> None:
    name = rule.id.removeprefix("scan.")
    assert any(n == name for n, _ in FAILS)
    assert any(n == name for n, _ in PASSES)


def test_one_finding_for_each_rule_with_all_its_operations() -> None:
    watch = Watch("https", "https://testserver")
    good: Pairs = (HTML, csp("default-src 'self'"))
    for path, headers in (("/b", (HTML,)), ("/a", (HTML,)), ("/c", good), ("/d", (("content-type", "image/png"),))):
        watch.page(
            Operation(method="GET", path=path), Request(target=path), Response(status=200, headers=headers, body=b"x")
        )
    found = {f.rule.id: f for f in watch.findings()}
    assert len(found) == len(RULES)
    missing = found["scan.missing-csp"]
    assert (missing.outcome, missing.severity) == ("fail", "medium")
    assert [o["operation"] for o in missing.evidence["operations"]] == ["GET /a", "GET /b"]
    assert missing.evidence["judged"] == 3
    assert found["scan.weak-csp"].outcome == "pass"
    assert found["scan.cookie-not-secure"].outcome == "not-applicable"


ALIKE = Response(
    status=200, headers=(("content-type", "application/json"),), body=b'{"mappings": "", "password": "correct horse"}'
)


@pytest.mark.parametrize(
    ("path", "request_", "method"),
    [
        ("/b", Request(), "GET"),
        ("/b.map", Request(), "GET"),
        ("/b", Request(body=b"password=correct horse"), "POST"),
        ("/b", Request(headers=(("authorization", "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0."),)), "GET"),
    ],
    ids=["another address", "another ending", "brought by the request", "another token"],
)
def test_one_that_answers_as_another_did_is_judged_as_if_it_were_alone(
    path: str, request_: Request, method: str
) -> None:
    operation = Operation(method=method, path=path)
    alone, after = Watch("https", "https://testserver"), Watch("https", "https://testserver")
    after.page(Operation(method="GET", path="/a"), Request(), ALIKE)
    for watch in (alone, after):
        watch.page(operation, request_, ALIKE)
    for single, both in zip(alone.findings(), after.findings(), strict=True):
        of = [o for o in both.evidence.get("operations", ()) if o["operation"] == str(operation)]
        assert of == list(single.evidence.get("operations", ()))


def test_answers_to_attacks_are_judged_for_what_they_show_only() -> None:
    watch = Watch("https", "https://testserver")
    response = Response(status=500, headers=(("content-type", "text/plain"),), body=PYTHON.encode())
    watch.failure(Operation(method="GET", path="/"), Request(), response)
    failed = [f.rule.id for f in watch.findings() if f.outcome == "fail"]
    assert failed == ["scan.traceback"]


def test_werkzeugs_own_pages() -> None:
    """As the installed version writes them, for an error and for its console; nothing where no code is taken."""
    from werkzeug.debug import DebuggedApplication
    from werkzeug.test import Client

    def broken(environ: object, start: object) -> list[bytes]:
        raise ZeroDivisionError

    for evalex, faulty in ((True, True), (False, False)):
        app = DebuggedApplication(broken, evalex=evalex, console_path="/console", pin_security=False)
        answer = Client(app).get("/")
        seen = CHECKS["debugger"].judge(html(status=answer.status_code, body=answer.text))
        assert seen is not None
        assert bool(seen.fault) is faulty
    app = DebuggedApplication(broken, evalex=True, console_path="/console", pin_security=False)
    answer = Client(app).get("/console")
    seen = CHECKS["debugger"].judge(html(status=answer.status_code, body=answer.text))
    assert seen is not None
    assert seen.fault
