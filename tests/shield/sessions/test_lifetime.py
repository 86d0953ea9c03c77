"""A session and its request: each other's while it runs, apart afterwards, and never lost in silence."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import Callable
from typing import Any

import pytest

from hauberk import CORS, CSRF, CookieSessions, Hosts, Policy, Sessions
from hauberk.adapters.asgi import ASGIShield, Message, Receive, Scope, Send
from hauberk.core.errors import LateSessionError, LostSessionError
from hauberk.core.exchange import HOLDER, held
from hauberk.core.plan import Plan
from hauberk.integrations.request import csrf_token
from hauberk.shield.sessions.session import Session
from hauberk.stores.memory import MemoryStore

HEADERS = [(b"host", b"app.example"), (b"user-agent", b"test")]
COOKIES = CookieSessions(keys=(b"k" * 32,))
PLANS: dict[str, Callable[[], Plan]] = {
    "lean, in a cookie": lambda: Policy(sessions=COOKIES).plan(),
    "lean, in memory": lambda: Policy(sessions=Sessions(store=MemoryStore())).plan(),
    "judged": lambda: (
        Policy.recommended()
        .replace(
            guard=None,
            limits=None,
            paths=None,
            hosts=Hosts(allow=("app.example",)),
            cors=CORS(origins=("https://a.example",)),
            sessions=COOKIES,
        )
        .plan()
    ),
    "full": lambda: Policy.recommended().replace(guard=None, sessions=COOKIES).plan(),
}
Act = Callable[[Scope], object]
ACTS: dict[str, Act] = {
    "untouched": lambda scope: None,
    "nonce": lambda scope: held(scope["hauberk"]).read_nonce(),
    "read": lambda scope: scope["session"].get("a"),
    "changed": lambda scope: scope["session"].update(a=[1]),
    "login": lambda scope: scope["session"].login("7"),
}


class Marked(dict[str, Any]):
    """A scope whose end can be seen."""

    alive = 0

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        Marked.alive += 1

    def __del__(self) -> None:
        Marked.alive -= 1


def app(act: Act, kept: list[Any]) -> Any:
    async def run(scope: Scope, receive: Receive, send: Send) -> None:
        act(scope)
        kept.append(weakref.ref(scope["session"]))
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    return run


async def ask(shield: ASGIShield, scope: Scope) -> None:
    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None: ...

    await shield(scope, receive, send)


def scope(**more: Any) -> dict[str, Any]:
    found = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "scheme": "https", "headers": HEADERS}
    return {**found, "raw_path": b"/", **more}


@pytest.mark.parametrize("context", [False, True], ids=["", "context"])
@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("plan", PLANS)
def test_a_request_with_a_session_is_gone_when_it_is_over(plan: str, act: str, context: bool) -> None:
    kept: list[Any] = []
    shield = ASGIShield(app(ACTS[act], kept), PLANS[plan](), context=context)
    Marked.alive = 0
    gc.collect()
    gc.disable()
    try:
        for _ in range(3):  # the first goes the long way, where what it looks at is learnt
            asyncio.run(ask(shield, Marked(scope())))
        assert Marked.alive == 0
        assert [reference() for reference in kept] == [None, None, None]
    finally:
        gc.enable()
    assert HOLDER.get() is None


@pytest.mark.parametrize("plan", PLANS)
def test_who_keeps_the_scope_may_look_into_the_session_afterwards(plan: str) -> None:
    shield, kept = ASGIShield(app(ACTS["changed"], []), PLANS[plan]()), list[Message]()

    async def run() -> None:
        async def receive() -> Message:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Message) -> None:
            kept.append(message)

        await shield(scope(), receive, send)

    asyncio.run(run())
    cookie = next(value for name, value in kept[0]["headers"] if name == b"set-cookie").partition(b";")[0]
    again = scope(headers=[*HEADERS, (b"cookie", cookie)])
    shield.app = app(ACTS["untouched"], [])
    later = ASGIShield(app(ACTS["untouched"], []), shield.plan)
    asyncio.run(ask(later, again))
    assert again["session"]["a"] == [1]
    assert held(again["hauberk"]).session is again["session"]
    if "memory" not in plan:
        with pytest.raises(LateSessionError):
            again["session"]["a"] = [2]


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("plan", PLANS)
def test_a_session_that_is_gone_is_not_no_session(plan: str, act: str) -> None:
    """Its CSRF tokens would else be bound to the visitor's cookie, which is less."""
    shield, asked = ASGIShield(app(ACTS[act], []), PLANS[plan]()), scope()
    asyncio.run(ask(shield, asked))
    ex = held(asked["hauberk"])
    assert isinstance(ex.session, Session)
    asked["hauberk"] = [ex, None, None]
    del asked["session"]
    gc.collect()
    with pytest.raises(LostSessionError):
        _ = ex.session
    if ex.csrf is not None:
        with pytest.raises(LostSessionError):
            csrf_token(asked)
        with pytest.raises(LostSessionError):
            ex.csrf.binding(ex)


def test_a_request_holds_its_session_whatever_the_application_does_with_the_scope() -> None:
    """Who throws the scope's session away, or puts another one there, changes nothing about whose request it is."""
    found: list[bytes | None] = []

    async def careless(scope: Scope, receive: Receive, send: Send) -> None:
        scope["session"].login("7")
        ex = held(scope.pop("hauberk"))
        scope["session"] = {}
        gc.collect()
        found.append(ex.session.binding if ex.session else None)
        assert ex.session.user == "7"
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    for plan in (Policy(sessions=COOKIES, csrf=CSRF()).plan(), PLANS["full"](), PLANS["judged"]()):
        asyncio.run(ask(ASGIShield(careless, plan), scope()))
    assert len(found) == 3


@pytest.mark.parametrize("plan", PLANS)
def test_a_websocket_is_gone_when_it_is_over(plan: str) -> None:
    async def talk(scope: Scope, receive: Receive, send: Send) -> None:
        scope["session"].get("a")
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.close"})

    asked = scope(type="websocket", scheme="wss", headers=[*HEADERS, (b"sec-fetch-site", b"same-origin")])
    del asked["method"]
    shield = ASGIShield(talk, PLANS[plan]())
    Marked.alive = 0
    gc.collect()
    gc.disable()
    try:
        asyncio.run(ask(shield, Marked(asked)))
        assert Marked.alive == 0
    finally:
        gc.enable()
