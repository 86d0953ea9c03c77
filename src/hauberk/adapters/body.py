"""A request's body on its way to the application: watched, counted, timed, and read ahead where a step has to."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from functools import cached_property
from time import monotonic
from typing import Any

from hauberk.core.exchange import BodyWatch, Exchange, Reply
from hauberk.core.log import decision
from hauberk.core.plan import Plan

GRACE = 5.0
"""Seconds for which no rate is asked: slow starts are no attack."""
TOO_SLOW = Reply(408, b"Request Timeout\n")


class Watcher:
    """Sees every part of one request's body before the application does, and may refuse the rest."""

    __slots__ = ("_ex", "_keep", "_rate", "_total", "_waited", "_watches")

    def __init__(self, plan: Plan, ex: Exchange) -> None:
        self._ex, self._keep, self._rate = ex, plan.keep_body, plan.body_rate
        self._watches: list[BodyWatch] = [watch for step in plan.on_body if (watch := step(ex)) is not None]
        self._waited = 0.0
        self._total = 0

    def see(self, part: bytes, waited: float = 0.0) -> None:
        """Look at one part, and at how long it took to come, in seconds.

        Raises BlockedError if the body is refused; what is answered is in `Exchange.blocked`.
        """
        for watch in self._watches:
            if (reply := watch(part)) is not None:
                self._ex.refuse(reply)
        if self._rate:
            self._total += len(part)
            self._waited += waited  # what the application takes between two parts is not the client's doing
            if self._waited > GRACE and self._total < self._rate * self._waited:
                self.too_slow()
        if self._keep:
            self._ex.keep(part)

    def too_slow(self) -> None:
        """Refuse a body that does not come. Raises BlockedError."""
        ex = self._ex
        decision("body-too-slow", method=ex.method, path=ex.path, client=ex.client)
        ex.refuse(TOO_SLOW)

    def new_message(self, message: bytes) -> None:
        """Look at one message of a WebSocket: an input of its own."""
        ex = self._ex
        ex.one_of_many, ex.body, ex.body_length = True, None, 0
        self.see(message)


class WatchedInput:
    """A stream such as `wsgi.input`, with a watcher looking over its shoulder."""

    def __init__(self, plan: Plan, ex: Exchange, stream: Any) -> None:
        self._plan, self._ex, self._stream = plan, ex, stream

    @cached_property
    def _see(self) -> Callable[..., None]:
        """The watcher's, made when something is read: most requests have no body."""
        return Watcher(self._plan, self._ex).see

    def read(self, size: int = -1) -> bytes:
        """As the stream's own."""
        began = monotonic()
        part: bytes = self._stream.read(size) if size >= 0 else self._stream.read()
        self._see(part, monotonic() - began)
        return part

    def readline(self, size: int = -1) -> bytes:
        """As the stream's own."""
        began = monotonic()
        part: bytes = self._stream.readline(size) if size >= 0 else self._stream.readline()
        self._see(part, monotonic() - began)
        return part

    def readlines(self, hint: int = -1) -> list[bytes]:
        """As the stream's own."""
        began = monotonic()
        lines: list[bytes] = self._stream.readlines(hint)
        self._see(b"".join(lines), monotonic() - began)
        return lines

    def read1(self, size: int = -1) -> bytes:
        """As a buffered stream's own; of an unbuffered one, its `read`."""
        began = monotonic()
        part: bytes = getattr(self._stream, "read1", self._stream.read)(size)
        self._see(part, monotonic() - began)
        return part

    def readinto(self, buffer: Any) -> int:
        """As the stream's own, by way of `read`: what passed by in a buffer would not be seen."""
        part = self.read(len(buffer))
        buffer[: len(part)] = part
        return len(part)

    readinto1 = readinto

    def __iter__(self) -> Iterator[bytes]:
        for line in self._stream:
            self._see(line)
            yield line

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def read_ahead(stream: Any, length: int | None, limit: int) -> tuple[bytes | None, Any]:
    """A stream's content if it is no longer than `limit` octets, else None; and a stream that gives all of it again.

    `length` is what Content-Length says; None where the server ends the stream itself.
    """
    if length is not None and length > limit:
        return None, stream
    data: bytes = stream.read(length if length is not None else limit + 1)
    if len(data) > limit:
        return None, io.BufferedReader(_Joined(data, stream))
    return data, io.BytesIO(data)


class _Joined(io.RawIOBase):
    """What was read already, and then the rest of its stream."""

    def __init__(self, data: bytes, rest: Any) -> None:
        super().__init__()
        self._data, self._rest = memoryview(data), rest

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int:
        """First the one, then the other."""
        part = self._data[: len(buffer)]
        if part:
            self._data = self._data[len(part) :]
        else:
            part = memoryview(self._rest.read(len(buffer)))
        buffer[: len(part)] = part
        return len(part)
