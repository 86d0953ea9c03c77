"""What a server answers beside its operations: TRACE, a repository's files, lists of folders."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator

from hauberk.core.finding import Finding, HttpLocation, Rule
from hauberk.scan import evidence
from hauberk.scan.client import Client
from hauberk.scan.messages import Request, Response
from hauberk.scan.trial import canary

TRACE = Rule(
    id="scan.trace",
    title="TRACE is answered",
    severity="low",
    why="It sends back what proxies added to the request: internal addresses, and credentials.",
    fix="Refuse the method.",
    cwe=(200, 16),
    asvs=("v5.0.0-13.4.4",),
    top10=("A02:2025",),
    docs="https://www.rfc-editor.org/rfc/rfc9110#section-9.3.8",
)
REPOSITORY = Rule(
    id="scan.exposed-repository",
    title="A repository or its secrets can be downloaded",
    severity="high",
    why="The whole source code and its history, with every password that was ever in it.",
    fix="Serve a folder that holds published files only; refuse paths that begin with a dot: Policy(paths=Paths()).",
    cwe=(527, 538),
    asvs=("v5.0.0-13.4.1",),
    top10=("A02:2025",),
    docs="https://owasp.org/www-project-web-security-testing-guide/",
)
LISTING = Rule(
    id="scan.directory-listing",
    title="A folder lists its files",
    severity="medium",
    why="Visitors find backups, uploads of others and whatever else was never linked.",
    fix="Turn the index off.",
    cwe=(548,),
    asvs=("v5.0.0-13.4.3",),
    top10=("A01:2025",),
    docs="https://owasp.org/www-project-web-security-testing-guide/",
)
RULES = (TRACE, REPOSITORY, LISTING)

FILES: tuple[tuple[str, re.Pattern[bytes]], ...] = (
    ("/.git/HEAD", re.compile(rb"\A(ref: refs/|[0-9a-f]{40}\s*\Z)")),
    ("/.svn/entries", re.compile(rb"\A\d+\s")),
    ("/.env", re.compile(rb"^[A-Z][A-Z0-9_]*\s*=", re.MULTILINE)),
)
AT_ROOT: tuple[tuple[str, re.Pattern[bytes]], ...] = (
    ("/.git/config", re.compile(rb"^\[core\]", re.MULTILINE)),
    ("/.hg/requires", re.compile(rb"^(revlogv1|store|dotencode)$", re.MULTILINE)),
)
"""Asked for beside those, where a checkout that is served as a whole has them."""
INDEX = re.compile(
    rb"<title>\s*(Index of|Directory listing for)\b|<h1>\s*(Index of|Directory listing for)\b", re.IGNORECASE
)


MOST = 12
"""Folders that are asked."""
FOLDERS = ("/static", "/media", "/uploads", "/files", "/assets")


def judge(client: Client, paths: Iterable[str]) -> Iterator[Finding]:
    """A few dozen requests. `paths` are those that are known: what lies beside a file is looked for there too."""
    yield _trace(client)
    above = {path.rpartition("/")[0] for path in paths if "." in path.rpartition("/")[2] and "{" not in path}
    places = ["", *sorted({*FOLDERS, *above} - {""})[:MOST]]
    yield _first(client, REPOSITORY, [*AT_ROOT, *((place + path, shape) for place in places for path, shape in FILES)])
    yield _first(client, LISTING, [(place + "/", INDEX) for place in places])


def unasked(asked: Container[str]) -> Iterator[Finding]:
    """For each rule here that was not asked, as the scan ended before."""
    for rule in RULES:
        if rule.id not in asked:
            where = HttpLocation(method="ANY", path="*")
            yield Finding(rule=rule, outcome="not-applicable", message="It was not asked.", location=where)


def _trace(client: Client) -> Finding:
    word = canary()
    request = Request(method="TRACE", target="/", headers=(("x-probe", word),))
    answer = client.send(request)
    if answer.status < 300 and word in answer.text:
        return _fault(client, TRACE, request, answer, "the request came back, with its header")
    return _fine(TRACE, f"TRACE is answered {answer.status}, and nothing of the request comes back.")


def _first(client: Client, rule: Rule, places: list[tuple[str, re.Pattern[bytes]]]) -> Finding:
    for path, shape in places:
        request = Request(target=path)
        answer = client.send(request)
        if answer.status == 200 and shape.search(answer.body):
            return _fault(client, rule, request, answer, f"{path} is there")
    return _fine(rule, f"Nothing of the kind at {len(places)} addresses.")


def _fault(client: Client, rule: Rule, request: Request, answer: Response, reason: str) -> Finding:
    return Finding(
        rule=rule,
        outcome="fail",
        message=f"{request.method} {request.path}: {reason}.",
        location=HttpLocation(method=request.method, path=request.path),
        evidence={
            "reason": reason,
            "request": evidence.request(client.origin, client.complete(request)),
            "response": evidence.response(answer),
            "control": _control(client),
        },
    )


def _control(client: Client) -> dict[str, object]:
    """What is answered where nothing is."""
    request = Request(target=f"/{canary()}")
    answer = client.send(request)
    return {
        **evidence.request(client.origin, client.complete(request)),
        "response": evidence.response(answer),
    }


def _fine(rule: Rule, message: str) -> Finding:
    return Finding(rule=rule, outcome="pass", message=message, location=HttpLocation(method="ANY", path="*"))
