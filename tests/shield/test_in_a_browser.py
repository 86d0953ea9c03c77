"""What a real Chromium says of its requests: pages work, and pages of other sites get nothing."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from hauberk.adapters.asgi import ASGIShield, Receive, Scope, Send
from hauberk.core.plan import Plan
from hauberk.shield.csrf import Exempt
from hauberk.shield.fetch_metadata import FetchMetadata
from hauberk.shield.hosts import Hosts
from hauberk.shield.paths import Paths

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.slow, pytest.mark.browser]
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="7" height="7"/>'
KINDS = {
    "svg": ("image/svg+xml", SVG),
    "js": ("text/javascript", b"window.ran = true"),
    "": ("text/html", b"<p>page</p>"),
}
PLAN = Plan.of(
    [
        Hosts(allow=("app.example",)),  # and this machine's own names, as the client is on it
        Paths(),
        FetchMetadata(same_site=False, open=(Exempt(path="/badges/", reason="images for other sites"),)),
    ]
)


SERVED: list[str] = []
"""Paths that got as far as the application."""


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers every path by what its name ends in; takes every WebSocket."""
    SERVED.append(scope["path"])
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        return await send({"type": "websocket.send", "text": "secret"})
    kind, body = KINDS.get(scope["path"].rpartition(".")[2], KINDS[""])
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", kind.encode())]})
    return await send({"type": "http.response.body", "body": body})


@contextmanager
def serving(run: Any) -> Iterator[int]:
    import uvicorn

    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(run, log_level="critical", lifespan="off", ws="wsproto"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        listener.close()
    assert not thread.is_alive()


@pytest.fixture(scope="module")
def ours() -> Iterator[str]:
    with serving(ASGIShield(app, PLAN).run) as port:
        yield f"127.0.0.1:{port}"


@pytest.fixture(scope="module")
def theirs() -> Iterator[str]:
    """Another site: the same machine by another name."""
    with serving(app) as port:
        yield f"http://localhost:{port}"


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context()
    yield context.new_page()
    context.close()


LOADS = """([tag, attribute, url]) => new Promise(done => {
    const element = document.createElement(tag);
    element.onload = () => done(true); element.onerror = () => done(false);
    element[attribute] = url; document.body.append(element);
})"""
FETCHES = "([url, options]) => fetch(url, options).then(r => r.status, () => 0)"
OPENS = """url => new Promise(done => {
    const socket = new WebSocket(url);
    socket.onmessage = message => done(message.data); socket.onerror = () => done("refused");
})"""


def test_the_own_pages_work(page: Page, ours: str) -> None:
    reply = page.goto(f"http://{ours}/page")
    assert reply is not None
    assert reply.status == 200
    assert page.evaluate(LOADS, ["img", "src", f"http://{ours}/a..b%20(1).svg"])
    assert page.evaluate(LOADS, ["script", "src", f"http://{ours}/x.js"])
    assert page.evaluate(FETCHES, [f"http://{ours}/api", {"method": "POST"}]) == 200
    assert page.evaluate(OPENS, f"ws://{ours}/live") == "secret"


def test_other_sites_get_nothing_but_links(page: Page, ours: str, theirs: str) -> None:
    page.goto(f"{theirs}/page")
    assert not page.evaluate(LOADS, ["img", "src", f"http://{ours}/private.svg"])
    assert not page.evaluate(LOADS, ["script", "src", f"http://{ours}/x.js"])
    page.evaluate(FETCHES, [f"http://{ours}/forged", {"method": "POST", "mode": "no-cors"}])
    page.evaluate(FETCHES, [f"{theirs}/own", {"method": "POST", "mode": "no-cors"}])
    assert "/own" in SERVED
    assert "/forged" not in SERVED
    assert page.evaluate(OPENS, f"ws://{ours}/live") == "refused"
    # what was opened for them
    assert page.evaluate(LOADS, ["img", "src", f"http://{ours}/badges/a.svg"])
    # the twin without protection gives all of it away
    assert page.evaluate(LOADS, ["img", "src", f"{theirs}/private.svg"])


def test_links_from_other_sites_work(page: Page, ours: str, theirs: str) -> None:
    page.goto(f"{theirs}/page")
    page.evaluate("url => { location.href = url }", f"http://{ours}/callback?code=1")
    page.wait_for_url(f"http://{ours}/callback?code=1")
    assert page.inner_text("p") == "page"


def test_dot_segments_never_leave_the_browser(page: Page, ours: str) -> None:
    reply = page.goto(f"http://{ours}/a/%2e%2e/./b/..%2fc".replace("%2f", "/"))
    assert reply is not None
    assert reply.status == 200
    assert reply.url == f"http://{ours}/c"
