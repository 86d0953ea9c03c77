"""The browser's only way out: requests to the application go through the gate, everything else is refused.

It is an HTTP proxy on 127.0.0.1 (RFC 9110, sections 3.7 and 9.3.6). Redirects, workers, frames, beacons and pop-ups
have no other way, so that none of them leads off the scope. One name beside the application's is answered, by itself:
that of the attacker, whose pages open the application as a foreign site would.
"""

from __future__ import annotations

import http.client
import secrets
import select
import socket
import ssl
import threading
from collections.abc import Callable
from http import HTTPStatus
from socketserver import StreamRequestHandler, ThreadingTCPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from hauberk.scan.browser.gate import KEPT, ClosedError, Gate
from hauberk.scan.messages import Request, Response

HOP_BY_HOP = frozenset(
    "accept-encoding connection content-length expect host keep-alive proxy-authorization proxy-connection te trailer "
    "transfer-encoding upgrade".split()
)
UNSAID = HOP_BY_HOP | {"alt-svc", "strict-transport-security", "content-encoding"}
"""Fields of an answer that are the connection's, or outlive the scan."""
FILES = ("javascript", "text/css", "image/", "font")
MOST = 8 << 20
"""Octets of a body that a page may send."""
IDLE = 30.0
"""Seconds after which a connection on which nothing comes is closed."""

Own = Callable[[str, str, dict[str, str]], str]
"""Answers for the attacker's host: host, target and fields to a page; recorded by whoever gives it."""


class Proxy:
    """Listens while the block runs."""

    def __init__(self, gate: Gate, tls: ssl.SSLContext, attacker: str, own: Own) -> None:
        self.gate, self.tls, self.attacker, self.own = gate, tls, attacker, own
        wire = gate.client.transport.wire
        self.target = wire.scheme, wire.name.strip("[]").lower(), wire.port
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.proxy = self
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    @property
    def url(self) -> str:
        """What the browser is told."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        """Begin to listen."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def is_own(self, host: str) -> bool:
        """Whether it is a host of the attacker's."""
        return host == self.attacker or host.endswith("." + self.attacker)


