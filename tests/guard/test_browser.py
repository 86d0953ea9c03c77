"""Reflected scripts in a real Chromium: they run in the bare application, and not behind the guard."""

from __future__ import annotations

import os
from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import parse_qs, quote

import pytest

from hauberk import Guard, Policy
from hauberk.adapters.asgi import ASGIShield
from hauberk.guard.sinks import pages
from hauberk.scan.browser.chromium import executable
from tests.judges.conftest import served

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.slow, pytest.mark.browser]

PAGES = {
    "text": "<!doctype html><p>Results for {}</p>",
    "attribute": "<!doctype html><input value='{}'>",
    "script": "<!doctype html><script>var q = '{}';</script>",
}
ATTACKS = {
    "text": "<img src=x onerror=ran()>",
    "attribute": "' autofocus onfocus=ran() x='",
    "script": "'; ran(); '",
}
BENIGN = 'it is (5 > 3) & "so" on'


async def shop(scope: Any, receive: Any, send: Any) -> None:
    """Shows what it is asked for: as it came, or escaped."""
    query = parse_qs(scope["query_string"].decode())
    value = query.get("v", [""])[0]
    shown = value if "raw" in query else escape(value)
    body = PAGES[scope["path"].strip("/")].format(shown).encode() if scope["path"].strip("/") in PAGES else b""
    headers = [(b"content-type", b"text/html; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = executable()
    if path is None and os.environ.get("CI") != "true":
        pytest.skip("there is no Chromium here; install one, or name it in CHROMIUM")
    with playwright.sync_playwright() as running:
        chromium = running.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield chromium
        chromium.close()


def visit(browser: Browser, app: Any, target: str) -> tuple[int, bool]:
    """The status, and whether the binding that only a script can call was called."""
    calls: list[str] = []
    with served(app) as port:
        page = browser.new_page()
        page.expose_function("ran", lambda: calls.append("ran"))
        answer = page.goto(f"http://127.0.0.1:{port}{target}")
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(100)
        page.close()
    assert answer is not None
    return answer.status, bool(calls)


@pytest.mark.parametrize("place", PAGES)
@pytest.mark.parametrize(
    ("mode", "status", "runs"),
    [(None, 200, True), ("observe", 200, True), ("block", 403, False), ("escape", 200, False)],
)
def test_a_reflected_script(
    browser: Browser, place: str, mode: Literal["observe", "block", "escape"] | None, status: int, runs: bool
) -> None:
    pages.KNOWN.clear()
    app = shop if mode is None else ASGIShield(shop, Policy(guard=Guard(mode="block", xss=mode)).plan())
    assert visit(browser, app, f"/{place}?raw=1&v={quote(ATTACKS[place])}") == (status, runs)


@pytest.mark.parametrize("place", ["text", "attribute"])
@pytest.mark.parametrize("value", [BENIGN, *ATTACKS.values()])
def test_what_was_escaped_is_shown_and_runs_nothing(browser: Browser, place: str, value: str) -> None:
    app = ASGIShield(shop, Policy(guard=Guard(mode="block")).plan())
    assert visit(browser, app, f"/{place}?v={quote(value)}") == (200, False)
