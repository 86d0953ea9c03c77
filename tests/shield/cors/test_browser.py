"""A real Chromium judges: pages of two origins ask an application on a third one."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from hauberk.adapters.asgi import ASGIShield, Receive, Scope, Send
from hauberk.core.plan import Plan
from hauberk.shield.cors import CORS
from hauberk.shield.failures import Failures

pytestmark = [pytest.mark.browser, pytest.mark.slow]

FETCH = """async ([url, options]) => {
    try {
        const answer = await fetch(url, options);
        return {status: answer.status, text: await answer.text(), total: answer.headers.get("x-total")};
    } catch (error) {
        return {refused: String(error)};
    }
}"""
SANDBOXED = """([url, options]) => new Promise(resolve => {
    addEventListener("message", event => resolve(event.data), {once: true});
    const frame = document.createElement("iframe");
    frame.sandbox = "allow-scripts";
    frame.srcdoc = `<script>(${FETCH})([${JSON.stringify(url)}, ${JSON.stringify(options)}])
        .then(said => parent.postMessage(said, "*"))</` + "script>";
    document.body.append(frame);
})""".replace("${FETCH}", FETCH.replace("`", ""))


@contextmanager
def serving(app: Any) -> Iterator[str]:
    import uvicorn

    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off", ws="none"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        end = time.monotonic() + 20
        while not server.started and time.monotonic() < end:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        listener.close()


async def page(scope: Scope, receive: Receive, send: Send) -> None:
    """A page that asks."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/html")]})
    await send({"type": "http.response.body", "body": b"<!doctype html><title>asks</title>"})


