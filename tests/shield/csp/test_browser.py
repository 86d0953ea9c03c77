"""What a real Chromium sends, in both formats: over http by report-uri, over https by report-to."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from typing import Any

import pytest

from hauberk import CSP, Policy, protect
from hauberk.shield.csp import CSPReports
from tests.judges.conftest import certificate, served  # noqa: F401 - a fixture
from tests.shield.csp.test_reports import PATH

pytestmark = [pytest.mark.browser, pytest.mark.slow]
SCRIPT = "document.title = 'ran'"
PAGE = f"<!doctype html><script>{SCRIPT}</script><img src='/a.png'><p style='color: red'>x"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """As everywhere, but a Chromium that does not wait a minute with reports, and sends them to our certificate."""
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    names = ("chromium", "chromium-browser", "google-chrome")
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if path is None and os.environ.get("CI") != "true":
        pytest.skip("there is no Chromium here; install one, or name it in CHROMIUM")
    flags = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--disable-background-networking"]
    flags += ["--short-reporting-delay", "--ignore-certificate-errors"]
    with api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, headless=True, args=flags)
        yield chromium
        chromium.close()


def app(reports: CSPReports, endpoint: str | None) -> Any:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import HTMLResponse
    from starlette.routing import Route

    async def page(request: Request) -> HTMLResponse:
        return HTMLResponse(PAGE)

    policy = Policy().replace(csp_report_only=CSP.learn(endpoint=endpoint), csp_reports=reports)
    return protect(Starlette(routes=[Route("/", page)]), policy)


@pytest.mark.parametrize("secure", [False, True])
def test_reports_arrive(browser: Any, request: pytest.FixtureRequest, secure: bool) -> None:
    reports = CSPReports()
    made = app(reports, "hauberk-csp" if secure else None)
    with served(made, request.getfixturevalue("certificate") if secure else None) as port:
        context = browser.new_context(ignore_https_errors=True)
        page = context.new_page()
        page.goto(f"{'https' if secure else 'http'}://localhost:{port}/", wait_until="load")
        assert page.title() == "ran", "nothing is blocked"
        until = time.monotonic() + 20
        while len(reports.entries()) < 3 and time.monotonic() < until:
            page.wait_for_timeout(100)
        context.close()
    found = {(entry.directive, entry.blocked): entry for entry in reports.entries()}
    assert {("script-src-elem", "inline"), ("img-src", "self"), ("style-src-attr", "inline")} <= set(found)
    assert found["script-src-elem", "inline"].hash == CSP.hash_of(SCRIPT)
    assert all(entry.report_only for entry in reports.entries())


def test_a_page_elsewhere_makes_nobody_report(browser: Any) -> None:
    """A stranger's page may post whatever it likes from its visitors' browsers."""
    reports = CSPReports()
    with served(app(reports, None)) as port, served(app(CSPReports(), None)) as other:
        page = browser.new_page()
        page.goto(f"http://localhost:{other}/")
        report = {"csp-report": {"document-uri": f"http://127.0.0.1:{port}/", "effective-directive": "img-src"}}
        page.evaluate(
            "([url, report]) => fetch(url, {method: 'POST', mode: 'no-cors', body: JSON.stringify(report)})",
            [f"http://127.0.0.1:{port}{PATH}", report],
        )
        page.wait_for_timeout(300)
        page.close()
    assert reports.entries() == []
