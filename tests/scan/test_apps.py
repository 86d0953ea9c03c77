"""Whole scans of small applications: exactly the planted holes, nothing on their twins."""

import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from hauberk.core.errors import NothingToTestError
from hauberk.core.finding import Finding, HttpLocation, Result
from hauberk.guard import install
from hauberk.integrations.surface import surface, transport
from hauberk.integrations.target import Target, detect
from hauberk.scan import RULES, Budget, Request, scan
from hauberk.scan.checks.active import RULES as ACTIVE
from tests.scan.apps import proxied
from tests.scan.apps.outside import HOLES

ROOT = Path(__file__).parents[2]
IDS = {rule.id for rule in ACTIVE}
Rows = set[tuple[str, str]]


def run(name: str, **options: Any) -> Result:
    install()  # before the application opens its connections, as the command line does
    app = import_module(name).app
    framework, protocol = detect(app)
    target = Target(name=name, app=app, framework=framework, protocol=protocol, root=ROOT)
    found = surface(target)
    return scan(found, transport(target, found), target=name, **options)


def active(result: Result) -> list[Finding]:
    return [finding for finding in result.failures if finding.rule.id in IDS]


def rows(result: Result) -> Rows:
    return {(f.rule.id.removeprefix("scan."), str(f.location).partition(" (")[0]) for f in active(result)}


@pytest.fixture(scope="module")
def fastapi() -> Result:
    return run("tests.scan.apps.fastapi_shop")


def test_fastapi_exactly_the_planted_holes(fastapi: Result) -> None:
    assert rows(fastapi) == {
        ("sql-injection", "GET /open/search query:q"),
        ("sql-injection", "GET /open/items/{item} path:item"),
        ("sql-injection", "POST /open/query json:filter.owner"),
        ("sql-injection", "GET /open/header header:x-owner"),
        ("sql-injection", "GET /open/cookie cookie:owner"),
        ("command-injection", "GET /open/ping query:host"),
        ("path-traversal", "GET /open/file query:name"),
        ("path-traversal", "POST /open/upload upload:file"),
        ("reflected-xss", "GET /open/hello query:name"),
        ("reflected-xss", "GET /open/attribute query:v"),
        ("reflected-xss", "GET /open/script query:v"),
        ("reflected-xss", "GET /open/handler query:v"),
        ("reflected-xss", "GET /open/link query:page"),
        ("reflected-xss", "GET /open/title query:v"),
        ("stored-xss", "POST /open/notes form:text"),
        ("open-redirect", "GET /open/go query:next"),
        ("header-injection", "GET /open/field query:lang"),
        ("cors-reflection", "ANY *"),
    }


def test_every_active_rule_has_fired_beside_its_twin(fastapi: Result) -> None:
    # Those that need no sensor fire in test_outside.py, beside twins of their own.
    outside = {f"scan.{name.split()[0]}" for name in HOLES}
    outside |= {f"scan.{rule}" for planted in proxied.HOLES.values() for rule, _ in planted} | {"scan.active-upload"}
    assert {f.rule.id for f in active(fastapi)} | outside >= IDS - {
        "scan.ldap-injection",
        "scan.nosql-injection",
        "scan.request-smuggling",
        "scan.xpath-injection",
        "scan.user-enumeration",
        "scan.dom-xss",
        "scan.socket-origin",
        "scan.graphql-abuse",
    }


def test_findings_name_the_sink_and_carry_evidence(fastapi: Result) -> None:
    source = (ROOT / "tests/scan/apps/fastapi_shop.py").read_text().splitlines()
    words: dict[str, str | tuple[str, ...]] = {
        "sql-injection": "DB.execute(",
        "command-injection": "subprocess.run(",
        "path-traversal": ("path", "FILES"),
    }
    for finding in active(fastapi):
        json.dumps(finding.as_json())
        evidence, location = finding.evidence, finding.location
        assert {"request", "response", "control", "reason"} <= set(evidence)
        assert evidence["request"]["url"].startswith("https://testserver/")
        assert "status" in evidence["control"]["response"]
        if finding.rule.id.removeprefix("scan.") in words:
            assert evidence["event"]["file"] == location.file == "tests/scan/apps/fastapi_shop.py"
            assert location.line is not None
            wanted = words[finding.rule.id.removeprefix("scan.")]
            either = (wanted,) if isinstance(wanted, str) else wanted
            assert any(word in source[location.line - 1] for word in either)
            assert len(evidence["event"]["text"]) <= 500
        elif isinstance(location, HttpLocation) and location.parameter:
            assert location.line is not None
            assert "def open_" in source[location.line - 1]


