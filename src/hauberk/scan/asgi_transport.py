"""The application called as ASGI 3: one event loop for the whole scan, lifespan started and stopped."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from functools import lru_cache
from types import TracebackType
from typing import Any, Self

from hauberk.core.errors import ConfigurationError, InputError
from hauberk.core.events import recording
from hauberk.scan.messages import Pairs, Request, Response
from hauberk.scan.transport import Wire, all_headers, decoded_path, describe

Message = MutableMapping[str, Any]
App = Callable[..., Awaitable[None]]


class ASGITransport:
    """Calls an ASGI application. Use it as a context manager, outside of any running event loop."""

    senses = True

    def __init__(self, app: App, wire: Wire | None = None) -> None:
        self.app, self.wire = app, wire or Wire()
        self.peer = "127.0.0.1"
        """The address that requests come from."""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lifespan: _Lifespan | None = None
        self._state: dict[str, Any] = {}
        self._current: _Call | None = None
        self._last: tuple[Wire, Pairs | None, list[tuple[bytes, bytes]]] = self.wire, None, []
        self._until = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._waits = False

    def __enter__(self) -> Self:
        """Start the application. Raises InputError if it says that it cannot start."""
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            pass
        else:
            raise ConfigurationError(
                "transport", "ASGITransport", "was entered inside a running event loop", "call scan from plain code"
            )
        self._loop = asyncio.new_event_loop()
        self._loop.set_exception_handler(lambda loop, context: None)  # a lost connection's task is not the scan's news
        self._lifespan = _Lifespan(self.app, self._state)
        try:
            self._loop.run_until_complete(self._lifespan.start(self.wire.timeout))
        except BaseException:
            self._stop_loop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the application, then the loop with whatever still runs on it."""
        if self._loop is not None and self._lifespan is not None:
            self._loop.run_until_complete(self._lifespan.stop(self.wire.timeout))
        self._stop_loop()

    def send(self, request: Request) -> Response:
        """One request, one response."""
        loop = self._loop
        if loop is None:
            raise ConfigurationError("transport", "ASGITransport", "is not started", "use it in a with statement")
        call = self._current = _Call(request, self.wire.max_body, loop.stop)
        self._until = loop.time() + self.wire.timeout
        self._timer = self._timer or loop.call_at(self._until, self._watch, loop)
        with recording() as record:
            task = loop.create_task(self._run(call, self._scope(request), loop))
            # Run until the application has returned, which lets background tasks of the response end as well; or until
            # enough has come, or too much time has passed.
            self._waits = True
            loop.run_forever()
            self._waits = False
            error = self._error(call, task)
        return Response(
            status=call.status or 500,
            headers=tuple(call.headers),
            body=bytes(call.body),
            events=tuple(record.events),
            reads=dict(record.reads),
            error=error,
            truncated=call.cut,
        )

    def _watch(self, loop: asyncio.AbstractEventLoop) -> None:
        """End an answer that takes too long. One timer for all: where another one is waited for by now, it goes on."""
        self._timer = None
        if loop.time() < self._until:
            self._timer = loop.call_at(self._until, self._watch, loop)
        elif self._waits:
            loop.stop()

    def _error(self, call: _Call, task: asyncio.Task[None]) -> str:
        """What the application let through, in words."""
        if task.done():
            raised = None if task.cancelled() else task.exception()
            return describe(raised) if raised is not None else ""
        # Not awaited: a handler in a thread cannot be stopped, and must not stop the scan.
        call.leave()
        task.cancel()
        return "" if call.cut else "TimeoutError: the application did not finish its answer in time"

    async def _run(self, call: _Call, scope: Message, loop: asyncio.AbstractEventLoop) -> None:
        try:
            await self.app(scope, call.receive, call.send)
        finally:
            call.leave()
            if self._current is call:  # one that was given up may end at any time, and must not stop another
                loop.stop()

    def handshake(self, request: Request) -> int:
        """The status of a WebSocket's handshake: 101 if the application accepts it, 403 if it closes it unopened."""
        if self._loop is None:
            raise ConfigurationError("transport", "ASGITransport", "is not started", "use it in a with statement")
        return self._loop.run_until_complete(self._handshake(request))

    async def _handshake(self, request: Request) -> int:
        schemes = {"http": "ws", "https": "wss"}
        scope = self._scope(request)
        del scope["method"]
        scope["type"], scope["scheme"], scope["subprotocols"] = "websocket", schemes[self.wire.scheme], []
        told, said = asyncio.Queue[Message](), asyncio.Queue[Message]()
        told.put_nowait({"type": "websocket.connect"})

        async def send(message: Message) -> None:
            said.put_nowait(message)

        task = asyncio.ensure_future(self.app(scope, told.get, send))
        answer = asyncio.ensure_future(said.get())
        await asyncio.wait({task, answer}, timeout=self.wire.timeout, return_when=asyncio.FIRST_COMPLETED)
        first = answer.result() if answer.done() else {}
        told.put_nowait({"type": "websocket.disconnect", "code": 1001})
        answer.cancel()
        await asyncio.wait({task}, timeout=1)
        task.cancel()
        if task.done() and not task.cancelled():
            task.exception()  # looked at, so that it is not reported as forgotten
        if first.get("type") == "websocket.accept":
            return 101
        return int(first.get("status", 403)) if first else 500

    def _scope(self, request: Request) -> Message:
        wire = self.wire
        path, _, query = request.target.partition("?")
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "method": request.method,
            "path": decoded_path(request),
            "raw_path": path.encode("ascii", "replace"),
            "query_string": query.encode("ascii", "replace"),
            "root_path": "",
            "scheme": wire.scheme,
            "headers": self._fields(request),
            "client": (self.peer, 40000),
            "server": _server(wire),
            "state": dict(self._state),
        }

    def _fields(self, request: Request) -> list[tuple[bytes, bytes]]:
        """The fields as a server hands them on; without a body they are nearly always those of the request before."""
        if request.body or request.method not in {"GET", "HEAD"}:
            return [_octets(name, value) for name, value in all_headers(self.wire, request)]
        wire, headers, fields = self._last
        if request.headers is not headers or wire is not self.wire:
            fields = [_octets(name, value) for name, value in all_headers(self.wire, request)]
            self._last = self.wire, request.headers, fields
        return list(fields)

    def _stop_loop(self) -> None:
        if self._loop is None:
            return
        pending = asyncio.all_tasks(self._loop)
        for task in pending:
            task.cancel()
        if pending:
            self._loop.run_until_complete(asyncio.wait(pending, timeout=1))
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()
        self._loop = None


