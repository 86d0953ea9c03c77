"""What real servers make of odd requests before they reach us: octets over a socket, to uvicorn and to wsgiref."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest

from hauberk.adapters.asgi import ASGIShield, Receive, Scope, Send
from hauberk.adapters.wsgi import WSGIShield
from hauberk.core.exchange import Exchange, held
from hauberk.core.plan import Plan
from hauberk.shield.fetch_metadata import FetchMetadata
from hauberk.shield.hosts import Hosts
from hauberk.shield.https import HTTPS
from hauberk.shield.paths import Paths

pytestmark = pytest.mark.slow
HOSTS = Hosts(allow=("app.example",), exempt=("/healthz",))
PLAN = Plan.of([HOSTS, Paths(), FetchMetadata()])
REDIRECT = Plan.of([HTTPS(hosts=HOSTS.allow), HOSTS])
BEHIND = Plan.of([HTTPS(hosts=HOSTS.allow, proxies=("loopback",)), HOSTS])
Ask = Callable[[bytes], bytes]


def said(ex: Exchange) -> bytes:
    return f"served {ex.scheme} {ex.client} {ex.header('host')}".encode()


@contextmanager
def uvicorn_serving(plan: Plan) -> Iterator[Ask]:
    import uvicorn

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await receive()
            return await send({"type": "websocket.accept"})
        await send({"type": "http.response.start", "status": 200, "headers": []})
        return await send({"type": "http.response.body", "body": said(held(scope["hauberk"]))})

    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        ASGIShield(app, plan).run, log_level="critical", lifespan="off", ws="wsproto", http="h11", proxy_headers=False
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield asking(listener.getsockname()[1])
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        listener.close()
    assert not thread.is_alive()


class Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def wsgiref_serving(plan: Plan) -> Iterator[Ask]:
    def app(environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [])
        return [said(held(environ["hauberk"]))]

    with make_server("127.0.0.1", 0, WSGIShield(app, plan).run, WSGIServer, Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield asking(server.server_port)
        finally:
            server.shutdown()
            thread.join(timeout=10)
        assert not thread.is_alive()


GUNICORN = """
from hauberk import Hosts, Policy, wsgi
def page(environ, start_response):
    start_response("200 OK", [])
    return [environ["PATH_INFO"].encode()]