def test_figures(fastapi: Result) -> None:
    stats = fastapi.stats
    assert fastapi.complete
    assert stats["operations"]["known"] >= stats["operations"]["reached"] >= 30
    assert stats["operations"]["attacked"] >= 25
    findings = len(active(fastapi))
    # At most three requests for each input and operation, and what confirming and looking closer costs.
    assert stats["requests"] <= 3 * (stats["points"] + stats["operations"]["known"]) + 6 * findings + 60
    assert any("/logout" in gap for gap in fastapi.gaps)


def test_every_rule_says_something(fastapi: Result) -> None:
    assert {f.rule.id for f in fastapi.findings} == {rule.id for rule in RULES}


def test_the_result_is_the_same_each_time(fastapi: Result) -> None:
    again = run("tests.scan.apps.fastapi_shop")
    assert {f.fingerprint for f in active(again)} == {f.fingerprint for f in active(fastapi)}


FLASK: Rows = {
    ("sql-injection", "GET /open/user query:name"),
    ("sql-injection", "POST /open/form form:name"),
    ("sql-injection", "POST /api/open/json json:user.name"),
    ("sql-injection", "GET /open/agent header:user-agent"),
    ("command-injection", "GET /open/backup query:name"),
    ("path-traversal", "GET /open/download query:file"),
    ("reflected-xss", "GET /open/hello/{name} path:name"),
    ("reflected-xss", "GET /open/through query:page"),
    ("reflected-xss", "GET /open/theme cookie:theme"),
}


def test_flask_exactly_the_planted_holes() -> None:
    result = run("tests.scan.apps.flask_shop")
    assert rows(result) == FLASK
    assert result.stats["unreached"].count("GET /private (redirect to /login)") == 1
    assert any("no login was given: GET /private" in gap for gap in result.gaps)


def test_a_login_opens_what_is_behind_it() -> None:
    form = (("content-type", "application/x-www-form-urlencoded"),)
    login = Request(method="POST", target="/login", headers=form, body=b"user=ann&password=secret")
    result = run("tests.scan.apps.flask_shop", login=[login])
    assert rows(result) == FLASK | {("reflected-xss", "GET /private query:q")}
    assert not any("asked for a login" in gap for gap in result.gaps)


def test_a_login_that_fails_is_told() -> None:
    form = (("content-type", "application/x-www-form-urlencoded"),)
    login = Request(method="POST", target="/login", headers=form, body=b"user=ann&password=wrong")
    result = run("tests.scan.apps.flask_shop", login=[login])
    assert not result.complete
    assert any("was answered 400" in gap for gap in result.gaps)


DJANGO = """
import json, pathlib
from hauberk.guard import install
install()
from tests.scan.apps.django_shop import app
from hauberk.integrations.surface import surface, transport
from hauberk.integrations.target import Target
from hauberk.scan import scan
target = Target(name="app", app=app, framework="django", protocol="wsgi", root=pathlib.Path.cwd())
found = surface(target)
result = scan(found, transport(target, found), target="app")
print(json.dumps([[f.rule.id, str(f.location).partition(" (")[0], f.location.file] for f in result.failures]))
"""


def test_django_exactly_the_planted_holes() -> None:
    done = subprocess.run([sys.executable, "-c", DJANGO], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = [(rule.removeprefix("scan."), where, file) for rule, where, file in json.loads(done.stdout) if rule in IDS]
    assert {(rule, where) for rule, where, _ in found} == {
        ("sql-injection", "GET /open/user query:name"),
        ("sql-injection", "POST /form form:name"),
        ("sql-injection", "POST /api json:name"),
        ("reflected-xss", "GET /open/archive/{year}/{slug}/ path:slug"),
        ("stored-xss", "POST /open/comment form:text"),
    }
    assert {file for _, _, file in found} == {"tests/scan/apps/django_shop.py"}


@pytest.mark.parametrize("attempt", range(3))
def test_the_trap_is_not_walked_into(attempt: int) -> None:
    result = run("tests.scan.apps.trap")
    assert [f for f in result.failures if f.severity != "info"] == []
    assert result.stats["operations"]["attacked"] >= 10
    assert result.stats["blocked"] >= 1


def test_a_spent_budget_is_not_a_clean_result() -> None:
    result = run("tests.scan.apps.fastapi_shop", budget=Budget(max_requests=120))
    assert not result.complete
    assert result.stats["requests"] == 120
    assert any("stopped while attacking: the limit of 120 requests" in gap for gap in result.gaps)


def test_nothing_attacked_is_nothing_tested() -> None:
    with pytest.raises(NothingToTestError, match="nothing was attacked"):
        run("tests.scan.apps.fastapi_shop", budget=Budget(max_requests=3))
