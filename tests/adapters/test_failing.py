"""Errors outside of a simple handler: streams, background tasks, WebSockets, steps; in real frameworks."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from hauberk import protect
from hauberk.adapters.asgi import ASGIShield, Message, Receive, Scope, Send
from hauberk.core.exchange import Exchange, Reply
from hauberk.core.plan import Plan, Steps
from hauberk.shield.failures import Failures
from tests.drivers import Serve


def stream(request: Request) -> StreamingResponse:
    def parts() -> Iterator[bytes]:
        yield b"one"
        raise ValueError("in the stream")

    return StreamingResponse(parts())


def later(request: Request) -> PlainTextResponse:
    def work() -> None:
        raise ValueError("in the background")

    return PlainTextResponse("done", background=BackgroundTask(work))


async def socket(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.receive_text()
    raise ValueError("in the socket")


@pytest.fixture
def client() -> TestClient:
    routes = [
        Route("/stream", stream),
        Route("/later", later),
        WebSocketRoute("/socket", socket),
    ]
    return TestClient(protect(Starlette(routes=routes)), base_url="https://testserver", raise_server_exceptions=False)


@pytest.mark.parametrize(("path", "said"), [("/stream", "in the stream"), ("/later", "in the background")])
def test_an_error_after_the_header_is_logged_with_an_id(
    client: TestClient, caplog: pytest.LogCaptureFixture, path: str, said: str
) -> None:
    got = client.get(path)
    assert got.status_code == 200
    assert said not in got.text
    (record,) = [r for r in caplog.records if r.name == "hauberk" and "unhandled error" in r.getMessage()]
    assert record.exc_info is not None
    assert said in str(record.exc_info[1])


def test_an_error_in_a_websocket_closes_it_and_is_logged(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    def talk() -> None:
        with client.websocket_connect("/socket") as websocket:
            websocket.send_text("x")
            websocket.receive_text()

    with pytest.raises((ValueError, WebSocketDisconnect)):
        talk()
    assert "unhandled error" in caplog.text


def test_cancellation_passes_through(caplog: pytest.LogCaptureFixture) -> None:
    sent: list[Message] = []

    async def inner(scope: Scope, receive: Receive, send: Send) -> None:
        raise asyncio.CancelledError

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    scope: Scope = {"type": "http", "method": "GET", "path": "/", "headers": [], "query_string": b"", "scheme": "https"}
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(ASGIShield(inner, Plan.of([Failures()]))(scope, receive, send))
    assert sent == []
    assert "unhandled error" not in caplog.text


class Step:
    """A step that fails."""

    def __init__(self, where: str) -> None:
        self.where = where

    def steps(self) -> Steps:
        def begin(ex: Exchange) -> Reply | None:
            raise ValueError("in a step")

        async def load(ex: Exchange) -> Reply | None:
            if self.where == "load":
                raise ValueError("in a step")

            async def finish(head: Any) -> None:
                raise ValueError("in a step")

            ex.defer(finish)
            return None

        return Steps(on_request=begin) if self.where == "begin" else Steps(load=load)


@pytest.mark.parametrize("where", ["begin", "load", "finish"])
def test_a_step_that_fails_is_answered_like_an_application_that_does(
    serve: Serve, caplog: pytest.LogCaptureFixture, where: str
) -> None:
    got = serve(Plan.of([Step(where), Failures()]))
    assert (got.status, got.one("content-type")) == (500, "application/problem+json")
    assert "unhandled error" in caplog.text
