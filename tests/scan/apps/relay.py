"""A front that forwards octets as they came, and an application behind it; each reads lengths in its way. For tests.

Both keep connections. The front lets go of what is behind it when a client goes: nobody else's request follows.
"""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

SECONDS = 10.0


def strict(lines: list[bytes]) -> bool | None:
    """Whether the body is chunked; None where the header is not as RFC 9112 wants it."""
    named = [line.partition(b":") for line in lines if b"encoding" in line.lower() or line[:1] in b" \t"]
    values = [value.strip(b" \t").lower() for name, _, value in named if name.lower() == b"transfer-encoding"]
    odd = len(values) != len(named) or len(values) > 1 or any(b"\r" in line or b"\n" in line for line in lines)
    return None if odd or values not in ([], [b"chunked"]) else bool(values)


def never(lines: list[bytes]) -> bool:
    """Knows no chunks."""
    return False


def plain(lines: list[bytes]) -> bool:
    """Knows one spelling, and takes any other for another field."""
    return any(line.lower() == b"transfer-encoding: chunked" for line in lines)


def loose(lines: list[bytes]) -> bool:
    """Takes whatever looks like it, over the ends of lines too."""
    return re.search(rb"transfer-encoding\s*:\s*[\"x]?chunked", b"\n".join(lines), re.IGNORECASE) is not None


def hexadecimal(text: bytes) -> int:
    if re.fullmatch(rb"[0-9a-fA-F]+", text) is None:
        raise ValueError(text)
    return int(text, 16)


def python(text: bytes) -> int:
    """`int` takes 0x8 and 1_0 too."""
    return int(text, 16)


def leading(text: bytes) -> int:
    """As `strtoul` stops at what is no digit, without a sign for bases."""
    found = re.match(rb"[0-9a-fA-F]+", text)
    return int(found[0] if found else b"0", 16)


@dataclass(frozen=True)
class Reads:
    """How somebody reads where a request ends."""

    chunked: Callable[[list[bytes]], bool | None] = strict
    both: bool = False
    """Takes a request with both fields: by its chunks, if it knows them."""
    length: Callable[[list[int]], int] | None = None
    """Which of several lengths counts; None refuses more than one."""
    size: Callable[[bytes], int] = hexadecimal
    bare: bool = False
    """A line of a chunk's size ends in LF alone too."""
    bodiless: bool = False
    """Takes every request for one without a body."""


class RefusedError(Exception):
    """400."""


class Stream:
    """Octets that come in, and those that were taken."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection, self.left, self.taken = connection, b"", b""

    def more(self) -> None:
        octets = self.connection.recv(65_536)
        if not octets:
            raise ConnectionError
        self.left += octets

    def until(self, end: bytes) -> bytes:
        while end not in self.left:
            self.more()
        return self.exactly(self.left.index(end) + len(end))

    def exactly(self, count: int) -> bytes:
        while len(self.left) < count:
            self.more()
        octets, self.left = self.left[:count], self.left[count:]
        self.taken += octets
        return octets

    def request(self, reads: Reads) -> bytes:
        """One request, as octets. Raises RefusedError."""
        self.taken = b""
        lines = self.until(b"\r\n\r\n").split(b"\r\n")[1:-2]
        chunked = reads.chunked(lines)
        found = [re.match(rb"(?i)content-length: *(\d+)$", line) for line in lines]
        lengths = [int(one[1]) for one in found if one]
        if chunked is None or (chunked and lengths and not reads.both) or (len(lengths) > 1 and reads.length is None):
            raise RefusedError
        if reads.bodiless:
            return self.taken
        if chunked:
            self.chunks(reads)
        elif lengths:
            self.exactly((reads.length or max)(lengths))
        return self.taken

    def chunks(self, reads: Reads) -> None:
        while True:
            try:
                size = reads.size(self.until(b"\n" if reads.bare else b"\r\n").partition(b";")[0].strip())
            except ValueError:
                raise RefusedError from None
            if not size:
                while self.until(b"\r\n").strip():
                    pass
                return
            self.exactly(size)
            if self.exactly(2) != b"\r\n":
                raise RefusedError


def answer(status: str, body: bytes = b"", *, close: bool = False) -> bytes:
    ends = b"Connection: close\r\n" if close else b""
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n".encode() + ends + b"\r\n" + body


def behind(connection: socket.socket, reads: Reads) -> None:
    """The application: a page at `/` and a form at `/form`."""
    stream = Stream(connection)
    while True:
        try:
            octets = stream.request(reads)
        except RefusedError:
            connection.sendall(answer("400 Bad Request", close=True))
            return
        words = octets.partition(b"\r\n")[0].split(b" ")
        if len(words) != 3:
            connection.sendall(answer("400 Bad Request", close=True))
            return
        path = words[1]
        close = b"connection: close" in octets.partition(b"\r\n\r\n")[0].lower()
        known = path in (b"/", b"/form")
        connection.sendall(answer("200 OK" if known else "404 Not Found", b"page" if known else b"", close=close))
        if close:
            return


def relay(connection: socket.socket, reads: Reads, port: int, via: str) -> None:
    """The front: forwards what it takes for a request, and hands back one answer for it."""
    stream = Stream(connection)
    with socket.create_connection(("127.0.0.1", port), SECONDS) as back:
        answers = Stream(back)
        while True:
            try:
                octets = stream.request(reads)
            except RefusedError:
                connection.sendall(answer("400 Bad Request", close=True))
                return
            back.sendall(octets)
            answers.taken = b""
            head = answers.until(b"\r\n\r\n")
            length = re.search(rb"Content-Length: (\d+)", head)
            answers.exactly(int(length[1]) if length else 0)
            connection.sendall(
                answers.taken.replace(b"\r\n", f"\r\nVia: {via}\r\n".encode(), 1) if via else answers.taken
            )


@contextmanager
def listening(serve: Callable[[socket.socket], None]) -> Iterator[int]:
    """A thread for each connection."""

    def one(connection: socket.socket) -> None:
        with connection:
            connection.settimeout(SECONDS)
            with suppress(OSError):  # the other side went
                serve(connection)

    def accept() -> None:
        while True:
            try:
                connection, _ = door.accept()
            except OSError:
                return
            threading.Thread(target=one, args=(connection,), daemon=True).start()

    door = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=accept, daemon=True).start()
    try:
        yield door.getsockname()[1]
    finally:
        door.shutdown(socket.SHUT_RDWR)
        door.close()


@contextmanager
def served(front: Reads, back: Reads, via: str = "") -> Iterator[str]:
    """Both of them; the URL of the front."""
    with (
        listening(lambda connection: behind(connection, back)) as port,
        listening(lambda connection: relay(connection, front, port, via)) as door,
    ):
        yield f"http://127.0.0.1:{door}"