@dataclass
class Shop:
    """The application that is asked; its shield is changed between tests."""

    shield: Any = None
    seen: list[str] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.shield(scope, receive, send)

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.seen.append(scope["method"])
        if scope["path"] == "/broken":
            raise RuntimeError("broken")
        cookie = dict(scope["headers"]).get(b"cookie", b"").decode()
        headers = [(b"content-type", b"application/json"), (b"x-total", b"3"), (b"set-cookie", b"who=me; Path=/")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": json.dumps(cookie).encode()})

    def under(self, cors: CORS) -> None:
        self.shield, self.seen = ASGIShield(self.app, Plan.of([cors, Failures()])), []


@dataclass
class Web:
    shop: Shop
    shop_url: str
    home: str
    stranger: str


@pytest.fixture(scope="module")
def web() -> Iterator[Web]:
    shop = Shop()
    with ExitStack() as stack:
        yield Web(shop, *(stack.enter_context(serving(app)) for app in (shop, page, page)))


Ask = Callable[..., dict[str, Any]]


@pytest.fixture
def ask(browser: Any, web: Web) -> Iterator[Ask]:
    context = browser.new_context()

    def asking(
        origin: str, options: dict[str, Any] | None = None, path: str = "/", script: str = FETCH
    ) -> dict[str, Any]:
        tab = context.new_page()
        complaints: list[str] = []
        tab.on("console", lambda message: complaints.append(message.text))
        tab.goto(origin)
        said: dict[str, Any] = tab.evaluate(script, [web.shop_url + path, options or {}])
        tab.close()
        return said | {"complaints": complaints}

    yield asking
    context.close()


JSON = {"headers": {"Content-Type": "application/json"}, "body": "{}"}


@pytest.mark.parametrize(
    ("cors", "options", "seen"),
    [
        ({}, {}, "GET"),
        ({}, {"method": "POST"}, "POST"),
        ({}, {"method": "POST", **JSON}, "POST"),
        ({"methods": ("PUT",)}, {"method": "PUT", **JSON}, "PUT"),
        ({"methods": ("PATCH",)}, {"method": "PATCH"}, "PATCH"),
        ({"methods": ("OPTIONS",)}, {"method": "OPTIONS"}, "OPTIONS"),
        ({"methods": ("*",)}, {"method": "PURGE"}, "PURGE"),
        ({"headers": ("X-A", "Authorization")}, {"headers": {"x-a": "1", "authorization": "Bearer t"}}, "GET"),
        ({"headers": ("*",)}, {"headers": {"x-a": "1", "x-b": "1"}}, "GET"),
        ({"headers": ("*", "Authorization")}, {"headers": {"authorization": "Bearer t"}}, "GET"),
        (
            {"headers": ("*",), "credentials": True},
            {"headers": {"authorization": "b"}, "credentials": "include"},
            "GET",
        ),
    ],
)
def test_what_an_allowed_origin_asks_is_answered(
    web: Web, ask: Ask, cors: dict[str, Any], options: dict[str, Any], seen: str
) -> None:
    policy = CORS(origins=(web.home,), **cors)
    web.shop.under(policy)
    said = ask(web.home, options)
    assert said["status"] == 200, said
    assert web.shop.seen == [seen]
    assert policy.explain(web.home, options.get("method", "GET"), options.get("headers", {})).allowed


@pytest.mark.parametrize(
    ("cors", "options"),
    [
        ({}, {"method": "PUT"}),
        ({"methods": ("PATCH",)}, {"method": "patch"}),
        ({}, {"headers": {"x-a": "1"}}),
        ({"headers": ()}, {"method": "POST", **JSON}),
        ({"headers": ("*",)}, {"headers": {"authorization": "Bearer t"}}),
        ({"methods": ("*",), "headers": ("X-A",)}, {"method": "PURGE", "headers": {"x-b": "1"}}),
    ],
)
def test_what_was_not_allowed_never_reaches_the_application(
    web: Web, ask: Ask, cors: dict[str, Any], options: dict[str, Any]
) -> None:
    policy = CORS(origins=(web.home,), **cors)
    web.shop.under(policy)
    said = ask(web.home, options)
    assert "refused" in said, said
    assert web.shop.seen == []
    # The console names what is missing: the preflight of an allowed origin is answered with what it may do.
    named = options["headers"].popitem()[0] if "headers" in options else options["method"]
    assert any(named.lower() in complaint.lower() and "preflight" in complaint for complaint in said["complaints"])
    assert not policy.explain(web.home, options.get("method", "GET"), [named] if "headers" in options else []).allowed


@pytest.mark.parametrize("options", [{}, {"method": "POST"}, {"credentials": "include"}])
def test_another_origin_reads_nothing(web: Web, ask: Ask, options: dict[str, Any]) -> None:
    web.shop.under(CORS(origins=(web.home,), credentials=True))
    assert "refused" in ask(web.stranger, options)
    assert len(web.shop.seen) == 1, "CORS keeps answers from being read, not requests from being sent"
    web.shop.under(CORS(origins=(web.home,), methods=("PUT",)))
    assert "refused" in ask(web.stranger, {"method": "PUT"})
    assert web.shop.seen == [], "those that need a preflight are not sent"


def test_cookies_come_along_with_credentials_only(web: Web, ask: Ask) -> None:
    web.shop.under(CORS(origins=(web.home,), credentials=True))
    assert ask(web.home, {"credentials": "include"})["text"] == '""'
    assert ask(web.home, {"credentials": "include"})["text"] == '"who=me"'
    web.shop.under(CORS(origins=(web.home,)))
    assert "refused" in ask(web.home, {"credentials": "include"})
    assert ask(web.home)["text"] == '""'


def test_fields_are_read_if_they_are_exposed(web: Web, ask: Ask) -> None:
    web.shop.under(CORS(origins=(web.home,)))
    assert ask(web.home)["total"] is None
    web.shop.under(CORS(origins=(web.home,), expose=("X-Total",)))
    assert ask(web.home)["total"] == "3"


def test_an_error_that_nobody_handled_is_read_as_what_it_is(web: Web, ask: Ask) -> None:
    web.shop.under(CORS(origins=(web.home,)))
    assert ask(web.home, path="/broken")["status"] == 500
    assert "refused" in ask(web.stranger, path="/broken")


def test_patterns(web: Web, ask: Ask) -> None:
    web.shop.under(CORS(origins=("http://127.0.0.1:*",), credentials=True))
    assert ask(web.home, {"credentials": "include"})["status"] == 200
    web.shop.under(CORS(origins=("http://localhost:*", "http://*.localhost:*"), credentials=True))
    assert "refused" in ask(web.home)
    port = web.home.rpartition(":")[2]
    assert ask(f"http://localhost:{port}")["status"] == 200
    assert ask(f"http://a.b.localhost:{port}")["status"] == 200


def test_a_sandboxed_frame_is_nobody_and_reads_what_is_for_everybody(web: Web, ask: Ask) -> None:
    web.shop.under(CORS(origins=(web.home,), credentials=True))
    assert "refused" in ask(web.home, script=SANDBOXED)
    web.shop.under(CORS(decide=lambda origin: True))
    assert "refused" in ask(web.home, script=SANDBOXED)
    web.shop.under(CORS(insecure_allow_any_origin=True))
    assert ask(web.home, script=SANDBOXED)["status"] == 200
    assert ask(web.stranger)["status"] == 200
    assert "refused" in ask(web.stranger, {"credentials": "include"})
