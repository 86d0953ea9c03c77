"""Sessions in WebSockets: read, changed, and the end of the one with the end of the other."""

from __future__ import annotations

import asyncio
import contextlib
from time import time
from typing import Any

import pytest

from hauberk.adapters.asgi import App, ASGIShield, Message
from hauberk.core.plan import Plan, run_inline
from hauberk.integrations.sessions.sockets import closing
from hauberk.shield.sessions import Sessions
from hauberk.shield.sessions.identity import handle, new_token, record
from hauberk.shield.sessions.session import CREATED, SEEN, USER, VALUE, stamp
from hauberk.shield.sessions.values import encode
from hauberk.stores.memory import MemoryStore

SOON = 0.05


class Client:
    """One client of a WebSocket whose session is in this store."""

    def __init__(self, app: App, every: int = 1) -> None:
        self.store, self.token, self.got = MemoryStore(), new_token(), list[Message]()
        fields = {CREATED: stamp(time()), SEEN: stamp(time()), USER: b"ann", VALUE + "n": encode(1)}
        run_inline(self.store.save(self.key, fields, ttl=100, create=True))
        self.shield = ASGIShield(closing(app), Plan.of([Sessions(store=self.store, socket_check=every)]))
        self.waiting: asyncio.Queue[Message] = asyncio.Queue()
        self.accepted = asyncio.Event()

    @property
    def key(self) -> str:
        return record(handle(self.token))

    async def talk(self, after: float, revoke: bool) -> float:
        """Connect, revoke after a while or not, and wait; how long the application ran after that."""
        scope = {"type": "websocket", "path": "/", "query_string": b"", "scheme": "wss", "client": ("192.0.2.7", 1)}
        headers = [(b"host", b"app.example"), (b"cookie", b"__Host-session=" + self.token.encode())]
        await self.waiting.put({"type": "websocket.connect"})
        running = asyncio.ensure_future(self.shield({**scope, "headers": headers}, self.waiting.get, self.take))
        # A handler that finds the session gone already has none to end with.
        await asyncio.wait_for(self.accepted.wait(), 10)
        await asyncio.sleep(after)
        since = asyncio.get_running_loop().time()
        if revoke:
            await self.store.delete(self.key)
        else:
            await asyncio.sleep(1.2)
            await self.waiting.put({"type": "websocket.disconnect", "code": 1000})
        await asyncio.wait_for(running, 5)
        return asyncio.get_running_loop().time() - since

    async def take(self, message: Message) -> None:
        self.got.append(message)
        self.accepted.set()

    @property
    def closed(self) -> list[Any]:
        return [message["code"] for message in self.got if message["type"] == "websocket.close"]


async def listens(scope: Any, receive: Any, send: Any) -> None:
    await receive()
    session = await scope["session"]
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.send", "text": f"{session.user} {session['n']}"})
    session["n"] += 1
    while (await receive())["type"] != "websocket.disconnect":
        pass


async def talks(scope: Any, receive: Any, send: Any) -> None:
    await receive()
    await scope["session"]
    await send({"type": "websocket.accept"})
    with contextlib.suppress(OSError):  # as servers raise it for a client that is gone
        while True:
            await send({"type": "websocket.send", "text": "tick"})
            await asyncio.sleep(0.01)


async def looks_into_nothing(scope: Any, receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "websocket.accept"})
    try:
        await asyncio.wait_for(receive(), 1.2)
    except TimeoutError:
        await send({"type": "websocket.close", "code": 1000})


def test_a_handler_reads_and_changes_the_session() -> None:
    client = Client(listens)
    asyncio.run(client.talk(SOON, revoke=False))
    assert [m.get("text") for m in client.got if m["type"] == "websocket.send"] == ["ann 1"]
    fields = run_inline(client.store.load(client.key))
    assert fields is not None
    assert fields[VALUE + "n"] == encode(2)


@pytest.mark.parametrize("app", [listens, talks])
def test_the_socket_of_a_session_that_ended_is_closed(app: App) -> None:
    client = Client(app)
    assert asyncio.run(client.talk(2 * SOON, revoke=True)) < 2
    assert client.closed == [1008]


def test_the_socket_of_a_session_that_lives_stays_open() -> None:
    client = Client(listens)
    asyncio.run(client.talk(2 * SOON, revoke=False))
    assert client.closed == []


def test_a_socket_that_does_not_look_is_let_alone() -> None:
    client = Client(looks_into_nothing)
    asyncio.run(client.talk(SOON, revoke=True))
    assert client.closed == [1000]


def test_nobody_looks_where_that_is_off() -> None:
    client = Client(looks_into_nothing, every=0)
    asyncio.run(client.talk(SOON, revoke=True))
    assert client.closed == [1000]
