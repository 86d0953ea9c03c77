"""WebSockets of protected applications end with their session, by each framework's own door."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from time import time
from typing import Any

import fastapi as fa
import litestar as ls
import pytest

import hauberk
from hauberk import CookieSessions, Policy, Sessions, asgi, protect
from hauberk.adapters.asgi import App, Message, Receive, Scope, Send
from hauberk.core.plan import run_inline
from hauberk.integrations.sessions.sockets import closing, watched
from hauberk.shield.sessions.identity import handle, new_token, record
from hauberk.shield.sessions.session import CREATED, SEEN, USER, VALUE, stamp
from hauberk.shield.sessions.values import encode
from hauberk.stores.memory import MemoryStore


def starlette() -> Any:
    from starlette.applications import Starlette
    from starlette.routing import WebSocketRoute
    from starlette.websockets import WebSocket

    async def echo(socket: WebSocket) -> None:
        await socket.accept()
        await socket.send_text(f"{socket.session['n']}")
        async for text in socket.iter_text():
            await socket.send_text(text)

    return Starlette(routes=[WebSocketRoute("/", echo)])


def fastapi() -> Any:
    app = fa.FastAPI()

    @app.websocket("/")
    async def echo(socket: fa.WebSocket) -> None:
        session = await hauberk.session(socket)
        await socket.accept()
        await socket.send_text(f"{session['n']}")
        async for text in socket.iter_text():
            await socket.send_text(text)

    return app


def quart() -> Any:
    from quart import Quart, session, websocket

    app = Quart("shop")

    @app.websocket("/")
    async def echo() -> None:
        await websocket.send(f"{session['n']}")
        while True:
            await websocket.send(await websocket.receive())

    return app


def litestar() -> Any:
    @ls.websocket("/")
    async def echo(socket: ls.WebSocket[Any, Any, Any]) -> None:
        await socket.accept()
        await socket.send_text(f"{socket.session['n']}")
        async for text in socket.iter_data("text"):
            await socket.send_text(text)

    return ls.Litestar([echo], openapi_config=None)


def bare() -> Any:
    async def echo(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.send", "text": f"{scope['session']['n']}"})
        while (message := await receive())["type"] != "websocket.disconnect":
            await send({"type": "websocket.send", "text": message["text"]})

    return echo


MAKERS = {"starlette": starlette, "fastapi": fastapi, "quart": quart, "litestar": litestar, "bare": bare}


class Client:
    """A client with a session in a store, connected to a protected application."""

    def __init__(self, app: Any, **options: Any) -> None:
        self.store, self.token = MemoryStore(), new_token()
        fields = {CREATED: stamp(time()), SEEN: stamp(time()), USER: b"ann", VALUE + "n": encode(7)}
        run_inline(self.store.save(record(handle(self.token)), fields, ttl=100, create=True))
        self.app: App = protect(app, sessions=Sessions(store=self.store, **options))
        self.sends: asyncio.Queue[Message] = asyncio.Queue()
        self.hears: asyncio.Queue[Message] = asyncio.Queue()

    async def talk(self, steps: Callable[[Client], Awaitable[None]]) -> None:
        """Connect, and do these steps; the application has to end by itself after them."""
        scope: dict[str, Any] = {
            "type": "websocket",
            "path": "/",
            "raw_path": b"/",
            "query_string": b"",
            "scheme": "wss",
        }
        scope |= {"client": ("192.0.2.7", 1), "server": ("app.example", 443), "subprotocols": [], "root_path": ""}
        cookie = b"__Host-session=" + self.token.encode()
        scope |= {"headers": [(b"host", b"app.example"), (b"origin", b"https://app.example"), (b"cookie", cookie)]}
        scope |= {"http_version": "1.1", "asgi": {"version": "3.0"}, "extensions": {}}
        await self.sends.put({"type": "websocket.connect"})
        running = asyncio.ensure_future(self.app(scope, self.sends.get, self.hears.put))
        await steps(self)
        await asyncio.wait_for(running, 10)

    async def next(self, seconds: float = 10) -> Message:
        """What the application sends next."""
        return await asyncio.wait_for(self.hears.get(), seconds)

    async def says(self, text: str) -> str:
        """What it answers to that."""
        await self.sends.put({"type": "websocket.receive", "text": text})
        return str((await self.next())["text"])


@pytest.mark.parametrize("name", MAKERS)
def test_a_socket_ends_with_its_session(name: str) -> None:
    async def revoked(client: Client) -> None:
        assert (await client.next())["type"] == "websocket.accept"
        assert (await client.next())["text"] == "7"
        assert await client.says("hi") == "hi"
        await client.store.delete(record(handle(client.token)))
        ended = await client.next()
        assert (ended["type"], ended["code"]) == ("websocket.close", 1008)

    asyncio.run(Client(MAKERS[name](), socket_check=1).talk(revoked))


@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize("every", [1, 0])
def test_a_socket_goes_on_while_its_session_does(name: str, every: int) -> None:
    """And for ever, where nobody looks."""

    async def goes_on(client: Client) -> None:
        assert (await client.next())["type"] == "websocket.accept"
        assert (await client.next())["text"] == "7"
        if not every:
            await client.store.delete(record(handle(client.token)))
        with pytest.raises(TimeoutError):
            await client.next(1.2)
        assert await client.says("still here") == "still here"
        await client.sends.put({"type": "websocket.disconnect", "code": 1000})

    asyncio.run(Client(MAKERS[name](), socket_check=every).talk(goes_on))


@pytest.mark.parametrize(
    "sessions", [None, Sessions(socket_check=0), CookieSessions(socket_check=0, keys=(b"k" * 32,))]
)
def test_who_wants_nothing_of_it_pays_nothing(sessions: Any) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None: ...

    assert watched(app, Policy(sessions=sessions)) is app
    assert watched(app, Policy(sessions=Sessions())) is not app


def test_a_request_passes_it_by() -> None:
    """Without a coroutine between: what the server awaits is the application's own."""
    made: list[Awaitable[None]] = []

    def app(scope: Scope, receive: Receive, send: Send) -> Any:
        async def nothing() -> None: ...

        made.append(nothing())
        return made[0]

    async def run() -> None:
        given = closing(app)({"type": "http"}, asyncio.Queue[Message]().get, asyncio.Queue[Message]().put)
        assert given is made[0]
        await given

    asyncio.run(run())
    assert asgi(bare(), Policy(sessions=Sessions())) is not None
