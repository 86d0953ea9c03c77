"""Nothing of a WSGI or ASGI request is left for the garbage collector."""

from __future__ import annotations

import asyncio
import gc
import io
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any

import pytest

from hauberk import CSRF, CookieSessions, Limits, Policy, Rate, Sessions
from hauberk.adapters.asgi import ASGIShield, Message, Receive, Scope, Send
from hauberk.adapters.wsgi import App, WSGIShield
from hauberk.core.exchange import held
from hauberk.core.plan import Plan
from hauberk.stores.memory import MemoryStore


class Waiting(MemoryStore):
    waits = True


PLANS: dict[str, Callable[[], Plan]] = {
    "nothing": lambda: Plan.of([]),
    "headers": lambda: Policy().plan(),
    "in a cookie": lambda: Plan.of([CookieSessions(keys=(b"k" * 32,))]),
    "in memory": lambda: Plan.of([Sessions(store=MemoryStore())]),
    "rates in a store that waits": lambda: Plan.of([Limits(rates=(Rate(limit="1000/minute"),), store=Waiting())]),
    "recommended": lambda: Policy.recommended().plan(),
}
FIELDS = [("content-type", "text/plain")]


def look(holder: list[Any]) -> None:
    """Use what there is of a request: its exchange, its nonce and its session."""
    ex = held(holder)
    ex.read_nonce()
    if ex.session is not None:
        ex.session["a"] = [1]


def whole(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    start("200 OK", FIELDS)
    return [b"a"]


def looked(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    look(environ["hauberk"])
    return whole(environ, start)


def parts(environ: dict[str, Any], start: Callable[..., Any]) -> Iterator[bytes]:
    look(environ["hauberk"])
    start("200 OK", FIELDS)
    yield b"a"


def begun(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    """The header at once, the parts later."""
    start("200 OK", FIELDS)
    return iter([b"a"])


def failing(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    raise LookupError("a")


def failing_looked(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    look(environ["hauberk"])
    raise LookupError("a")


def failing_begun(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    """An error after a header that was not sent yet, which is replaced."""
    start("200 OK", FIELDS)
    raise LookupError("a")


def failing_parts(environ: dict[str, Any], start: Callable[..., Any]) -> Iterator[bytes]:
    look(environ["hauberk"])
    start("200 OK", FIELDS)
    if environ:
        raise LookupError("a")
    yield b"a"


def ask_wsgi(app: App, *, fails: bool = False, method: str = "GET") -> None:
    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": "/",
        "wsgi.url_scheme": "https",
        "HTTP_HOST": "app.example",
        "HTTP_SEC_FETCH_SITE": "cross-site",
        "wsgi.input": io.BytesIO(),
    }
    body = app(environ, lambda *_: len)
    assert (list(body) == [b"a"]) is not fails
    if (close := getattr(body, "close", None)) is not None:
        close()


def left(ask: Callable[[], None]) -> int:
    """How many objects a collection finds after a few requests."""
    for _ in range(2):  # what is learnt at the first ones stays
        ask()
    gc.collect()
    gc.disable()
    try:
        for _ in range(3):
            ask()
        return gc.collect()
    finally:
        gc.enable()


@pytest.mark.parametrize("app", [whole, looked, parts, begun])
@pytest.mark.parametrize("plan", PLANS)
def test_wsgi(plan: str, app: App) -> None:
    run = WSGIShield(app, PLANS[plan]()).run
    assert left(lambda: ask_wsgi(run)) == 0


@pytest.mark.parametrize("app", [failing, failing_looked, failing_begun, failing_parts])
@pytest.mark.parametrize("plan", PLANS)
def test_wsgi_with_an_error(plan: str, app: App) -> None:
    run = WSGIShield(app, PLANS[plan]()).run
    assert left(lambda: ask_wsgi(run, fails=True)) == 0


@pytest.mark.parametrize("more", [{}, {"sessions": CookieSessions(keys=(b"k" * 32,))}], ids=["", "session"])
def test_wsgi_with_a_refusal(more: dict[str, Any]) -> None:
    run = WSGIShield(whole, Policy(csrf=CSRF(), **more).plan()).run
    assert left(lambda: ask_wsgi(run, fails=True, method="POST")) == 0


@pytest.mark.parametrize("fails", [False, True], ids=["", "fails"])
@pytest.mark.parametrize("looks", [False, True], ids=["", "looked"])
@pytest.mark.parametrize("plan", PLANS)
def test_asgi(plan: str, looks: bool, fails: bool) -> None:
    assert left_by_asgi(PLANS[plan](), looks=looks, fails=fails) == 0


@pytest.mark.parametrize("more", [{}, {"sessions": CookieSessions(keys=(b"k" * 32,))}], ids=["", "session"])
def test_asgi_with_a_refusal(more: dict[str, Any]) -> None:
    assert left_by_asgi(Policy(csrf=CSRF(), **more).plan(), method="POST") == 0


class Server:
    """What servers are to an application: two methods of something that has the scope."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope

    async def receive(self) -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(self, message: Message) -> None: ...


def left_by_asgi(plan: Plan, *, looks: bool = False, fails: bool = False, method: str = "GET") -> int:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if looks:
            look(scope["hauberk"])
        if fails:
            raise LookupError("a")
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    shield = ASGIShield(app, plan)
    fields = [(b"host", b"app.example"), (b"sec-fetch-site", b"cross-site")]

    async def ask() -> None:
        scope = {
            "type": "http",
            "method": method,
            "path": "/",
            "raw_path": b"/",
            "query_string": b"",
            "scheme": "https",
        }
        with suppress(LookupError):  # which the server hears of as well
            server = Server(scope | {"headers": fields})
            await shield(server.scope, server.receive, server.send)

    with asyncio.Runner() as runner:
        loop = runner.get_loop()
        return left(lambda: loop.run_until_complete(ask()))


def test_what_is_sent_after_the_application_has_returned_is_an_error_that_says_so() -> None:
    kept: list[Send] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        kept.append(send)

    server = Server({"type": "http", "method": "GET", "path": "/", "headers": []})
    asyncio.run(ASGIShield(app, Policy().plan()).run(server.scope, server.receive, server.send))  # type: ignore[arg-type]
    with pytest.raises(RuntimeError, match=r"'http\.response\.body' after it had returned"):
        kept[0]({"type": "http.response.body"})