@lru_cache(maxsize=64)
def _server(wire: Wire) -> tuple[str, int]:
    return wire.name, wire.port


@lru_cache(maxsize=1024)
def _octets(name: str, value: str) -> tuple[bytes, bytes]:
    """A field as a server hands it on; nearly all are those of the request before."""
    return name.encode("latin-1", "replace"), value.encode("latin-1", "replace")


@lru_cache(maxsize=1024)
def _text(name: bytes, value: bytes) -> tuple[str, str]:
    """A field of an answer; most answers have the same."""
    return name.decode("latin-1").lower(), value.decode("latin-1")


class _Call:
    """The two ends of one exchange."""

    def __init__(self, request: Request, limit: int, enough: Callable[[], None]) -> None:
        self.request, self.limit, self._enough = request, limit, enough
        self.status = 0
        self.headers: list[tuple[str, str]] = []
        self.body = bytearray()
        self.cut = self._asked = False
        self.finished = False
        self._gone: asyncio.Event | None = None

    def leave(self) -> None:
        """The client is gone: whoever waits for more of it is told."""
        self.finished = True
        if self._gone is not None:
            self._gone.set()

    async def receive(self) -> Message:
        """The body at once; then nothing until the answer is complete, as with a client that waits."""
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": self.request.body, "more_body": False}
        if not self.finished:
            self._gone = self._gone or asyncio.Event()
            await self._gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        """Keep what fits. Of an endless stream of server-sent events, the first part is enough."""
        if message["type"] == "http.response.start":
            self.status = int(message["status"])
            self.headers = [_text(bytes(name), bytes(value)) for name, value in message.get("headers") or ()]
        elif message["type"] == "http.response.body" and not self.finished:
            self.body += message.get("body", b"")[: self.limit + 1 - len(self.body)]
            more = bool(message.get("more_body"))
            self.cut = len(self.body) > self.limit or (more and bool(self.body) and self._is_event_stream())
            del self.body[self.limit :]
            if self.cut or not more:
                self.leave()
            if self.cut:
                self._enough()
        elif self.finished:
            # A server's send waits for its socket: give the loop a turn, so that an endless sender can be stopped.
            await asyncio.sleep(0)

    def _is_event_stream(self) -> bool:
        return any(name == "content-type" and value.startswith("text/event-stream") for name, value in self.headers)


class _Lifespan:
    """ASGI lifespan protocol 2.0. An application that does not speak it raises at once, and is served all the same."""

    def __init__(self, app: App, state: dict[str, Any]) -> None:
        self._app, self._state = app, state
        self._told = asyncio.Queue[Message]()
        self._started = asyncio.Event()
        self._failure: str | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self, limit: float) -> None:
        """Start; returns when the application is ready, or does not care."""
        self._task = asyncio.ensure_future(self._run())
        self._told.put_nowait({"type": "lifespan.startup"})
        try:
            async with asyncio.timeout(limit):
                await self._started.wait()
        except TimeoutError:
            raise InputError(
                "the application", f"did not finish starting in {limit:g} s", "look at its lifespan"
            ) from None
        if self._failure is not None:
            raise InputError("the application", f"failed to start: {self._failure}", "make it start first")

    async def stop(self, limit: float) -> None:
        """Stop, if it is still there."""
        if self._task is None or self._task.done():
            return
        self._told.put_nowait({"type": "lifespan.shutdown"})
        await asyncio.wait({self._task}, timeout=limit)

    async def _run(self) -> None:
        scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": self._state}
        try:
            await self._app(scope, self._told.get, self._hear)
        except Exception:  # noqa: S110 - how an application says that it has no lifespan
            pass
        finally:
            self._started.set()

    async def _hear(self, message: Message) -> None:
        if message["type"] == "lifespan.startup.failed":
            text = str(message.get("message") or "no reason given").strip()
            self._failure = text.splitlines()[-1]
        if message["type"].startswith("lifespan.startup"):
            self._started.set()
