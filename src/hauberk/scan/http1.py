"""Reading an HTTP/1.1 answer (RFC 9112), forgiving as browsers are: what a server under test sends need not be right.

No I/O here: octets come from a function. Parsers of libraries refuse a bare line feed, a folded field or a stray line;
a scan has to see such an answer, not an error.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

HEAD_END = re.compile(rb"\r?\n\r?\n")
STATUS = re.compile(rb"\s*HTTP/(\d)\.(\d)[ \t]+(\d{3})\b")
LONGEST_HEAD = 262_144
"""Octets of a header section that are read."""
BODILESS = frozenset({204, 304})


class NoAnswerError(Exception):
    """What came is no HTTP, or nothing came."""


class ClosedError(NoAnswerError):
    """The connection ended before the first octet: a server may close one that was kept (RFC 9112, section 9.3.1)."""


@dataclass(slots=True)
class Answer:
    """An answer as it was read."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""
    whole: bool = True
    """Whether that is all of it."""
    keeps: bool = False
    """Whether the connection may be used again."""


@dataclass(slots=True)
class Reader:
    """Reads one answer. `receive` hands out the next octets, none at the end, or raises OSError."""

    receive: Callable[[], bytes]
    limit: int
    """Octets of a body that are kept."""
    _buffer: bytearray = field(default_factory=bytearray)
    _body: bytearray = field(default_factory=bytearray)

    def read(self, method: str) -> Answer:
        """The answer to a request of that method. Raises NoAnswerError, and what `receive` raises before the body."""
        while True:
            major, minor, status, headers = self._head()
            if not 100 <= status < 200 or status == 101:
                break
        fields = {name: value.lower() for name, value in headers}
        answer = Answer(status, headers)
        self._body.clear()
        connection = fields.get("connection", "")
        persistent = ((major, minor) >= (1, 1) and "close" not in connection) or "keep-alive" in connection
        if method == "HEAD" or status in BODILESS or status == 101:
            answer.keeps = persistent and status != 101
            return answer
        length = fields.get("content-length", "").partition(",")[0].strip()
        try:
            if "chunked" in fields.get("transfer-encoding", ""):
                answer.whole = self._chunks()
                answer.keeps = persistent and answer.whole
            elif length.isdigit():
                answer.whole = self._exactly(int(length))
                answer.keeps = persistent and answer.whole
            else:
                answer.whole = self._to_the_end()
        except OSError:  # what came in time is kept
            answer.whole = False
        answer.body = bytes(self._body[: self.limit])
        return answer

    def _head(self) -> tuple[int, int, int, tuple[tuple[str, str], ...]]:
        started = bool(self._buffer)
        looked = 0
        while (end := HEAD_END.search(self._buffer, looked)) is None:
            looked = max(len(self._buffer) - 3, 0)
            if len(self._buffer) > LONGEST_HEAD:
                raise NoAnswerError(f"a header section of more than {LONGEST_HEAD:,} octets")
            octets = self.receive()
            if not octets:
                raise (NoAnswerError if started else ClosedError)("the connection ended before an answer")
            started = True
            self._buffer += octets
        head = bytes(self._buffer[: end.start()])
        del self._buffer[: end.end()]
        line, _, rest = head.partition(b"\n")
        found = STATUS.match(line)
        if found is None:
            raise NoAnswerError(f"no status line: {line[:40]!r}")
        return int(found[1]), int(found[2]), int(found[3]), _fields(rest)

    def _more(self) -> bool:
        octets = self.receive()
        self._buffer += octets
        return bool(octets)

    def _take(self, count: int) -> bool:
        """Move octets into the body; whether they fit."""
        self._body += self._buffer[:count]
        del self._buffer[:count]
        return len(self._body) <= self.limit

    def _exactly(self, length: int) -> bool:
        left = length
        while left:
            if not self._buffer and not self._more():
                return False
            taken = min(left, len(self._buffer))
            left -= taken
            if not self._take(taken):
                return False
        return True

    def _to_the_end(self) -> bool:
        while self._take(len(self._buffer)):
            if not self._more():
                return True
        return False

    def _chunks(self) -> bool:
        while True:
            line = self._line()
            size = line.partition(b";")[0].strip() if line is not None else b""
            try:
                length = int(size, 16)
            except ValueError:
                return False
            if length == 0:
                while (trailer := self._line()) is not None and trailer.strip():
                    pass
                return trailer is not None
            if length < 0 or not self._exactly(length) or self._line() is None:
                return False

    def _line(self) -> bytes | None:
        while (at := self._buffer.find(b"\n")) < 0:
            if len(self._buffer) > LONGEST_HEAD or not self._more():
                return None
        line = bytes(self._buffer[:at])
        del self._buffer[: at + 1]
        return line


def _fields(section: bytes) -> tuple[tuple[str, str], ...]:
    """The fields, names in lower case; a line that is none is passed over, a folded one is joined (section 5.2)."""
    found: list[tuple[str, str]] = []
    for line in section.decode("latin-1").split("\n"):
        if line[:1] in (" ", "\t") and found:
            name, value = found[-1]
            found[-1] = name, f"{value} {line.strip()}"
            continue
        name, colon, value = line.partition(":")
        if colon and name.strip():
            found.append((name.strip().lower(), value.strip()))
    return tuple(found)