class _Server(ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64
    proxy: Proxy

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that a closing page leaves is no news."""


class _Handler(StreamRequestHandler):
    server: _Server
    timeout = IDLE

    def handle(self) -> None:
        proxy = self.server.proxy
        line = self.rfile.readline(65_537)
        method, _, rest = line.decode("latin-1").strip().partition(" ")
        target = rest.rpartition(" ")[0]
        if method != "CONNECT":
            split = urlsplit(target)
            name, port = (split.hostname or "").lower(), split.port or 80
            self._converse("http", name, port, first=(method, target.partition(split.netloc)[2] or "/"))
            return
        _fields(self.rfile)
        name, _, number = target.rpartition(":")
        name = name.strip("[]").lower()
        if not number.isdigit() or not self._allowed(name, int(number)):
            self.wfile.write(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n")
            return
        self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
        secure = self.connection.recv(1, socket.MSG_PEEK) == b"\x16"  # a TLS handshake (RFC 8446, section 5.1)
        if secure:
            with (
                proxy.tls.wrap_socket(self.connection, server_side=True) as self.connection,
                self.connection.makefile("rb") as self.rfile,
                self.connection.makefile("wb", 0) as self.wfile,
            ):
                self._converse("https", name, int(number))
            return
        self._converse("http", name, int(number))

    def _allowed(self, name: str, port: int) -> bool:
        proxy = self.server.proxy
        return proxy.is_own(name) or (name, port) == proxy.target[1:]

    def _converse(self, scheme: str, name: str, port: int, first: tuple[str, str] | None = None) -> None:
        """Requests on one connection, one after another."""
        while True:
            if first is None:
                line = self.rfile.readline(65_537).decode("latin-1").strip()
                method, _, rest = line.partition(" ")
                asked = rest.rpartition(" ")[0]
                if not asked:
                    return
            else:
                (method, asked), first = first, None
            if "://" in asked.partition("?")[0]:
                split = urlsplit(asked)  # each request to a proxy names its host anew
                name, port = (split.hostname or "").lower(), split.port or 80
                asked = asked.partition(split.netloc)[2]
            asked = asked if asked.startswith("/") else "/" + asked
            fields = _fields(self.rfile)
            if fields.get("upgrade", "").lower() == "websocket" and (scheme, name, port) == self.server.proxy.target:
                self._tunnel(asked, fields)
                return
            length = fields.get("content-length", "0")
            body = self.rfile.read(min(int(length), MOST)) if length.isdigit() and int(length) else b""
            self._reply(method, self._answer(scheme, name, port, method, asked, fields, body))

    def _answer(
        self, scheme: str, name: str, port: int, method: str, target: str, fields: http.client.HTTPMessage, body: bytes
    ) -> Response:
        proxy = self.server.proxy
        if proxy.is_own(name):
            page = proxy.own(name, target, {key.lower(): value for key, value in fields.items()})
            kind = "text/javascript" if fields.get("sec-fetch-dest") == "script" else "text/html; charset=utf-8"
            return Response(status=200, headers=(("content-type", kind),), body=page.encode())
        if (scheme, name, port) != proxy.target:
            return Response(status=403, headers=(("content-type", "text/plain"),), body=b"not a part of the scan")
        kept = tuple((key.lower(), value) for key, value in fields.items() if key.lower() not in HOP_BY_HOP)
        try:
            return proxy.gate.ask(Request(method=method, target=target.partition("#")[0], headers=kept, body=body))
        except ClosedError:
            return Response(status=503, headers=(("content-type", "text/plain"),), body=b"the scan has ended")

    def _reply(self, method: str, response: Response) -> None:
        status = response.status if 200 <= response.status <= 599 else 502
        phrase = HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else "-"
        lines = [f"HTTP/1.1 {status} {phrase}"]
        lines += [f"{name}: {_line(value)}" for name, value in response.headers if name not in self._unsaid(response)]
        if any(kind in response.media for kind in FILES) and response.status == 200:
            lines.append("cache-control: max-age=3600")  # a page is opened many times, its files need not be
        bare = method == "HEAD" or status in (204, 304)
        if not bare:
            lines.append(f"content-length: {len(response.body)}")
        head = "\r\n".join([*lines, "", ""]).encode("utf-8", "replace")
        self.wfile.write(head + (b"" if bare else response.body))

    @staticmethod
    def _unsaid(response: Response) -> frozenset[str]:
        is_file = any(kind in response.media for kind in FILES) and response.status == 200
        return UNSAID | {"cache-control", "pragma", "expires"} if is_file else UNSAID

    def _tunnel(self, target: str, fields: http.client.HTTPMessage) -> None:
        """A WebSocket: handed through to a server as it is; in process there is nothing to hand it to."""
        gate = self.server.proxy.gate
        if len(gate.heard.sockets) < KEPT:
            gate.heard.sockets[target] = None
        try:
            other = gate.dial()
        except OSError:
            other = None
        if other is None:
            self._reply("GET", Response(status=502))
            return
        with other:
            kept = [
                f"{name}: {_line(value)}" for name, value in fields.items() if not name.lower().startswith("proxy-")
            ]
            other.sendall("\r\n".join([f"GET {target} HTTP/1.1", *kept, "", ""]).encode("latin-1", "replace"))
            _pump(self.connection, other)


def _fields(stream: Any) -> http.client.HTTPMessage:
    try:
        return http.client.parse_headers(stream)
    except http.client.HTTPException:
        return http.client.HTTPMessage()


def _line(value: str) -> str:
    return value.replace("\r", " ").replace("\n", " ")


def _pump(one: Any, other: Any) -> None:
    """Octets in both directions until one side ends, or is silent for long."""
    while True:
        waiting = [s for s in (one, other) if isinstance(s, ssl.SSLSocket) and s.pending()]
        ready = waiting or select.select([one, other], [], [], IDLE)[0]
        if not ready:
            return
        for side in ready:
            octets = side.recv(65_536)
            if not octets:
                return
            (other if side is one else one).sendall(octets)


def attacker_host(target: str) -> str:
    """A name that nobody has, and that contains the target's: for checks of an origin that only look for that."""
    name = target if target.replace("-", "").replace(".", "").isalnum() else "target"
    return f"{name}.{secrets.token_hex(4)}.example"
