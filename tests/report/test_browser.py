"""The page in a real Chromium: seen, used by keyboard, read without scripts, and attacked."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest

from hauberk.core.finding import Result
from hauberk.report import Meta, compare, render

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Dialog, Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def file(tmp_path: Path, result: Result, meta: Meta) -> Path:
    path = tmp_path / "report.html"
    path.write_text(render("html", result, meta), encoding="utf-8")
    return path


def colours(page: Page, png: bytes) -> int:
    """How many colours a screenshot has, as the browser itself sees it."""
    import base64

    source = "data:image/png;base64," + base64.b64encode(png).decode()
    script = """async (source) => {
        const image = new Image(); image.src = source; await image.decode();
        const canvas = new OffscreenCanvas(image.width, image.height), context = canvas.getContext("2d");
        context.drawImage(image, 0, 0);
        const seen = new Set(), data = context.getImageData(0, 0, image.width, image.height).data;
        for (let i = 0; i < data.length; i += 4) seen.add((data[i] << 16) | (data[i + 1] << 8) | data[i + 2]);
        return seen.size;
    }"""
    count: int = page.evaluate(script, source)
    return count


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_it_is_seen_on_any_screen(browser: Browser, file: Path, scheme: Literal["light", "dark"], width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(file.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background == {"light": "rgb(246, 246, 243)", "dark": "rgb(18, 21, 26)"}[scheme]
    shot = page.screenshot()
    page.close()
    blank = browser.new_page()
    assert colours(blank, shot) > 50
    blank.close()
    assert said == []


def test_it_reads_without_scripts(browser: Browser, file: Path, result: Result) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(file.as_uri())
    for finding in result.failures:
        assert page.get_by_text(finding.message).first.is_visible()
    assert page.locator("article.finding").count() == 12
    assert not page.locator("#filter").is_visible()
    page.locator("article.finding details summary").first.click()
    assert page.locator("article.finding details").first.locator("pre").first.is_visible()
    context.close()


def test_the_filter_filters_and_says_how_many(browser: Browser, file: Path) -> None:
    page = browser.new_page()
    page.goto(file.as_uri())
    assert page.locator("#shown").inner_text() == "all 12"
    page.get_by_label("critical", exact=True).focus()
    page.keyboard.press("Space")
    assert page.locator("#shown").inner_text() == "8 of 12"
    page.get_by_label("audit", exact=True).uncheck()
    assert page.locator("article.finding:visible").count() == 6
    assert page.locator("article.finding[data-severity=critical]:visible").count() == 0
    # A link to a finding that is filtered away brings it back.
    page.locator(".first h3 a").first.click()
    assert page.locator("#shown").inner_text() == "all 12"
    page.close()


def test_the_filter_counts_what_stands_in_groups(browser: Browser, tmp_path: Path, many: Any, meta: Meta) -> None:
    path = tmp_path / "many.html"
    path.write_text(render("html", many(2_000), meta), encoding="utf-8")
    page = browser.new_page()
    page.goto(path.as_uri())
    assert page.locator("#shown").inner_text() == "all 2000"
    page.get_by_label("critical", exact=True).uncheck()
    assert page.locator("#shown").inner_text() == "1000 of 2000"
    page.close()


def test_the_keyboard_reaches_the_findings_first(browser: Browser, file: Path) -> None:
    page = browser.new_page()
    page.goto(file.as_uri())
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the findings"
    assert page.evaluate("document.activeElement.getBoundingClientRect().left") >= 0
    page.close()


def test_paper_shows_what_is_folded(browser: Browser, file: Path) -> None:
    page = browser.new_page()
    page.goto(file.as_uri())
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details:not([open])").count() == 0
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert page.locator("details[open]").count() == 0
    page.close()


CONTRAST = """() => {
    const parse = (c) => c.match(/[\\d.]+/g).map(Number);
    const light = ([r, g, b]) => [r, g, b].map((v) => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
        .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
    const behind = (node) => {
        for (; node; node = node.parentElement) {
            const colour = parse(getComputedStyle(node).backgroundColor);
            if (colour.length < 4 || colour[3] > 0) return colour;
        }
        return [255, 255, 255];
    };
    const low = [];
    for (const details of document.querySelectorAll("details")) details.open = true;
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const node = walker.currentNode.parentElement;
        if (!walker.currentNode.textContent.trim() || !node.checkVisibility() || node.closest("svg, script")) continue;
        const [a, b] = [light(parse(getComputedStyle(node).color)), light(behind(node))].sort((x, y) => y - x);
        const ratio = (a + 0.05) / (b + 0.05);
        if (ratio < 4.5) low.push(`${ratio.toFixed(2)} ${node.className} ${node.textContent.slice(0, 30)}`);
    }
    return low;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("which", ["report", "comparison"])
def test_text_has_the_contrast_of_wcag_aa(
    browser: Browser,
    tmp_path: Path,
    scheme: Literal["light", "dark"],
    which: str,
    result: Result,
    protected: Result,
    meta: Meta,
) -> None:
    path = tmp_path / "page.html"
    written = render("html", result, meta) if which == "report" else compare.render_html(result, protected, meta=meta)
    path.write_text(written, encoding="utf-8")
    page = browser.new_page(color_scheme=scheme)
    page.goto(path.as_uri())
    assert page.evaluate(CONTRAST) == []
    page.close()


@pytest.mark.parametrize("which", ["report", "comparison"])
def test_a_page_made_of_attacks_runs_nothing(
    browser: Browser, tmp_path: Path, which: str, hostile: Result, hostile_meta: Meta
) -> None:
    path = tmp_path / "hostile.html"
    if which == "report":
        written = render("html", hostile, hostile_meta)
    else:
        written = compare.render_html(hostile, hostile, meta=hostile_meta)
    path.write_text(written, encoding="utf-8")
    heard: Counter[str] = Counter()

    def dismissed(dialog: Dialog) -> None:
        heard.update(["dialog"])
        dialog.dismiss()

    page = browser.new_page()
    for name in ("alert", "hit"):
        page.expose_function(name, lambda *_: heard.update(["called"]))
    page.on("console", lambda message: heard.update([f"console: {message.text}"]))
    page.on("pageerror", lambda error: heard.update([f"error: {error}"]))
    page.on("dialog", dismissed)
    page.on("request", lambda request: heard.update([] if request.url.startswith("file:") else [request.url]))
    page.goto(path.as_uri())
    for link in page.locator("nav a").all():
        link.click()
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    page.wait_for_timeout(300)
    assert heard == {}
    assert page.url.startswith("file:")
    page.close()


def test_the_policy_would_stop_what_slipped_through(browser: Browser, file: Path) -> None:
    """The test above proves nothing unless the page's own policy is in force."""
    page = browser.new_page()
    heard: list[str] = []
    page.expose_function("hit", lambda *_: heard.append("called"))
    page.on("console", lambda message: heard.append(message.text))
    spoiled = file.read_text("utf-8").replace("</h1>", "</h1><script>hit(1)</script><img src=x onerror=hit(2)>")
    file.write_text(spoiled, encoding="utf-8")
    page.goto(file.as_uri())
    page.wait_for_timeout(300)
    assert "called" not in heard
    assert any("Content Security Policy" in one for one in heard)
    page.close()


def test_2000_faults_open_in_under_a_second(browser: Browser, tmp_path: Path, many: Any, meta: Meta) -> None:
    path = tmp_path / "many.html"
    path.write_text(render("html", many(2_000), meta), encoding="utf-8")
    page = browser.new_page()
    page.goto(path.as_uri())
    milliseconds = page.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd")
    assert 0 < milliseconds < 1_000
    page.close()


@pytest.mark.parametrize(("label", "first", "rows"), [("Top 10 2025", "A01", 10), ("API Top 10 2023", "API1", 10)])
def test_the_squares_stand_in_other_rows_and_come_back(
    browser: Browser, file: Path, label: str, first: str, rows: int
) -> None:
    page = browser.new_page()
    page.goto(file.as_uri())
    by_chapter = page.locator("#squares").inner_html()
    page.get_by_role("radio", name=label).check()
    lines = page.locator("#squares > li")
    assert lines.count() == rows
    assert lines.first.inner_text().startswith(first)
    assert page.locator("#squares .squares > svg").count() == 345
    page.get_by_role("radio", name="chapter").check()
    assert page.locator("#squares").inner_html() == by_chapter
    page.close()
