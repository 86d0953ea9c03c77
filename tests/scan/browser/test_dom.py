"""Sources and sinks, each beside a twin; and what a browser may not do on the scan's behalf."""

from __future__ import annotations

from pathlib import Path

import pytest

from hauberk.core.finding import HttpLocation, Result
from hauberk.demo.loopback import served
from hauberk.integrations.surface import surface, transport
from hauberk.integrations.target import Target
from hauberk.scan import Budget, Operation, Surface, scan
from hauberk.scan.extent import Extent
from hauberk.scan.site import site
from tests.scan.apps import dom

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def result() -> Result:
    target = Target(name="dom", app=dom.app, framework="starlette", protocol="asgi", root=Path.cwd())
    known = surface(target)
    return scan(known, transport(target, known), target="dom", extent=Extent(browser=True))


def rows(result: Result) -> dict[str, list[tuple[str, str | None, str | None]]]:
    found: dict[str, list[tuple[str, str | None, str | None]]] = {}
    for finding in result.failures:
        at, rule = finding.location, finding.rule.id.removeprefix("scan.")
        if isinstance(at, HttpLocation) and rule in {"dom-xss", "open-redirect", "reflected-xss", "stored-xss"}:
            found.setdefault(at.path, []).append((rule, at.place, at.parameter))
    return found


@pytest.mark.parametrize("name", sorted(dom.FOUND))
def test_the_hole_is_proved(result: Result, name: str) -> None:
    assert rows(result).get(f"/open/{name}") == [dom.FOUND[name]]


@pytest.mark.parametrize("name", sorted(dom.FOUND))
def test_its_twin_is_not(result: Result, name: str) -> None:
    assert f"/safe/{name}" not in rows(result)


def test_evidence_shows_what_ran_and_where(result: Result) -> None:
    assert result.complete, result.gaps
    one = next(f for f in result.failures if f.location.key().startswith("GET /open/hash-innerhtml"))
    assert one.evidence["called"]["origin"] == "https://testserver"
    assert one.evidence["sink"]["name"] == "innerHTML"
    assert "/open/hash-innerhtml" in one.evidence["sink"]["stack"][0]
    assert one.evidence["control"]["url"] != one.evidence["request"]["url"]
    kept = next(f for f in result.failures if f.location.key().startswith("GET /open/storage-html"))
    assert kept.severity == "medium"


@pytest.mark.parametrize(("rule", "path"), [("scan.reflected-xss", "/said"), ("scan.stored-xss", "/notes")])
def test_markup_in_answers_is_opened_in_the_browser(result: Result, rule: str, path: str) -> None:
    one = next(f for f in result.failures if f.rule.id == rule and f.location.key().split()[1] == path)
    assert one.evidence["browser"]["ran"] is True


def test_nothing_leads_off_the_scope(result: Result) -> None:
    assert result.stats["browser"]["refused_hosts"] == ["elsewhere.example"]


def test_a_server_by_its_url_and_a_budget_that_holds() -> None:
    with served(dom.app) as url:
        found = scan(
            Surface.of([Operation(method="GET", path="/open/hash-innerhtml", source="crawl")]),
            site(url).transport(),
            target=url,
            budget=Budget(max_requests=240),
            extent=Extent(browser=True),
        )
    assert found.stats["requests"] <= 240
    assert ("dom-xss", "fragment", "fragment") in rows(found).get("/open/hash-innerhtml", [])
    if not found.complete:
        assert any("did not get to its end" in gap or "limit of 240 requests" in gap for gap in found.gaps)
