"""WebSockets: found among the routes, and asked as another site would; in process and over a socket."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar
from litestar import websocket as litestar_websocket
from litestar.connection import WebSocket as LitestarSocket
from quart import Quart
from quart import websocket as quart_websocket
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.websockets import WebSocket

from hauberk.core.finding import Finding
from hauberk.demo.loopback import served
from hauberk.integrations.surface import surface, transport
from hauberk.integrations.target import Target
from hauberk.scan import Budget, Surface, scan
from hauberk.scan.checks.active import socket_origin
from hauberk.scan.client import Client
from hauberk.scan.site import site


async def home(request: Any) -> PlainTextResponse:
    return PlainTextResponse(f"hello {request.query_params.get('q', '')}")


async def anybody(socket: WebSocket) -> None:
    await socket.accept()
    await socket.close()


async def own_pages(socket: WebSocket) -> None:
    if socket.headers.get("origin", "").partition("://")[2] != socket.headers.get("host"):
        await socket.close(code=1008)
        return
    await anybody(socket)


async def closed(socket: WebSocket) -> None:
    await socket.close(code=1008)


def app() -> Starlette:
    inner = [WebSocketRoute("/room/{name}", own_pages)]
    routes = [Route("/", home), WebSocketRoute("/open", anybody), WebSocketRoute("/closed", closed)]
    return Starlette(routes=[*routes, Mount("/in", routes=inner)])


def found(result: list[Finding]) -> list[str]:
    return [finding.location.key() for finding in result]


def target(application: Any, framework: Any) -> Target:
    return Target(name="x", app=application, framework=framework, protocol="asgi", root=Path.cwd())


@pytest.mark.parametrize("over_a_socket", [False, True])
def test_only_the_one_that_is_open_to_all(over_a_socket: bool) -> None:
    known = surface(target(app(), "starlette"))
    assert known.sockets == ("/open", "/closed", "/in/room/1")
    if over_a_socket:
        with served(app()) as url, site(url).transport() as way:
            result = socket_origin.ask(Client(way, Budget()), known)
    else:
        with transport(target(app(), "starlette"), known) as way:
            result = socket_origin.ask(Client(way, Budget()), known)
    assert found(result) == ["GET /open header origin"]
    assert result[0].confidence == "firm"  # without a session nothing shows that cookies are of account


def test_a_scan_asks_them() -> None:
    known = surface(target(app(), "starlette"))
    result = scan(known, transport(target(app(), "starlette"), known), target="x")
    (one,) = (finding for finding in result.findings if finding.rule.id == "scan.socket-origin")
    assert one.outcome == "fail"


def quart() -> Quart:
    made = Quart("sockets")

    @made.websocket("/ws/<int:room>")
    async def ws(room: int) -> None:
        await quart_websocket.accept()

    return made


def litestar() -> Litestar:
    @litestar_websocket("/ws/1")
    async def ws(socket: LitestarSocket[Any, Any, Any]) -> None:
        await socket.accept()

    return Litestar([ws])


@pytest.mark.parametrize(("make", "framework"), [(quart, "quart"), (litestar, "litestar")])
def test_other_frameworks_name_theirs(make: Any, framework: str) -> None:
    assert surface(target(make(), framework)).sockets == ("/ws/1",)


def test_where_there_is_none_nothing_is_asked() -> None:
    with transport(target(app(), "starlette"), Surface()) as way:
        assert socket_origin.ask(Client(way, Budget()), Surface()) == []
