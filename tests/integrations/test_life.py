"""What goes on besides requests and answers: sockets, lifespans, background work, mounts, what is added later."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from fastapi import FastAPI, WebSocket
from flask import Flask
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.testclient import TestClient
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from hauberk import CSP, Policy, asgi, protect, wsgi
from hauberk.core.exchange import CURRENT
from tests.integrations import apps
from tests.integrations.driving import Visitor

NAMES = [name for name, _ in Policy.recommended().plan().constants(None)]


async def hello(request: Request) -> Response:
    return PlainTextResponse("hello")


async def boom(request: Request) -> Response:
    raise RuntimeError("hunter2")


# --- sockets -----------------------------------------------------------------------------------------------------


def test_a_socket_of_starlette() -> None:
    async def echo(socket: WebSocket) -> None:
        await socket.accept(headers=[(b"set-cookie", b"seen=1")])
        await socket.send_text(await socket.receive_text())
        await socket.send_bytes(await socket.receive_bytes())
        await socket.close(4000, "bye")

    app = protect(Starlette(routes=[WebSocketRoute("/", echo)]))
    with TestClient(app).websocket_connect("/") as socket:
        accepted: Any = socket.extra_headers
        assert (b"set-cookie", b"seen=1; HttpOnly; SameSite=Lax") in accepted
        socket.send_text("text")
        socket.send_bytes(b"\x00")
        assert (socket.receive_text(), socket.receive_bytes()) == ("text", b"\x00")
        assert socket.receive() == {"type": "websocket.close", "code": 4000, "reason": "bye"}


def test_a_socket_of_litestar() -> None:
    from litestar import Litestar, websocket_listener
    from litestar.testing import TestClient as Client

    @websocket_listener("/")
    async def echo(data: str) -> str:
        return data.upper()

    with Client(protect(Litestar([echo], openapi_config=None))) as client, client.websocket_connect("/") as socket:
        socket.send_text("hi")
        assert socket.receive_text() == "HI"


def test_a_socket_of_quart() -> None:
    from quart import Quart, websocket

    app = protect(Quart(__name__))

    @app.websocket("/")
    async def echo() -> None:
        await websocket.send(await websocket.receive())

    async def talk() -> Any:
        async with app.test_client().websocket("/") as socket:
            await socket.send("hi")
            return await socket.receive()

    assert asyncio.run(talk()) == "hi"


# --- lifespans and background work -------------------------------------------------------------------------------


def test_the_lifespan_of_starlette_and_its_state() -> None:
    log: list[str] = []

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[dict[str, str]]:
        log.append("begin")
        yield {"name": "shop"}
        log.append("end")

    async def name(request: Request) -> Response:
        return PlainTextResponse(request.state.name)

    with TestClient(protect(Starlette(routes=[Route("/", name)], lifespan=lifespan))) as client:
        assert client.get("/").text == "shop"
    assert log == ["begin", "end"]


def test_a_lifespan_that_fails_says_so() -> None:
    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        if app.debug is False:
            raise RuntimeError("no database")
        yield

    with pytest.raises(RuntimeError, match="no database"), TestClient(protect(Starlette(lifespan=lifespan))):
        pass


def test_the_lifespan_of_litestar_and_quart() -> None:
    from litestar import Litestar
    from litestar.testing import TestClient as Client
    from quart import Quart

    log: list[str] = []
    with Client(protect(Litestar([], on_startup=[lambda: log.append("litestar")], openapi_config=None))):
        pass
    app = protect(Quart(__name__))

    @app.before_serving
    async def begin() -> None:
        log.append("quart")

    async def serve() -> None:
        async with app.test_app():
            pass

    asyncio.run(serve())
    assert log == ["litestar", "quart"]


def test_background_work_runs_after_the_answer_and_ends_with_it() -> None:
    log: list[object] = []

    async def work(request: Request) -> Response:
        return PlainTextResponse("soon", background=BackgroundTask(lambda: log.append("done")))

    assert TestClient(protect(Starlette(routes=[Route("/", work)]))).get("/").text == "soon"
    assert log == ["done"]
    assert CURRENT.get() is None


def test_background_work_of_quart() -> None:
    from quart import Quart

    app, log = protect(Quart(__name__)), []

    async def work() -> None:
        log.append("done")

    @app.get("/")
    async def begin() -> str:
        app.add_background_task(work)
        return "soon"

    async def serve() -> None:
        async with app.test_app() as test_app:
            reply = await test_app.test_client().get("/")
            assert reply.headers["X-Content-Type-Options"] == "nosniff"

    asyncio.run(serve())
    assert log == ["done"]


# --- what is added after protect ---------------------------------------------------------------------------------


def test_routes_middleware_and_handlers_added_later() -> None:
    app = protect(Starlette())

    async def sign(request: Request, call_next: Any) -> Response:
        response: Response = await call_next(request)
        response.headers["x-signed"] = "yes"
        return response

    async def sorry(request: Request, error: Exception) -> Response:
        return PlainTextResponse("sorry", status_code=500)

    app.add_middleware(BaseHTTPMiddleware, dispatch=sign)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=["shop.example"])
    app.add_route("/", hello)
    app.add_route("/boom", boom)
    app.add_exception_handler(Exception, sorry)
    visitor = Visitor(app, "asgi")
    got = visitor.get("/")
    assert (got.body, got.one("x-signed")) == (b"hello", "yes")
    refused = visitor.get("/", host="evil.example")
    assert refused.status == 400
    failed = visitor.get("/boom")
    assert (failed.status, failed.body) == (500, b"sorry")
    assert [type(error) for error in visitor.errors] == [RuntimeError], "the server hears of it"
    for answer in (got, refused, failed):
        assert all(answer.one(name) for name in NAMES)


def test_flask_and_litestar_take_more_routes_too() -> None:
    from litestar import Litestar, get

    app = protect(Flask(__name__))
    app.add_url_rule("/later", "later", lambda: "later")
    assert Visitor(app, "wsgi").get("/later").body == b"later"

    @get("/later", media_type="text/plain", sync_to_thread=False)
    def later() -> str:
        return "later"

    star = protect(Litestar([], openapi_config=None))
    star.register(later)
    assert Visitor(star, "asgi").get("/later").body == b"later"


def test_protecting_an_application_that_has_started() -> None:
    app = Starlette(routes=[Route("/", hello)])
    with TestClient(app) as client:
        assert "x-frame-options" not in client.get("/").headers
        protect(app)
        assert client.get("/").headers["x-frame-options"] == "SAMEORIGIN"
    flask = apps.flask()
    assert Visitor(flask, "wsgi").get("/page").one("x-frame-options") is None
    got = Visitor(protect(flask), "wsgi").get("/page")
    assert got.one("x-frame-options") == "SAMEORIGIN"
    assert b'nonce=""' not in got.body


# --- error pages -------------------------------------------------------------------------------------------------


def test_starlettes_debug_page_is_untouched() -> None:
    pages = []
    for app in (
        Starlette(debug=True, routes=[Route("/", boom)]),
        protect(Starlette(debug=True, routes=[Route("/", boom)])),
    ):
        pages.append(Visitor(app, "asgi").get("/", accept="text/plain"))
    for page in pages:
        assert (page.status, page.one("content-type")) == (500, "text/plain; charset=utf-8")
        assert page.body.rstrip().endswith(b"RuntimeError: hunter2")
    assert all(pages[1].one(name) for name in NAMES)


@pytest.mark.parametrize("setting", ["debug", "testing"])
def test_flasks_debugger_and_tests_get_the_exception(setting: str) -> None:
    app = protect(apps.flask())
    setattr(app, setting, True)
    with pytest.raises(RuntimeError, match="hunter2"):
        Visitor(app, "wsgi").get("/boom")


def test_flasks_own_page_for_500() -> None:
    app = protect(apps.flask())
    app.register_error_handler(500, lambda error: (f"sorry: {type(error.original_exception).__name__}", 500))
    got = Visitor(app, "wsgi").get("/boom")
    assert (got.status, got.body) == (500, b"sorry: RuntimeError")
    assert all(got.one(name) for name in NAMES)


# --- mounts ------------------------------------------------------------------------------------------------------


def test_a_protected_application_in_a_protected_application() -> None:
    inner_policy = Policy.recommended().replace(csp=CSP(img_src=("https://img.example",)))
    inner = protect(Starlette(routes=[Route("/", hello), Route("/boom", boom)]), inner_policy)
    outer = protect(Starlette(routes=[Mount("/in", app=inner), Route("/", hello)]))
    visitor = Visitor(outer, "asgi")
    for target, status in (("/in/", 200), ("/in/missing", 404), ("/in/boom", 500), ("/", 200), ("/missing", 404)):
        got = visitor.get(target)
        assert got.status == status
        assert all(got.one(name) for name in NAMES), "each once"
        assert ("img.example" in (got.one("content-security-policy") or "")) == target.startswith("/in")


def test_an_application_inside_and_one_around() -> None:
    inner = apps.starlette()
    outer = protect(FastAPI())
    outer.mount("/in", inner)
    visitor = Visitor(outer, "asgi")
    assert all(visitor.get("/in/").one(name) for name in NAMES)
    assert b'nonce=""' not in visitor.get("/in/page").body
    bare = Starlette(routes=[Mount("/in", app=protect(apps.starlette())), Route("/", hello)])
    assert all(Visitor(bare, "asgi").get("/in/").one(name) for name in NAMES)
    assert Visitor(bare, "asgi").get("/").one("x-frame-options") is None


def test_wsgi_applications_beside_each_other() -> None:
    one, other = protect(apps.flask()), apps.flask()
    both = wsgi(DispatcherMiddleware(other, {"/one": one}))
    for target in ("/one/", "/", "/one/missing"):
        assert all(Visitor(both, "wsgi").get(target).one(name) for name in NAMES)


def test_layers_around_a_protected_application() -> None:
    app = protect(Starlette(routes=[Route("/", hello)], middleware=[Middleware(TrustedHostMiddleware)]))
    around = asgi(TrustedHostMiddleware(app, allowed_hosts=["shop.example"]))
    assert all(Visitor(around, "asgi").get("/").one(name) for name in NAMES)
    assert all(Visitor(around, "asgi").get("/", host="evil.example").one(name) for name in NAMES)
