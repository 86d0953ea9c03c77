"""Four front ends, each beside its twin: routes that nothing leads to, DOM XSS proved in Chromium, versions told."""

from __future__ import annotations

from pathlib import Path

import pytest

from hauberk.core.finding import HttpLocation, Result
from hauberk.integrations.surface import surface, transport
from hauberk.integrations.target import Target
from hauberk.scan import scan
from hauberk.scan.extent import Extent
from tests.scan.frontends import building

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ROUTES = {
    "vue": {"/search", "/items/{items}", "/staff/preview", "/staff/feedback"},
    "react": {"/#/find", "/#/reports", "/#/embed/widget", "/#/leave"},
    "angular": {"/people", "/internal/report/{report}"},
    "ember": {"/#/search", "/#/pages/{pages}", "/#/old/archive"},
}
HOLES = {
    "vue": {("/search", "query", "q"), ("/staff/preview", "fragment", "fragment")},
    "react": {("/#/find", "query", "term"), ("/#/embed/widget", None, "postMessage"), ("/#/leave", "query", "next")},
    "angular": {("/people", "query", "name"), ("/internal/report/{report}", "path", "report")},
    "ember": {("/#/search", "query", "q"), ("/#/old/archive", None, "window.name")},
}
CALLS = {
    "vue": {"GET /api/items", "POST /api/feedback"},
    "react": {"GET /api/orders"},
    "angular": {"GET /api/news"},
    "ember": {"GET /api/pages"},
}


def run(packages: Path, name: str, *, open_: bool) -> tuple[Result, list[str]]:
    app = building.app(building.build(packages, name, open_=open_))
    target = Target(name=name, app=app, framework="starlette", protocol="asgi", root=Path.cwd())
    known = surface(target)
    found = scan(known, transport(target, known), target=name, extent=Extent(browser=True))
    return found, app.state.seen


def holes(result: Result) -> set[tuple[str, str | None, str | None]]:
    found: set[tuple[str, str | None, str | None]] = set()
    for finding in result.failures:
        at = finding.location
        if finding.rule.id in {"scan.dom-xss", "scan.open-redirect", "scan.reflected-xss"}:
            assert isinstance(at, HttpLocation)
            found.add((at.path, at.place, at.parameter))
    return found


@pytest.mark.parametrize("name", sorted(HOLES))
def test_the_open_one(packages: Path, name: str) -> None:
    result, seen = run(packages, name, open_=True)
    browser = result.stats["browser"]
    assert result.complete, result.gaps
    assert ROUTES[name] <= set(browser["routes"]), browser
    assert holes(result) == HOLES[name]
    assert {"name": name, "version": building.VERSIONS[name]} in result.stats["libraries"]
    assert CALLS[name] <= set(seen)
    for finding in result.failures:
        if finding.rule.id == "scan.dom-xss":
            assert finding.confidence == "certain"
            assert finding.evidence["called"]["origin"] == "https://testserver"
    if name == "react":
        assert browser["sockets"] == ["/live?channel=orders"]
        assert not any(call.startswith("DELETE") or call == "POST /api/danger" for call in seen)


@pytest.mark.parametrize("name", sorted(HOLES))
def test_its_twin(packages: Path, name: str) -> None:
    result, _ = run(packages, name, open_=False)
    assert result.complete, result.gaps
    assert set(result.stats["browser"]["routes"]) >= ROUTES[name]
    assert holes(result) == set()
