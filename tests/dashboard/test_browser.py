"""The dashboard in a real Chromium: seen, followed live, used by keyboard, attacked, and judged by axe-core."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

import pytest

from hauberk.core.plan import run_inline
from hauberk.core.store import Store
from hauberk.dashboard import Dashboard
from tests.dashboard.conftest import PASSWORD
from tests.dashboard.events import HOSTILE, packed
from tests.judges.axe import serious
from tests.judges.conftest import judges, served

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.slow, pytest.mark.browser]


@pytest.fixture
def address(filled: Store) -> Iterator[str]:
    with served(Dashboard(store=filled, password=PASSWORD).app, lifespan="on") as port:
        yield f"http://127.0.0.1:{port}/"


def sign_in(page: Page, address: str) -> list[str]:
    """What the console says is collected."""
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(address)
    page.fill("#password", PASSWORD)
    page.press("#password", "Enter")
    page.wait_for_selector("#rows tr")
    return said


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_seen_on_any_screen(browser: Browser, address: str, scheme: Literal["light", "dark"], width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    said = sign_in(page, address)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("#chart rect").count() > 5
    assert page.locator("#numbers dd").first.inner_text() == "120"
    assert page.locator("#sources li").count() == 7
    assert said == []
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(
    browser: Browser, address: str, tmp_path_factory: pytest.TempPathFactory, scheme: Literal["light", "dark"]
) -> None:
    folder = judges(tmp_path_factory)
    page = browser.new_page(viewport={"width": 1280, "height": 900}, color_scheme=scheme, bypass_csp=True)
    page.goto(address)
    assert serious(page, folder) == []
    sign_in(page, address)
    assert serious(page, folder) == []
    page.click("#rows button")
    page.wait_for_selector("dialog[open] dt")
    assert serious(page, folder) == []
    page.close()


def test_what_comes_is_shown_at_once_and_filters_narrow_it(browser: Browser, address: str, filled: Store) -> None:
    from playwright.sync_api import expect

    page = browser.new_page()
    sign_in(page, address)
    fresh = packed(1, id="fresh", at=time.time(), path="/just-now", client="203.0.113.200", event="totp-replayed")
    run_inline(filled.append("events:events", fresh, most=100, ttl=600))
    page.wait_for_selector("text=/just-now/", timeout=10_000)
    page.get_by_role("button", name="203.0.113.3", exact=True).first.click()
    expect(page.locator("#rows tr")).to_have_count(17)
    assert {cell.inner_text() for cell in page.locator("#rows td:nth-child(3)").all()} == {"203.0.113.3"}
    page.get_by_role("button", name="source: 203.0.113.3 ×").press("Enter")
    expect(page.locator("#rows tr")).to_have_count(100)
    page.fill("#q", "one-time code")
    expect(page.locator("#rows tr")).to_have_count(1)
    page.locator("#rows button").press("Enter")
    page.wait_for_selector("dialog[open] dd:has-text('203.0.113.200')")
    page.keyboard.press("Escape")
    assert page.locator("dialog[open]").count() == 0
    page.close()


def test_a_proxy_that_holds_streams_back_is_polled(browser: Browser, address: str) -> None:
    page = browser.new_page()
    page.route("**/api/stream**", lambda route: route.abort())
    sign_in(page, address)
    assert "every 2 s" in page.locator("#state").inner_text()
    page.close()


def test_events_full_of_attacks_run_nothing(browser: Browser, store: Store) -> None:
    names = ("client", "method", "path", "worker", "reason", "why", "id", "agent", "rate")
    hostile = packed(30, **dict.fromkeys(names, HOSTILE))
    run_inline(store.append("events:events", hostile, most=100, ttl=600))
    with served(Dashboard(store=store, password=PASSWORD).app, lifespan="on") as port:
        page = browser.new_page()
        page.on("dialog", lambda dialog: pytest.fail(f"a dialog: {dialog.message}"))
        said = sign_in(page, f"http://127.0.0.1:{port}/")
        page.locator("#rows button").first.click()
        page.wait_for_selector("dialog[open] dt")
        page.wait_for_timeout(300)
        assert page.title() == "Live · hauberk"
        assert page.locator("main img, main script, dialog img").count() == 0
        assert not any("Content Security Policy" in text or "TrustedHTML" in text for text in said)
        page.close()
