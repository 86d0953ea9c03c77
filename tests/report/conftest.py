"""Results as check, audit and scan make them, and the same made of attacks."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hauberk.core.finding import Finding, HttpLocation, Location, PackageLocation, Result, Rule, Severity
from hauberk.report import Meta

if TYPE_CHECKING:
    pass

SQL = Rule(
    id="scan.sql-injection",
    title="SQL injection",
    severity="critical",
    why="Whoever can change the statement reads and changes every record that the application can.",
    fix="Give the value to the driver as a parameter instead of writing it into the statement.",
    cwe=(89,),
    asvs=("v5.0.0-1.2.4",),
    top10=("A05:2025",),
    docs="https://cheatsheetseries.owasp.org/cheatsheets/SQL_Injection_Prevention_Cheat_Sheet.html",
)
COMMAND = Rule(
    id="scan.command-injection",
    title="Command injection",
    severity="critical",
    why="The attacker runs programs of his choice with the rights of the application.",
    fix="Pass the program and its arguments as a list, without a shell.",
    cwe=(78,),
    asvs=("v5.0.0-1.2.5",),
    top10=("A05:2025",),
)
XSS = Rule(
    id="scan.reflected-xss",
    title="Cross-site scripting",
    severity="high",
    why="A link is enough to act in the name of whoever opens it.",
    fix="Let the template escape the value: take `| safe` away.",
    cwe=(79,),
    asvs=("v5.0.0-1.2.1", "v5.0.0-3.2.2"),
    top10=("A05:2025",),
)
TRAVERSAL = Rule(
    id="scan.path-traversal",
    title="Path traversal",
    severity="high",
    why="Files outside the folder can be read, such as keys and configuration.",
    fix="Resolve the path and refuse what does not lie inside the folder.",
    cwe=(22,),
    asvs=("v5.0.0-5.3.2",),
    top10=("A01:2025",),
)
DEBUG = Rule(
    id="check.debug-enabled",
    title="Debug mode is on",
    severity="high",
    why="Error pages show source code and variables to strangers.",
    fix="Set debug to False where strangers can reach the application.",
    cwe=(489,),
    asvs=("v5.0.0-13.4.2",),
    top10=("A02:2025",),
)
COOKIE = Rule(
    id="check.session-cookie-secure",
    title="Session cookie travels without encryption",
    severity="medium",
    why="Whoever listens on the way takes the session over.",
    fix="Set https_only=True on the session middleware.",
    cwe=(614,),
    asvs=("v5.0.0-3.3.1",),
    top10=("A02:2025",),
)
CSP = Rule(
    id="scan.csp-missing",
    title="No content security policy",
    severity="medium",
    why="A script that got into a page runs: nothing holds it back.",
    fix="Send a Content-Security-Policy with a nonce; protect() does.",
    cwe=(693, 1021),
    asvs=("v5.0.0-3.4.3",),
    top10=("A02:2025",),
)
SERVER = Rule(
    id="scan.server-version",
    title="The server tells its version",
    severity="low",
    why="Attackers look for the version that has a known fault.",
    fix="Start uvicorn with --no-server-header.",
    cwe=(200,),
    asvs=("v5.0.0-13.4.6",),
    top10=("A02:2025",),
)
PACKAGE = Rule(
    id="audit.vulnerable-dependency",
    title="Dependency with a known vulnerability",
    severity="medium",
    why="The fault is public, and so is often the exploit.",
    fix="Upgrade the package to a version that no advisory concerns.",
    cwe=(1395,),
    asvs=("v5.0.0-15.2.1",),
    top10=("A03:2025",),
)
HOSTS = Rule(
    id="check.wildcard-hosts",
    title="Every host name is answered",
    severity="low",
    why="Links in mails and caches can be made to point elsewhere.",
    fix="Name the hosts that the application serves.",
    cwe=(20, 346),
    asvs=("v5.0.0-4.1.3",),
    top10=("A02:2025",),
)


def dependency(package: str, version: str, severity: Severity, fixed: str, *path: str) -> Finding:
    number = sum(map(ord, package))
    return Finding(
        rule=PACKAGE,
        outcome="fail",
        message=f"{package} {version} has a known fault that {fixed} mends.",
        location=PackageLocation(
            file="requirements.txt",
            line=number % 40 + 1,
            package=package,
            version=version,
            ecosystem="npm" if package == "lodash" else "PyPI",
            path=(*path, package),
        ),
        evidence={
            "advisories": [
                {"id": f"GHSA-{number}-abcd-efgh", "aliases": [f"CVE-2024-{number}", f"PYSEC-2024-{number}"]}
            ],
            "fixed_in": [fixed],
            "cvss": {"vector": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N", "score": 7.5},
            "safe_version": fixed,
            "dev": False,
            "kev": package == "pillow",
            "epss": 0.021,
        },
        key=f"GHSA-{number}",
        own_severity=severity,
        own_title=f"{package} {version} has a known vulnerability",
        own_fix=f"Upgrade {package} to {fixed}.",
    )


def attack(rule: Rule, method: str, path: str, parameter: str, payload: str, sink: str, line: int) -> Finding:
    return Finding(
        rule=rule,
        outcome="fail",
        message=f"{parameter} (query) at {sink}: the value left its literal.",
        location=HttpLocation(
            file="shop/store.py", line=line, method=method, path=path, place="query", parameter=parameter
        ),
        evidence={
            "request": {
                "method": method,
                "url": f"http://testserver{path}?{parameter}={payload}",
                "headers": {"host": "testserver", "accept": "*/*"},
                "body": "",
                "value": payload,
            },
            "response": {"status": 200, "body": "<h1>1 result</h1>"},
            "control": {
                "method": method,
                "url": f"http://testserver{path}?{parameter}=lamp",
                "headers": {"host": "testserver"},
                "value": "lamp",
                "response": {"status": 200, "body": "<h1>No result</h1>"},
            },
            "reason": "the value left its literal",
            "event": {
                "kind": "sql",
                "target": sink,
                "text": f"SELECT * FROM items WHERE name LIKE '%{payload}%'",
                "file": "shop/store.py",
                "line": line,
                "function": "search",
            },
        },
        key=payload,
    )


def passed(rule: Rule, message: str, location: Location | None = None) -> Finding:
    return Finding(rule=rule, outcome="pass", message=message, location=location or Location())


@pytest.fixture
def meta(tmp_path: Path) -> Meta:
    return Meta(
        version="0.1.0",
        generated=datetime(2026, 11, 23, 2, 30, tzinfo=UTC),
        framework="fastapi",
        duration=12.4,
        root=tmp_path,
        fallback_file="shop/main.py",
        command_line="hauberk prove shop.main:app",
    )


@pytest.fixture
def result() -> Result:
    """An open shop, as `prove` sees it."""
    check = Result(
        command="check",
        target="shop.main:app",
        findings=(
            Finding(
                rule=DEBUG,
                outcome="fail",
                message="app.debug is True.",
                location=Location(file="shop/main.py", line=14),
            ),
            Finding(
                rule=COOKIE,
                outcome="fail",
                message="SessionMiddleware has https_only=False.",
                location=Location(file="shop/main.py", line=22),
                evidence={"setting": "https_only", "value": False},
            ),
            Finding(rule=HOSTS, outcome="review", message="No list of hosts; a proxy in front may have one."),
        ),
        stats={"rules": 31},
    )
    audit = Result(
        command="audit",
        target="shop.main:app",
        findings=(
            dependency("pillow", "9.0.0", "high", "10.3.0", "shop"),
            dependency("urllib3", "1.26.4", "medium", "1.26.19", "shop", "requests"),
            dependency("lodash", "4.17.15", "critical", "4.17.21", "front", "webpack", "async"),
        ),
        stats={"packages": 84, "advisories": 22140},
    )
    scan = Result(
        command="scan",
        target="shop.main:app",
        findings=(
            attack(SQL, "GET", "/search", "q", "' OR 1=1 --", "sqlite3.Connection.execute", 48),
            attack(SQL, "GET", "/api/items", "sort", "name; DROP TABLE items", "sqlite3.Connection.execute", 61),
            attack(COMMAND, "POST", "/shipping/label", "carrier", "dhl; id", "subprocess.run", 97),
            attack(XSS, "GET", "/hello/{name}", "name", "<svg onload=alert(1)>", "html", 12),
            attack(TRAVERSAL, "GET", "/invoice", "file", "../../etc/passwd", "open", 77),
            Finding(
                rule=CSP,
                outcome="fail",
                message="No answer carries a Content-Security-Policy.",
                location=HttpLocation(method="ANY", path="*"),
                evidence={
                    "operations": [
                        {"operation": "GET /", "fault": "no policy"},
                        {"operation": "GET /cart", "fault": "no policy"},
                    ],
                    "judged": 19,
                    "response": {"status": 200, "headers": [["content-type", "text/html"]], "body": "<!doctype html>"},
                },
                confidence="firm",
            ),
            Finding(
                rule=SERVER,
                outcome="fail",
                message="Answers say Server: uvicorn.",
                location=HttpLocation(method="GET", path="/"),
                confidence="tentative",
            ),
            passed(
                XSS,
                "The value came back escaped.",
                HttpLocation(method="GET", path="/items/{id}", file="shop/pages.py"),
            ),
            passed(
                TRAVERSAL, "Paths outside the folder are refused.", HttpLocation(method="GET", path="/static/{path}")
            ),
            Finding(rule=COMMAND, outcome="not-applicable", message="GET /health starts no program."),
        ),
        stats={"requests": 1840, "operations": {"known": 23, "reached": 23, "attacked": 21}},
    )
    return Result.merge("prove", "shop.main:app", [check, audit, scan])


@pytest.fixture
def protected(result: Result) -> Result:
    """Its protected twin: what `protect()` cures is gone."""
    stays = [f for f in result.findings if f.rule in (PACKAGE, SERVER, HOSTS) or f.outcome == "pass"]
    cured = [passed(rule, "Tried, and refused.") for rule in (SQL, COMMAND, XSS, TRAVERSAL, DEBUG, COOKIE, CSP)]
    return Result(command="prove", target="shop.shielded:app", findings=(*stays, *cured), stats=result.stats)


PAYLOADS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(2)>',
    "'--></style></title></textarea><svg/onload=alert(3)>",
    "javascript:alert(4)",
    "</script><script>hit(5)</script>",
    "{{7*7}}${7*7}<!--",
    "\u202e\u0000\x1b[31m\ud800]]>",
)


@pytest.fixture
def hostile() -> Result:
    """Every text that a finding can carry is an attack on its reader."""
    findings: list[Finding] = []
    for number, payload in enumerate(PAYLOADS):
        rule = Rule(
            id=f"scan.{payload}",
            title=payload,
            severity="critical",
            why=payload,
            fix=payload,
            cwe=(79,),
            asvs=(payload, "v5.0.0-1.2.1"),
            top10=(payload, "A05:2025"),
            docs=payload,
        )
        evidence = {
            payload: payload,
            "request": {"method": payload, "path": payload, "headers": {payload: payload}, "body": payload},
            "response": payload,
            "advisories": [{"id": payload, "aliases": [payload]}],
            "fixed_in": [payload],
        }
        places: tuple[Location, ...] = (
            Location(file=payload, line=3),
            HttpLocation(method=payload, path=payload, place="query", parameter=payload, file=payload, line=1),
            PackageLocation(package=payload, version=payload, ecosystem="npm", path=(payload, payload), file=payload),
        )
        findings += [
            Finding(rule=rule, outcome="fail", message=payload, location=place, evidence=evidence, key=str(number))
            for place in places
        ]
        findings += [
            Finding(rule=rule, outcome="pass", message=payload, location=places[1]),
            Finding(rule=rule, outcome="review", message=payload, location=places[2]),
            Finding(rule=rule, outcome="not-applicable", message=payload, location=places[0]),
        ]
    return Result(
        command="prove",
        target=PAYLOADS[1],
        complete=False,
        findings=tuple(findings),
        stats={payload: {payload: payload} for payload in PAYLOADS},
        gaps=PAYLOADS,
    )


@pytest.fixture
def hostile_meta(tmp_path: Path) -> Meta:
    payload = PAYLOADS[0]
    return Meta(
        version=payload,
        generated=datetime(2026, 11, 23, tzinfo=UTC),
        framework=payload,
        root=tmp_path,
        fallback_file="main.py",
        command_line=payload,
        title=payload,
    )


@pytest.fixture
def many(result: Result) -> Callable[[int], Result]:
    """A result with that many faults, each with evidence."""

    def make(count: int) -> Result:
        rules = (SQL, COMMAND, XSS, TRAVERSAL)
        faults = tuple(
            attack(rules[n % 4], "GET", f"/area/{n}/search", f"q{n}", "' OR \"1\"='1' <b>&" * 20, "open", n + 1)
            for n in range(count)
        )
        return Result(command="prove", target="big.app:app", findings=faults)

    return make


@pytest.fixture(scope="session")
def shared() -> Callable[[str], Path]:
    """The path of a file of the shared data, which several projects read and none copies."""
    root = Path(__file__).parents[2].parent / "shared" / "vectors"

    def file(name: str) -> Path:
        if not (root / name).exists() and os.environ.get("CI") != "true":
            pytest.skip(f"the shared data {name} is not here")
        return root / name

    return file
