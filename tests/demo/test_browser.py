"""The twins in a real Chromium: pages work under the policy, and planted markup runs at the open shop only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from hauberk.demo.loopback import served

pytestmark = [pytest.mark.browser, pytest.mark.slow]

STEAL = "<img src=x onerror=document.title='taken'><script>document.title='taken'</script>"
PAGES = [
    "/",
    "/catalogue",
    "/search?q=coat",
    "/products/2",
    "/sizes?chest=95",
    "/care",
    "/shipping",
    "/login",
    "/basket",
]


@pytest.fixture
def visit(browser: Any) -> Iterator[Callable[[str], tuple[Any, list[str]]]]:
    context = browser.new_context(viewport={"width": 1180, "height": 900})

    def open_page(url: str) -> tuple[Any, list[str]]:
        page, complaints = context.new_page(), []
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(url, wait_until="load")
        return page, complaints

    yield open_page
    context.close()


def test_pages_are_silent_and_scripted(shop: Any, visit: Any) -> None:
    with served(shop.app) as base:
        for path in PAGES:
            page, complaints = visit(base + path)
            assert complaints == [], path
            assert page.evaluate("document.documentElement.classList.contains('scripted')"), path
            assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(248, 242, 230)", path
            page.close()


def test_the_question_about_abroad_is_answered_in_place(shop: Any, visit: Any) -> None:
    with served(shop.app) as base:
        page, _ = visit(base + "/shipping")
        page.fill("input[name=country]", "Sweden")
        page.click("text=Do you send there?")
        page.wait_for_selector("#abroad p")
        assert page.inner_text("#abroad") == "14 pounds, about a week."


@pytest.mark.parametrize(
    ("path", "prefix"), [("/search?q=", ""), ("/sizes?chest=", '">'), ("/shipping/abroad?country=", "")]
)
def test_planted_markup_runs_at_the_open_shop_only(
    open_shop: Any, protected_shop: Any, visit: Any, path: str, prefix: str
) -> None:
    from urllib.parse import quote

    titles = []
    for shop in (open_shop, protected_shop):
        with served(shop.app) as base:
            page, _ = visit(base + path + quote(prefix + STEAL))
            titles.append(page.title())
    assert titles[0] == "taken"
    assert titles[1] != "taken"


def test_a_planted_comment_runs_at_the_open_shop_only(open_shop: Any, protected_shop: Any, visit: Any) -> None:
    titles = []
    for shop in (open_shop, protected_shop):
        shop.client.post("/products/6/comments", data={"text": STEAL})
        with served(shop.app) as base:
            titles.append(visit(base + "/products/6")[0].title())
    assert titles == ["taken", "Postman's jacket · mended clothes"]
