"""The twins in a real Chromium: pages work under the policy, and planted markup runs at the open shop only."""

from __future__ import annotations

import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import uvicorn

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


@contextmanager
def serving(app: Any) -> Iterator[str]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            while not server.started:
                assert thread.is_alive()
                time.sleep(0.01)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with api.sync_playwright() as playwright:
        own = shutil.which("chromium") or shutil.which("google-chrome")
        try:
            chromium = playwright.chromium.launch(executable_path=own, args=["--no-sandbox"])
        except api.Error as error:
            pytest.skip(f"no Chromium on this machine: {str(error).splitlines()[0]}")
        yield chromium
        chromium.close()


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
    with serving(shop.app) as base:
        for path in PAGES:
            page, complaints = visit(base + path)
            assert complaints == [], path
            assert page.evaluate("document.documentElement.classList.contains('scripted')"), path
            assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(248, 242, 230)", path
            page.close()


def test_the_question_about_abroad_is_answered_in_place(shop: Any, visit: Any) -> None:
    with serving(shop.app) as base:
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
        with serving(shop.app) as base:
            page, _ = visit(base + path + quote(prefix + STEAL))
            titles.append(page.title())
    assert titles[0] == "taken"
    assert titles[1] != "taken"


def test_a_planted_comment_runs_at_the_open_shop_only(open_shop: Any, protected_shop: Any, visit: Any) -> None:
    titles = []
    for shop in (open_shop, protected_shop):
        shop.client.post("/products/6/comments", data={"text": STEAL})
        with serving(shop.app) as base:
            titles.append(visit(base + "/products/6")[0].title())
    assert titles == ["taken", "Postman's jacket · mended clothes"]
