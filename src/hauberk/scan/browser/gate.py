"""Between the browser's threads and the scan's: every request of a page is sent by the scan itself, one after another.

So a page spends the scan's budget, uses its session, keeps its pace, and goes to the one address that was resolved at
the beginning; in process it reaches the application without a socket.
"""

from __future__ import annotations

import queue
import socket
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from time import monotonic
from typing import TypeVar

from hauberk.scan.care import destroys, ends_session
from hauberk.scan.client import Client, ExhaustedError
from hauberk.scan.messages import Request, Response
from hauberk.scan.transport import GoneError

T = TypeVar("T")
TICK = 0.05
KEPT = 5_000
"""Exchanges and addresses that are remembered."""


class ClosedError(Exception):
    """The scan sends no more: its budget is spent, or the target is gone."""


@dataclass(slots=True)
class Heard:
    """What went through the gate."""

    exchanges: list[tuple[Request, Response]] = field(default_factory=list)
    sockets: dict[str, None] = field(default_factory=dict)
    """Targets of WebSocket handshakes."""
    foreign: dict[str, None] = field(default_factory=dict)
    """Hosts that pages asked for, and that were refused."""
    spared: dict[str, Request] = field(default_factory=dict)
    """Requests that would have destroyed something, and were refused."""


class ShareSpentError(Exception):
    """The part of the budget that the browser may use is spent; the rest of the scan goes on."""


REFUSED = Response(status=403, headers=(("content-type", "text/plain"),), body=b"the scan leaves this alone")


class Gate:
    """Taken over by `serve`, asked by the proxy."""

    def __init__(self, client: Client, *, share: float = 0.5, destructive: bool = False) -> None:
        self.client = client
        self.heard = Heard()
        self.ended: BaseException | None = None
        self._destructive = destructive
        self._most = client.requests + max(int(share * (client.budget.max_requests - client.requests)), 1)
        self._until = monotonic() + share * client.left
        self._asked: queue.SimpleQueue[tuple[Request, Future[Response]]] = queue.SimpleQueue()
        self._open, self._last = 0, 0.0
        self._lock = threading.Lock()

    @property
    def idle(self) -> float:
        """Seconds since the last answer; 0 while one is waited for."""
        return 0.0 if self._open else monotonic() - self._last

    def ask(self, request: Request) -> Response:
        """From a thread of the proxy: the answer. Raises ClosedError when there will be none any more."""
        if self.ended is not None:
            raise ClosedError(str(self.ended))
        if not self._destructive and (ends_session(request.path) or destroys(request.method, request.path)):
            self.heard.spared.setdefault(f"{request.method} {request.path}", request)
            return REFUSED
        answer: Future[Response] = Future()
        with self._lock:
            self._open += 1
        try:
            self._asked.put((request, answer))
            response = answer.result()
        finally:
            with self._lock:
                self._open -= 1
                self._last = monotonic()
        if len(self.heard.exchanges) < KEPT:
            self.heard.exchanges.append((request, response))
        return response

    def dial(self) -> socket.socket | None:
        """A connection to the target for a WebSocket; None in process."""
        make: Callable[[], socket.socket] | None = getattr(self.client.transport, "dial", None)
        return make() if make is not None and self.ended is None else None

    def serve(self, work: Callable[[], T]) -> T:
        """Run the work in a thread of its own, and send what it leads to from this one. Raises what it raised.

        Raises ExhaustedError and GoneError of the client once the work has noticed that nothing is sent any more.
        """
        done: Future[T] = Future()
        thread = threading.Thread(target=_run, args=(work, done), name="hauberk-browser", daemon=True)
        thread.start()
        while not done.done():
            try:
                request, answer = self._asked.get(timeout=TICK)
            except queue.Empty:
                self._watch_the_time()
                continue
            self._answer(request, answer)
        thread.join(10)
        if self.ended is not None:
            raise self.ended
        return done.result()

    def _watch_the_time(self) -> None:
        """A page that asks for nothing must not outlive the budget either."""
        if self.ended is not None:
            return
        try:
            self.client.check()
        except ExhaustedError as spent:
            self.ended = spent
        if self.client.requests >= self._most or monotonic() >= self._until:
            self.ended = self.ended or ShareSpentError("the browser's part of the budget is spent")

    def _answer(self, request: Request, answer: Future[Response]) -> None:
        self._watch_the_time()
        if self.ended is not None:
            answer.set_exception(ClosedError(str(self.ended)))
            return
        try:
            answer.set_result(self.client.send(request))
        except (ExhaustedError, GoneError) as over:
            self.ended = over
            answer.set_exception(ClosedError(str(over)))
        except BaseException as error:
            answer.set_exception(error)
            raise


def _run(work: Callable[[], T], done: Future[T]) -> None:
    try:
        done.set_result(work())
    except BaseException as error:
        done.set_exception(error)
