"""Answers that somebody wants to see before they leave: one wrapper for each protocol.

They sit between the application and the rest of the adapter. What nobody wants to see passes as the same objects.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, MutableMapping
from typing import Any

from hauberk.core.errors import BlockedError
from hauberk.core.exchange import AnswerWatch, Exchange, HeldPage

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]
WSGIApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class ASGIAnswer:
    """One answer of an ASGI application, on its way past the watch."""

    __slots__ = ("_ex", "_page", "_send", "_start", "_watch")

    def __init__(self, ex: Exchange, watch: AnswerWatch, send: Send) -> None:
        self._ex, self._watch, self._send = ex, watch, send
        self._page: HeldPage | None = None
        self._start: Message | None = None
        """The header, as long as it is kept back with the page."""

    def send(self, message: Message) -> Awaitable[None]:
        """Keep the message back, or hand it on."""
        kind = message["type"]
        if kind == "http.response.start" and self._ex.blocked is None:
            fields = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in message.get("headers", ())]
            try:
                self._page = self._watch.begin(self._ex, message["status"], fields)
            except BlockedError:  # the refusal leaves in place of this header
                return self._send(message)
            if self._page is not None:
                self._start = message
                return _nothing()
        elif self._page is not None and kind == "http.response.body":
            return self._add(self._page, message)
        elif self._start is not None:  # a file that the server sends, or whatever extensions bring
            start, self._start, self._page = self._start, None, None
            return _both(self._send, start, message)
        return self._send(message)

    async def _add(self, page: HeldPage, message: Message) -> None:
        more, start = bool(message.get("more_body")), self._start
        try:
            seen = page.add(message.get("body", b""), last=not more)
        except BlockedError:
            self._start = self._page = None
            if start is None:  # too late for an answer: the connection is cut
                raise
            await self._send(start)  # the refusal leaves in its place
            return
        if seen is None:
            return
        if start is not None:
            self._start = None
            await self._send(_fitting(start, page.changed, None if more else len(seen)))
        await self._send({**message, "body": seen})


def _fitting(start: Message, changed: bool, length: int | None) -> Message:
    """The header, with the length of what leaves; without one where that is not known."""
    if not changed:
        return start
    fields = [(name, value) for name, value in start.get("headers", ()) if name.lower() != b"content-length"]
    return {**start, "headers": fields if length is None else [*fields, (b"content-length", b"%d" % length)]}


async def _nothing() -> None:
    """In place of a message that is kept back."""


async def _both(send: Send, first: Message, second: Message) -> None:
    await send(first)
    await send(second)


def watched_wsgi(app: WSGIApp, watch: AnswerWatch) -> WSGIApp:
    """The application, with its answers shown to the watch."""

    def watched(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        answer = _Started(environ["hauberk"][0], watch, start_response)
        body = app(environ, answer.start)
        if answer.page is None and answer.started:
            return body
        wrapper = environ.get("wsgi.file_wrapper")
        if isinstance(wrapper, type) and isinstance(body, wrapper):  # a file, which the server sends by itself
            answer.pass_by()
            return body
        if type(body) in {list, tuple}:
            return [answer.add(b"".join(body), last=True) or b""]
        return _Running(body, answer)

    return watched


class _Started:
    """One answer of a WSGI application."""

    # Class attributes, as in Exchange: most answers are no page that is kept, and set one of these.
    page: HeldPage | None = None
    started = False
    _header: tuple[str, list[tuple[str, str]], Any] | None = None
    _left: int | None = None
    """Octets that are still to come, where the header says how many."""

    def __init__(self, ex: Exchange, watch: AnswerWatch, start_response: Callable[..., Any]) -> None:
        self._ex, self._watch, self._start_response = ex, watch, start_response
        self._written: list[bytes] = []

    def start(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], object]:
        """In place of `start_response`."""
        if self.started:  # once more, for an error (PEP 3333, `exc_info`)
            self.page = self._header = None
        self.started, page = True, None
        if self._ex.blocked is None:
            try:
                page = self._watch.begin(self._ex, int(status[:3]), headers)
            except BlockedError:  # the refusal leaves in place of this header
                return self._send(status, headers, exc_info)
        if page is None:
            return self._send(status, headers, exc_info)
        self.page = page
        self._header = (status, headers, exc_info)
        length = next((value for name, value in headers if name.lower() == "content-length"), "")
        self._left = int(length) if length.isdecimal() else None
        return self._written.append

    def _send(self, status: str, headers: list[tuple[str, str]], exc_info: Any) -> Callable[[bytes], object]:
        write: Callable[[bytes], object] = (
            self._start_response(status, headers, exc_info) if exc_info else self._start_response(status, headers)
        )
        return write

    def pass_by(self) -> None:
        """Let the answer leave as it is: its header, if that was kept back, and whatever follows."""
        self.page = None
        if self._header is not None:
            header, self._header = self._header, None
            write = self._send(*header)
            for part in self._written:
                write(part)
            self._written.clear()

    def add(self, part: bytes, *, last: bool) -> bytes | None:
        """What may leave, after its header. Raises BlockedError."""
        page = self.page
        if page is None:
            return part
        if self._written:
            part = b"".join((*self._written, part))
            self._written.clear()
        if self._left is not None:
            self._left -= len(part)
            last = last or self._left <= 0
        seen = page.add(part, last=last)
        self.page = None if last else page
        if seen is not None and self._header is not None:
            (status, headers, exc_info), self._header = self._header, None
            if page.changed:
                headers = [pair for pair in headers if pair[0].lower() != "content-length"]
                headers += [("Content-Length", str(len(seen)))] if last else []
            self._send(status, headers, exc_info)
        return seen


class _Running:
    """The parts of an answer, once they may leave."""

    def __init__(self, body: Iterable[bytes], answer: _Started) -> None:
        self._body, self._answer = body, answer

    def __iter__(self) -> Iterator[bytes]:
        answer = self._answer
        for part in self._body:
            if (seen := answer.add(part, last=False)) is not None:
                yield seen
        if answer.page is not None and (rest := answer.add(b"", last=True)):
            yield rest

    def close(self) -> None:
        """Hand the server's `close()` on."""
        close = getattr(self._body, "close", None)
        if close is not None:
            close()
