"""A server asked over a socket: every octet of the request as the check wrote it, every answer bounded.

Libraries for HTTP tidy requests up, which is right for clients and wrong for a test: a target, a field or a body has to
arrive as it was made. The answer is read by a forgiving parser that keeps a deadline, so that neither an answer without
end nor one that drips can hold the scan.
"""

from __future__ import annotations

import socket
import ssl
from ipaddress import ip_address
from time import monotonic
from types import TracebackType
from typing import Self

from hauberk.core.errors import InputError
from hauberk.scan.http1 import ClosedError, NoAnswerError, Reader
from hauberk.scan.messages import Request, Response
from hauberk.scan.transport import GoneError, Wire, all_headers, describe

PATIENCE = 5
"""How many requests in a row may go unanswered before the target counts as gone."""
CHUNK = 65_536
IDLE = 3.0
"""Seconds in which nothing comes, after which an answer is taken as it is: an event stream has no end."""
QUICK: int | None = getattr(socket, "TCP_QUICKACK", None)
"""Linux: say at once that a segment came. Servers that send header and body apart wait for it, 40 ms each time."""


class SocketTransport:
    """Speaks HTTP/1.1 with one address, resolved beforehand: no name can lead elsewhere meanwhile."""

    senses = False

    def __init__(self, wire: Wire, address: str, port: int, tls: ssl.SSLContext | None = None) -> None:
        self.wire, self._address, self._port, self._tls = wire, address, port, tls
        self._socket: socket.socket | None = None
        self._unanswered = 0

    def __enter__(self) -> Self:
        """See whether somebody listens. Raises InputError if not."""
        try:
            self._connect(monotonic() + self.wire.timeout).close()
        except OSError as error:
            raise InputError(
                self.wire.origin, f"does not answer: {error}", "start the application, and name the port it listens on"
            ) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connection."""
        self._close()

    def send(self, request: Request) -> Response:
        """One request, one response; no answer is a response with status 504 and `error`.

        Raises GoneError when several in a row got none: the target has died, or chokes on the scan.
        """
        started = monotonic()
        deadline = started + self.wire.timeout
        try:
            response = self._exchange(request, deadline)
            self._unanswered = 0
        except (OSError, NoAnswerError) as error:
            self._close()
            self._unanswered += 1
            if self._unanswered >= PATIENCE:
                raise GoneError(f"{self.wire.origin} has not answered {PATIENCE} requests in a row: {error}") from error
            response = Response(status=504, error=describe(error), truncated=True, seconds=monotonic() - started)
        return response

    def dial(self) -> socket.socket:
        """A new connection to the one address, for what is not request and answer. Raises OSError."""
        return self._connect(monotonic() + self.wire.timeout)

    @property
    def is_local(self) -> bool:
        """Whether the address is this machine's."""
        return ip_address(self._address).is_loopback

    def raw(self, octets: bytes, *, answers: int = 1, idle: float = IDLE) -> list[Response]:
        """What comes back for octets that are sent as they are, on a connection of their own: requests that no client
        would send, or several at once. As many answers as came before a silence of `idle` seconds; none if what came
        is no HTTP."""
        deadline = monotonic() + self.wire.timeout
        found: list[Response] = []
        try:
            with self._connect(deadline) as connection:
                connection.sendall(octets)
                reader = Reader(_Dated(connection, deadline, idle).receive, self.wire.max_body)
                while len(found) < answers:
                    one = reader.read("GET")
                    found.append(
                        Response(status=one.status, headers=one.headers, body=one.body, truncated=not one.whole)
                    )
                    if not one.keeps:
                        break
        except (OSError, NoAnswerError):
            pass  # what came until then is the answer to such octets
        return found

    def handshake(self, request: Request) -> int:
        """The status of a WebSocket's handshake; 504 if there is no answer. The connection is closed."""
        deadline = monotonic() + self.wire.timeout
        try:
            with self._connect(deadline) as connection:
                connection.sendall(serialise(self.wire, request))
                return Reader(_Dated(connection, deadline).receive, self.wire.max_body).read("HEAD").status
        except (OSError, NoAnswerError):
            return 504

    def _exchange(self, request: Request, deadline: float) -> Response:
        kept = self._socket is not None
        try:
            return self._once(request, deadline)
        except (ConnectionError, ClosedError):
            if not kept:
                raise
            self._close()  # the server had closed the connection that we kept
            return self._once(request, deadline)

    def _once(self, request: Request, deadline: float) -> Response:
        connection = self._socket or self._connect(deadline)
        self._socket = None
        started = monotonic()
        connection.settimeout(max(deadline - started, 0.001))
        try:
            connection.sendall(serialise(self.wire, request))
            answer = Reader(_Dated(connection, deadline).receive, self.wire.max_body).read(request.method)
        except BaseException:
            connection.close()
            raise
        if answer.keeps:
            self._socket = connection
        else:
            connection.close()
        return Response(
            status=answer.status,
            headers=answer.headers,
            body=answer.body,
            truncated=not answer.whole,
            seconds=monotonic() - started,
        )

    def _connect(self, deadline: float) -> socket.socket:
        made = socket.create_connection((self._address, self._port), max(deadline - monotonic(), 0.001))
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._tls is None:
            return made
        try:
            return self._tls.wrap_socket(made, server_hostname=self.wire.name)
        except OSError:
            made.close()
            raise

    def _close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def serialise(wire: Wire, request: Request) -> bytes:
    """The request as octets. A line end within a field would only change our own request, so it is left out."""
    fields = [*all_headers(wire, request), ("accept-encoding", "identity")]
    lines = [f"{request.method} {request.target} HTTP/1.1", *(f"{name}: {_line(value)}" for name, value in fields)]
    return "\r\n".join([*lines, "", ""]).encode("utf-8", "surrogateescape") + request.body


def _line(value: str) -> str:
    return value.replace("\r", " ").replace("\n", " ")


class _Dated:
    """Receives until a deadline, and not beyond a silence."""

    def __init__(self, connection: socket.socket, deadline: float, idle: float = IDLE) -> None:
        self._connection, self._deadline, self._idle = connection, deadline, idle

    def receive(self) -> bytes:
        """The next octets, none at the end. Raises OSError."""
        left = self._deadline - monotonic()
        if left <= 0:
            raise TimeoutError("the answer took too long")
        self._connection.settimeout(min(left, self._idle))
        if QUICK is not None:
            self._connection.setsockopt(socket.IPPROTO_TCP, QUICK, 1)
        return self._connection.recv(CHUNK)
