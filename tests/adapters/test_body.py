"""A body on its way: refused, timed and read ahead, in real frameworks as in the bare adapters."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from fastapi import FastAPI, Request
from flask import Flask
from flask import request as flask_request
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from hauberk.adapters import body as bodies
from hauberk.adapters.asgi import ASGIShield, Message, Receive, Scope, Send
from hauberk.adapters.body import WatchedInput, Watcher, read_ahead
from hauberk.adapters.wsgi import Environ, StartResponse, WSGIExchange, WSGIShield
from hauberk.core.errors import BlockedError
from hauberk.core.exchange import BodyWatch, Exchange, Reply
from hauberk.core.plan import Plan, Steps
from tests.drivers import Answer, Serve

TOO_LARGE = Reply(413, b"too large\n")


class Feature:
    """Steps as a feature."""

    def __init__(self, **steps: Any) -> None:
        self._steps = Steps(**steps)

    def steps(self) -> Steps:
        return self._steps


def at_most(octets: int) -> Feature:
    """Refuses what is longer."""

    def on_body(ex: Exchange) -> BodyWatch | None:
        total = 0

        def watch(part: bytes) -> Reply | None:
            nonlocal total
            total += len(part)
            return TOO_LARGE if total > octets else None

        return watch

    return Feature(on_body=on_body, headers=(("x-frame-options", "DENY"),))


PLAN = Plan.of([at_most(10)])


# --- refused -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("body", "status"), [(b"x" * 10, 200), (b"x" * 11, 413)])
def test_a_body_is_refused_while_it_is_read(serve: Serve, body: bytes, status: int) -> None:
    got = serve(PLAN, method="POST", body=body)
    assert (got.status, got.one("x-frame-options")) == (status, "DENY")
    assert got.body == (b"hello" if status == 200 else TOO_LARGE.body)


def test_an_application_that_makes_an_error_of_its_own_of_it_is_overruled(serve: Serve) -> None:
    """As FastAPI answers 400 where reading the body raises."""

    def app(ex: Exchange) -> Answer:
        with pytest.raises(BlockedError):
            ex.refuse(TOO_LARGE)
        return Answer(400, body=b"There was an error parsing the body")

    got = serve(PLAN, app)
    assert (got.status, got.body) == (413, TOO_LARGE.body)


def fastapi_client(plan: Plan) -> Any:
    app = FastAPI()

    @app.post("/json")
    def read_json(value: dict[str, str]) -> dict[str, str]:
        return value

    @app.post("/swallow")
    async def swallow(request: Request) -> str:
        try:
            await request.body()
        except Exception:
            return "all is well"
        return "read"

    return TestClient(ASGIShield(app, plan), raise_server_exceptions=False)


@pytest.mark.parametrize("path", ["/json", "/swallow"])
@pytest.mark.parametrize(("length", "status"), [(1, 200), (20, 413)])
def test_fastapi_turns_it_into_an_error_of_its_own_and_ours_is_sent(path: str, length: int, status: int) -> None:
    content = b'{"a":"%s"}' % (b"x" * length)
    got = fastapi_client(Plan.of([at_most(12)])).post(
        path, content=content, headers={"content-type": "application/json"}
    )
    assert (got.status_code, got.headers["x-frame-options"]) == (status, "DENY")
    assert (got.content == TOO_LARGE.body) is (status == 413)


def flask_client(plan: Plan) -> Any:
    app = Flask(__name__)

    @app.post("/form")
    def form() -> str:
        return flask_request.form["a"]

    @app.post("/swallow")
    def swallow() -> str:
        try:
            flask_request.get_data()
        except Exception:
            return "all is well"
        return "read"

    app.wsgi_app = WSGIShield(app.wsgi_app, plan).run  # type: ignore[method-assign, assignment]
    return app.test_client()


@pytest.mark.parametrize("path", ["/form", "/swallow"])
@pytest.mark.parametrize(("length", "status"), [(1, 200), (20, 413)])
def test_flask_likewise(path: str, length: int, status: int) -> None:
    got = flask_client(Plan.of([at_most(12)])).post(path, data={"a": "x" * length})
    assert (got.status_code, got.headers["x-frame-options"]) == (status, "DENY")
    assert (got.data == TOO_LARGE.body) is (status == 413)


def test_a_websockets_message_that_is_refused_closes_it_with_1009() -> None:
    received: list[str] = []

    async def echo(websocket: WebSocket) -> None:
        await websocket.accept()
        while True:
            text = await websocket.receive_text()
            received.append(text)
            await websocket.send_text(text)

    app: Any = ASGIShield(Starlette(routes=[WebSocketRoute("/", echo)]), Plan.of([one_message(10)]))
    with TestClient(app).websocket_connect("/") as websocket:
        for _ in range(3):  # each message for itself, however many come
            websocket.send_text("x" * 10)
            assert websocket.receive_text() == "x" * 10
        websocket.send_text("x" * 11)
        with pytest.raises(WebSocketDisconnect) as closed:
            websocket.receive_text()
    assert (closed.value.code, len(received)) == (1009, 3)


def one_message(octets: int) -> Feature:
    """Refuses a longer part."""
    return Feature(on_body=lambda ex: lambda part: TOO_LARGE if len(part) > octets else None)


# --- timed -------------------------------------------------------------------------------------------------------


def post(plan: Plan, receive: Receive) -> list[Message]:
    """An application that reads all of the body, and what it sends."""
    sent: list[Message] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive()).get("more_body"):
            pass
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"read"})
        await receive()  # for the disconnect, which may take its time

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/", "query_string": b"", "scheme": "https", "headers": []}
    asyncio.run(ASGIShield(app, plan)(scope, receive, send))
    return sent


@pytest.mark.parametrize(("pause", "status"), [(0.0, 200), (5.0, 408)])
def test_a_part_that_does_not_come_is_waited_for_no_longer_than_the_timeout(pause: float, status: int) -> None:
    calls = 0

    async def receive() -> Message:
        nonlocal calls
        calls += 1
        if calls == 2:
            await asyncio.sleep(pause)
        if calls == 3:
            await asyncio.sleep(0.1)  # longer than the timeout, but the body is complete
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": b"x", "more_body": calls < 2}

    assert post(Plan.of([Feature(body_timeout=0.05)]), receive)[0]["status"] == status


@pytest.mark.parametrize(("rate", "status"), [(10, 200), (1000, 408)])
def test_a_body_that_trickles_is_refused_once_the_grace_is_over(
    monkeypatch: pytest.MonkeyPatch, rate: int, status: int
) -> None:
    monkeypatch.setattr(bodies, "GRACE", 0.02)
    calls = 0

    async def receive() -> Message:
        nonlocal calls
        calls += 1
        await asyncio.sleep(0.01)
        return {"type": "http.request", "body": b"x", "more_body": calls < 5}

    assert post(Plan.of([Feature(body_rate=rate)]), receive)[0]["status"] == status


def test_what_the_application_takes_between_two_parts_is_not_the_clients_doing() -> None:
    ex = WSGIExchange({"REQUEST_METHOD": "POST", "PATH_INFO": "/"})
    watcher = Watcher(Plan.of([Feature(body_rate=100)]), ex)
    for _ in range(10):
        watcher.see(b"x", waited=0.0)
    with pytest.raises(BlockedError):
        watcher.see(b"x", waited=6.0)
    assert ex.blocked is not None
    assert ex.blocked.status == 408


# --- read ahead --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("limit", [3, 4, 100])
def test_the_application_reads_what_was_read_ahead(serve: Serve, limit: int) -> None:
    seen: list[bytes | None] = []
    kept: list[bytes] = []

    async def load(ex: Exchange) -> Reply | None:
        seen.append(await ex.read_body(limit))
        return None

    def app(ex: Exchange) -> Answer:
        kept.append(ex.kept_body())
        return Answer()

    serve(Plan.of([Feature(load=load, keep_body=True)]), app, method="POST", body=b"a=bc")
    assert seen == [b"a=bc" if limit >= 4 else None]
    assert kept == [b"a=bc"]


def test_a_body_in_parts_is_read_ahead_and_given_again_part_by_part() -> None:
    parts = [b"one", b"two", b"three"]

    async def load(ex: Exchange) -> Reply | None:
        assert await ex.read_body(100) == b"onetwothree"
        assert await ex.read_body(100) == b"onetwothree"
        return None

    async def long(ex: Exchange) -> Reply | None:
        assert await ex.read_body(4) is None
        return None

    for step in (load, long):
        waiting = list(parts)
        read: list[bytes] = []

        async def app(scope: Scope, receive: Receive, send: Send, read: list[bytes] = read) -> None:
            more = True
            while more:
                message = await receive()
                read.append(message["body"])
                more = message["more_body"]

        async def receive(waiting: list[bytes] = waiting) -> Message:
            return {"type": "http.request", "body": waiting.pop(0), "more_body": bool(waiting)}

        async def send(message: Message) -> None:
            return None

        scope = {"type": "http", "method": "POST", "path": "/", "headers": []}
        asyncio.run(ASGIShield(app, Plan.of([Feature(load=step)]))(scope, receive, send))
        assert read == parts


@pytest.mark.parametrize("limit", [5, 8, 9])
@pytest.mark.parametrize("length", [None, 8])
def test_a_stream_gives_all_of_it_again_whatever_the_limit(length: int | None, limit: int) -> None:
    data, stream = read_ahead(io.BytesIO(b"line\nend"), length, limit)
    assert data == (b"line\nend" if limit >= 8 else None)
    assert (stream.readline(), stream.read()) == (b"line\n", b"end")


READERS: dict[str, Callable[[Any], Iterable[bytes]]] = {
    "read": lambda s: [s.read()],
    "read in parts": lambda s: iter(lambda: s.read(3), b""),
    "readline": lambda s: iter(s.readline, b""),
    "readlines": lambda s: s.readlines(),
    "iteration": lambda s: s,
    "read1": lambda s: iter(lambda: s.read1(3), b""),
    "readinto": lambda s: [bytes(buffer[: s.readinto(buffer)]) for buffer in (bytearray(20),)],
}


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
def test_no_way_of_reading_is_unwatched(reader: Callable[[Any], Iterable[bytes]]) -> None:
    body = b"one\ntwo\nthree\n"
    ex = WSGIExchange({"REQUEST_METHOD": "POST", "PATH_INFO": "/"})
    watched = WatchedInput(Plan.of([Feature(keep_body=True)]), ex, io.BytesIO(body))
    assert b"".join(reader(watched)) == body
    assert ex.kept_body() == body
    refusing = WatchedInput(PLAN, ex, io.BytesIO(body))
    with pytest.raises(BlockedError):
        b"".join(reader(refusing))


def test_without_a_length_nothing_is_read_from_a_server_that_would_wait() -> None:
    read: list[bytes | None] = []

    class Waiting(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            assert size == 0, "a socket would wait for more"
            return b""

    async def load(ex: Exchange) -> Reply | None:
        read.append(await ex.read_body(100))
        return None

    def app(environ: Environ, start_response: StartResponse) -> list[bytes]:
        start_response("200 OK", [])
        return []

    environ = {"REQUEST_METHOD": "POST", "PATH_INFO": "/", "wsgi.input": Waiting()}
    WSGIShield(app, Plan.of([Feature(load=load)]))(environ, lambda *a: lambda part: None)
    assert read == [b""]
