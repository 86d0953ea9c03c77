"""Real servers on loopback: uvicorn and the standard library's, with connections that stay open."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from wsgiref.simple_server import ServerHandler, WSGIRequestHandler, WSGIServer, make_server

import httpx2
import pytest

from hauberk import Policy, protect
from tests.integrations import apps

NAMES = [name for name, _ in Policy.recommended().plan().constants(None)]
pytestmark = pytest.mark.slow


@contextmanager
def uvicorn_serving(app: Any) -> Iterator[str]:
    import uvicorn

    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="on", ws="none", server_header=False))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        listener.close()
    assert not thread.is_alive()


class KeepAlive(WSGIRequestHandler):
    """The standard library's handler, without its log."""

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


class Quiet(ServerHandler):
    def log_exception(self, exc_info: Any) -> None:
        """Say nothing."""


@contextmanager
def wsgiref_serving(app: Any) -> Iterator[str]:
    with make_server("127.0.0.1", 0, app, WSGIServer, KeepAlive) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join(timeout=10)
        assert not thread.is_alive()


def visit(base: str) -> None:
    """What any client may do, over one connection where the server keeps it."""
    # uvicorn closes the connection of a request that ended in an error, a moment after its answer.
    with httpx2.Client(base_url=base, timeout=10) as client, httpx2.Client(base_url=base, timeout=10) as apart:
        for method, target, status in (
            ("GET", "/", 200),
            ("HEAD", "/static/site.css", 200),
            ("GET", "/static/site.css", 200),
            ("GET", "/stream", 200),
            ("GET", "/missing", 404),
            ("POST", "/", 405),
            ("GET", "/away", 302),
            ("GET", "/boom", 500),
            ("GET", "/page", 200),
        ):
            reply = (apart if status == 500 else client).request(method, target)
            assert reply.status_code == status
            for name in NAMES:
                assert len(reply.headers.get_list(name)) == 1, (target, name)
            assert b"hunter2" not in reply.content
            if method == "HEAD":
                assert reply.content == b""
        assert client.get("/stream").text == "part 0;part 1;part 2;"
        assert [client.get("/session").text for _ in range(3)] == ["1", "2", "3"]
        assert "HttpOnly; SameSite=Lax" in client.get("/cookie").headers.get_list("set-cookie")[0]


def test_uvicorn() -> None:
    with uvicorn_serving(protect(apps.starlette())) as base:
        visit(base)
        connection = http.client.HTTPConnection(base.removeprefix("http://"), timeout=10)
        connection.connect()
        first = connection.sock
        for _ in range(5):
            connection.request("GET", "/")
            reply = connection.getresponse()
            assert (reply.status, reply.read()) == (200, b"home")
            assert reply.headers["content-security-policy"]
        assert connection.sock is first, "one connection served them all"
        connection.close()


def test_wsgiref() -> None:
    with wsgiref_serving(protect(apps.flask())) as base:
        visit(base)


def test_a_client_that_goes_away_in_the_middle_of_a_stream() -> None:
    with uvicorn_serving(protect(apps.starlette())) as base:
        host, _, port = base.removeprefix("http://").partition(":")
        with socket.create_connection((host, int(port)), timeout=10) as plug:
            plug.sendall(b"GET /stream HTTP/1.1\r\nHost: x\r\n\r\n")
            assert plug.recv(12) == b"HTTP/1.1 200"
        assert httpx2.get(f"{base}/", timeout=10).text == "home"