app = wsgi(page, Policy(hosts=Hosts(allow=("app.example",))))
"""


@contextmanager
def gunicorn_serving(folder: Path) -> Iterator[Ask]:
    (folder / "main.py").write_text(GUNICORN)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        number = listener.fileno()
        line = [sys.executable, "-m", "gunicorn", "--bind", f"fd://{number}", "--chdir", str(folder), "main:app"]
        server = subprocess.Popen(line, pass_fds=(number,), stderr=subprocess.DEVNULL)
        try:
            yield asking(listener.getsockname()[1])
        finally:
            server.terminate()
            server.wait(timeout=10)


def asking(port: int) -> Ask:
    def ask(octets: bytes) -> bytes:
        with socket.create_connection(("127.0.0.1", port), timeout=10) as plug:
            plug.sendall(octets)
            answer = b""
            while part := plug.recv(65536):
                answer += part
                if b"101 " in answer[:13] and b"\r\n\r\n" in answer:
                    break
        return answer

    return ask


SERVERS = [pytest.param(uvicorn_serving, id="uvicorn"), pytest.param(wsgiref_serving, id="wsgiref")]


def get(target: str, *fields: str, host: str | None = "app.example", version: str = "1.1") -> bytes:
    lines = [f"GET {target} HTTP/{version}", *([f"Host: {host}"] if host is not None else []), *fields]
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1")


REQUESTS: list[tuple[bytes, set[int]]] = [
    (get("/"), {200}),
    (get("/", host="APP.example:8000"), {200}),
    (get("/", host="localhost"), {200}),  # the client is on this machine
    (get("/", host="evil.example"), {421}),
    (get("/", host="app.example@evil.example"), {400}),
    (get("/", host="app.example, evil.example"), {400}),
    (get("/", "Host: app.example"), {400}),
    (get("/", "Host: evil.example"), {400}),
    (get("/", host=None, version="1.0"), {400}),
    (get("/healthz", host=None, version="1.0"), {200}),
    (get("/healthz", host="10.0.0.5:8000"), {200}),
    (get("/a..b/c%20d"), {200}),
    (get("/%C3%BC"), {200}),
    (get("/a/../b"), {400}),
    (get("/%2e%2e/b"), {400}),
    (get("/%252e%252e/b"), {400}),
    (get("/a%00"), {400}),
    (get("/a%0d%0aX:1"), {400}),
    (get("/%c0%ae%c0%ae/"), {400}),
    (get("http://app.example/"), {200}),
    (get("http://evil.example/"), {400}),
    (get("/", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: image"), {403}),
    (get("/", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"), {200}),
]


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


@pytest.mark.parametrize("serving", SERVERS)
def test_odd_requests(serving: Any) -> None:
    with serving(PLAN) as ask:
        got = [(request, status_of(ask(request)), expected) for request, expected in REQUESTS]
    assert [row for row in got if row[1] not in row[2]] == []


def test_what_only_a_server_that_tells_the_path_as_it_came_can_show() -> None:
    with uvicorn_serving(PLAN) as ask:
        assert status_of(ask(get("/a%2fb"))) == 400
        assert status_of(ask(get("//evil.example/"))) == 308
        assert b"location: /a/b?c=d\r\n" in ask(get("//a//b?c=d"))


def test_a_server_that_gives_the_application_the_path_of_an_absolute_target_alone(tmp_path: Path) -> None:
    """gunicorn, as waitress and uWSGI do; what is remembered of the first one says nothing of the others."""
    rows = [("/a", 200), ("http://app.example/a", 200), ("http://evil.example/a", 400), ("http://app.example/a", 200)]
    with gunicorn_serving(tmp_path) as ask:
        answers = [ask(get(target)) for target, _ in rows]
    assert [status_of(answer) for answer in answers] == [status for _, status in rows]
    assert b"\r\n/a\r\n" in answers[1], "the application sees no host in it"


@pytest.mark.parametrize("serving", SERVERS)
def test_redirects(serving: Any) -> None:
    with serving(REDIRECT) as ask:
        answer = ask(get("/a%20b?c=%0d%0ad"))
        assert status_of(answer) == 308
        assert b"ocation: https://app.example/a%20b?c=%0d%0ad\r\n" in answer
        answer = ask(get("/a%0d%0aSet-Cookie:a=b"))
        assert b"ocation: https://app.example/a%0" in answer
        assert b"\nset-cookie" not in answer.lower()
        assert status_of(ask(get("/", host="evil.example"))) == 421
        assert status_of(ask(get("/", host="localhost"))) == 200
        assert status_of(ask(get("/").replace(b"GET", b"POST"))) == 403


@pytest.mark.parametrize("serving", SERVERS)
def test_proxies(serving: Any) -> None:
    with serving(BEHIND) as ask:
        answer = ask(get("/", "X-Forwarded-For: 127.9.9.9, 203.0.113.9", "X-Forwarded-Proto: https"))
        assert b"served https 203.0.113.9 app.example" in answer
        assert status_of(ask(get("/", "X-Forwarded-Proto: http"))) == 308
        assert status_of(ask(get("/", "X-Forwarded-Proto: https", "X-Forwarded-Host: evil.example"))) == 421


@pytest.mark.parametrize(
    ("fields", "answers"),
    [
        (("Origin: http://app.example",), 101),
        ((), 101),
        (("Origin: https://evil.example",), 403),
        (("Origin: null",), 403),
    ],
)
def test_websockets(fields: tuple[str, ...], answers: int) -> None:
    handshake = (
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        *fields,
    )
    octets = get("/", *handshake).replace(b"Connection: close", b"Connection: Upgrade")
    with uvicorn_serving(PLAN) as ask:
        assert status_of(ask(octets)) == answers
