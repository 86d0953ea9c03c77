"""Another host, a proxy's fields, another verb: what follows them is found, and what is sound is not, from outside."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from hauberk.core.finding import HttpLocation, Result
from hauberk.scan.checks.active import cache_poisoning, host_header
from hauberk.scan.messages import Pairs, Response
from tests.scan.apps import proxied
from tests.scan.test_outside import run, served

IDS = ("host-header", "cache-poisoning", "method-tampering")
Found = set[tuple[str, str | None]]


@pytest.fixture(scope="module")
def result() -> Iterator[Result]:
    with served(proxied.app) as url:
        yield run(url)


def at(result: Result, path: str) -> Found:
    found: Found = set()
    for finding in result.failures:
        where, rule = finding.location, finding.rule.id.removeprefix("scan.")
        if rule in IDS and isinstance(where, HttpLocation) and where.path == path:
            found.add((rule, where.parameter))
    return found


@pytest.mark.parametrize(("row", "wanted"), proxied.HOLES.items(), ids=lambda x: x[0] if isinstance(x, tuple) else "")
def test_the_hole_is_found(result: Result, row: proxied.Row, wanted: Found) -> None:
    assert wanted <= at(result, row[0])


@pytest.mark.parametrize("row", proxied.TWINS, ids=lambda row: row[0])
def test_its_twin_is_not(result: Result, row: proxied.Row) -> None:
    assert at(result, row[0]) == set()


def test_both_requests_and_both_answers_are_shown(result: Result) -> None:
    for finding in result.failures:
        if finding.rule.id.removeprefix("scan.") in IDS:
            json.dumps(finding.as_json())
            assert {"request", "response", "control", "reason"} <= set(finding.evidence)
            assert "status" in finding.evidence["control"]["response"]


ADDRESSES: list[tuple[str, Pairs, str, bool]] = [
    ("a link", (("content-type", "text/html"),), "<a href='//x.example/'>", True),
    ("a link in capitals", (("content-type", "text/html"),), "<a href='HTTPS://X.Example:80/'>", True),
    ("a form", (("content-type", "text/html"),), "<form action=https://x.example/login>", True),
    ("a canonical address", (("content-type", "text/html"),), "<meta property=og:url content=http://x.example>", True),
    ("a redirect", (("location", "http://x.example/a"),), "", True),
    ("JSON with escaped slashes", (("content-type", "application/json"),), r'{"next": "http:\/\/x.example\/"}', True),
    ("a mail", (("content-type", "text/plain"),), "Follow http://x.example/new?t=1", True),
    ("words in a page", (("content-type", "text/html"),), "<p>http://x.example/ is not ours", False),
    ("a path", (("content-type", "text/html"),), "<a href='/x.example/'>", False),
    ("a query", (("location", "/login?next=http://x.example/"),), "", False),
    ("in the query of an address", (("content-type", "text/plain"),), "http://a.example/?u=http://x.example/", False),
    ("before the host's own", (("location", "http://x.example@a.example/"),), "", False),
    ("a longer host", (("content-type", "text/html"),), "<a href='//x.example.org/'>", False),
]


@pytest.mark.parametrize(("name", "headers", "body", "leads"), ADDRESSES, ids=[row[0] for row in ADDRESSES])
def test_addresses(name: str, headers: Pairs, body: str, leads: bool) -> None:
    response = Response(status=200, headers=headers, body=body.encode())
    assert (host_header.judge(response, "x.example") is not None) == leads


KEPT: list[tuple[Pairs, bool]] = [
    ((("cache-control", "public"),), True),
    ((("cache-control", "max-age=60"),), True),
    ((("cache-control", "s-maxage=5, max-age=0"),), True),
    ((("cache-control", "public"), ("vary", "Accept")), True),
    ((), False),
    ((("cache-control", "max-age=0"),), False),
    ((("cache-control", "private, max-age=60"),), False),
    ((("cache-control", "public"), ("cache-control", "no-store")), False),
    ((("cache-control", "public"), ("vary", "*")), False),
    ((("cache-control", "public"), ("vary", "Accept, X-Forwarded-Host")), False),
    ((("cache-control", "public"), ("set-cookie", "a=b")), False),
]


@pytest.mark.parametrize(("headers", "kept"), KEPT, ids=lambda value: str(value)[:60])
def test_what_caches_keep(headers: Pairs, kept: bool) -> None:
    assert cache_poisoning.kept(Response(status=200, headers=headers), "x-forwarded-host") == kept
