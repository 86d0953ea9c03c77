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
from hauberk.shield.csp.propose import propose
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


WIDE = """<!doctype html><html><head><title>waiting</title><link rel="manifest" href="/site.webmanifest">
<link rel="stylesheet" href="{other}/a.css"><style nonce="{nonce}">h1 {{ color: red }}</style>
<base href="/"></head><body><h1 style="color: blue">x</h1>
<img src="data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw==">
<iframe src="{other}/frame"></iframe><script src="{other}/a.js"></script><video src="/film.webm"></video>
<script nonce="{nonce}">
const blob = new Blob(["postMessage('from blob')"], {{type: "text/javascript"}});
const font = new FontFace("f", "url(data:font/woff2;base64,AAAA)");
const said = [];
Promise.allSettled([
  fetch("{other}/data").then(r => r.text()).then(t => said.push("fetched " + t)),
  new Promise((ok, no) => {{ const w = new Worker(URL.createObjectURL(blob));
    w.onmessage = e => {{ said.push(e.data); ok() }}; w.onerror = no }}),
  new Promise((ok, no) => {{ const w = new Worker("/worker.js");
    w.onmessage = e => {{ said.push(e.data); ok() }}; w.onerror = no }}),
  WebAssembly.compile(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])).then(() => said.push("compiled")),
  font.load(),
  new Promise(ok => {{ const i = new Image(); i.onload = i.onerror = ok;
    i.src = URL.createObjectURL(new Blob([""])) }}),
]).then(() => document.title = said.sort().join(", "));
</script></body></html>"""
WORKS = "compiled, fetched data, from blob, from file"


def wide(other: str, policy: Policy) -> Any:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import HTMLResponse, PlainTextResponse, Response
    from starlette.routing import Route

    from hauberk import csp_nonce

    files = {
        "/a.js": ("text/javascript", "document.documentElement.dataset.loaded = 'yes'"),
        "/a.css": ("text/css", "body { background: rgb(1, 2, 3) }"),
        "/worker.js": ("text/javascript", "postMessage('from file')"),
        "/data": ("text/plain", "data"),
        "/site.webmanifest": ("application/manifest+json", "{}"),
        "/frame": ("text/html", "frame"),
    }

    async def page(request: Request) -> HTMLResponse:
        return HTMLResponse(WIDE.format(other=other, nonce=csp_nonce(request)))

    async def file(request: Request) -> Response:
        kind, text = files.get(request.url.path, ("text/plain", ""))
        return PlainTextResponse(text, media_type=kind, headers={"access-control-allow-origin": "*"})

    return protect(Starlette(routes=[Route("/", page), Route("/{rest:path}", file)]), policy)


def use(browser: Any, port: int, reports: CSPReports) -> tuple[str, str, list[str]]:
    """Open the page; gives its title, its background and what was reported."""
    page = browser.new_page()
    page.goto(f"http://localhost:{port}/", wait_until="load")
    page.wait_for_function("document.title != 'waiting'", timeout=15_000)
    page.wait_for_timeout(500)
    title, colour = page.title(), page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert page.evaluate("document.documentElement.dataset.loaded") == "yes"
    assert page.evaluate("getComputedStyle(document.querySelector('h1')).color") == "rgb(0, 0, 255)"
    page.close()
    return title, colour, [f"{entry.directive} {entry.blocked}" for entry in reports.entries()]


def test_a_page_of_everything_works_under_what_is_proposed_for_it(browser: Any) -> None:
    with served(wide("", Policy())) as beside:
        other = f"http://127.0.0.1:{beside}"
        reports = CSPReports()
        with served(wide(other, Policy().replace(csp_report_only=CSP.learn(), csp_reports=reports))) as port:
            title, colour, found = use(browser, port, reports)
        assert (title, colour) == (WORKS, "rgb(1, 2, 3)")
        assert len(found) > 12
        proposal = propose(reports.entries(), inline="hash")
        assert proposal.left_out == ()
        again = CSPReports()
        enforced = proposal.policy.adding({"report-uri": PATH})
        with served(wide(other, Policy().replace(csp=enforced, csp_reports=again))) as port:
            assert use(browser, port, again) == (WORKS, "rgb(1, 2, 3)", [])
