"""One fetch at a time, whoever asks: threads, and the tasks of any event loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from time import monotonic
from typing import Any

GRACE = 1.0
"""Seconds beyond its own end after which a fetch is waited for no more: a resolver may hang, a process may have
forked."""


class Flights:
    """Begins work in a thread of its own, so that nobody who waits for it can end it by going away."""

    __slots__ = ("_current", "_end", "_lock", "_patience")

    def __init__(self, timeout: float) -> None:
        """`timeout` is for how many seconds the work may take by its own account."""
        self._patience = timeout + GRACE
        self._lock = threading.Lock()
        self._current: Future[None] | None = None
        self._end = 0.0

    def join(self, may_begin: Callable[[], bool], work: Callable[[], Coroutine[Any, Any, None]]) -> Future[None] | None:
        """What is under way, or is begun now if it may be; None for neither."""
        with self._lock:
            current = self._current
            if current is not None and not current.done() and monotonic() < self._end:
                return current
            if not may_begin():
                return None
            begun: Future[None] = Future()
            begun.set_running_or_notify_cancel()
            self._current, self._end = begun, monotonic() + self._patience
            name = "hauberk-jwks"
            threading.Thread(target=lambda: asyncio.run(_fly(begun, work)), name=name, daemon=True).start()
            return begun

    async def wait(self, flight: Future[None]) -> None:
        """Until it has landed, but not for ever."""
        await asyncio.wait((asyncio.wrap_future(flight),), timeout=self._patience)

    def wait_sync(self, flight: Future[None]) -> None:
        """The same, without an event loop."""
        try:
            flight.result(self._patience)
        except TimeoutError:
            return


async def _fly(flight: Future[None], work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    try:
        await work()
    finally:
        # Before the loop is taken apart, which waits for a resolver that hangs.
        flight.set_result(None)
