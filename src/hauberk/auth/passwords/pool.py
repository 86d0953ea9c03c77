"""A few threads, and a short queue before them: a flood of logins is turned away, not piled up (CWE-400, CWE-770)."""

from __future__ import annotations

import asyncio
import os
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from math import ceil
from typing import Final, TypeVar, final

from hauberk.core.errors import BusyError

T = TypeVar("T")
NICER: Final = 10
"""How far the threads step back behind the event loop's, where the system gives each thread its own priority."""


def step_back() -> None:
    """Lower the priority of this thread, so that the loop is woken in time while all processors hash."""
    try:
        thread = threading.get_native_id()
        os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + NICER)
    except (AttributeError, OSError):
        return  # a system without it: the threads stay as they are


@final
class Pool:
    """At most `workers` at work and `waiting` in line; one more raises BusyError at once.

    A place is given back when the work has ended, not when its caller has gone: cancelling logins frees no place early,
    so no flood of cancelled requests can grow the work under way.
    """

    def __init__(self, workers: int, waiting: int, what: str) -> None:
        self.workers, self.waiting, self.what = workers, waiting, what
        self.seconds = 0.1
        """How long one piece of work takes, for Retry-After; whoever measures it may set it."""
        self._start()
        if hasattr(os, "register_at_fork"):
            here = weakref.ref(self)
            os.register_at_fork(after_in_child=lambda: restart(here()))

    def _start(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._executor: ThreadPoolExecutor | None = None

    def submit(self, work: Callable[[], T]) -> Future[T]:
        """Start the work, or put it in line. Raises BusyError if the line is full."""
        with self._lock:
            if self._inside >= self.workers + self.waiting:
                raise BusyError(self.what, max(1, ceil(self._inside * self.seconds / self.workers)))
            self._inside += 1
            if self._executor is None:
                # Threads start with the first work, in the process that does it: not at import, not before a fork.
                self._executor = ThreadPoolExecutor(self.workers, "hauberk-passwords", step_back)
            future = self._executor.submit(work)
        future.add_done_callback(self._leave)
        return future

    def _leave(self, future: Future[T]) -> None:
        with self._lock:
            self._inside -= 1

    async def run(self, work: Callable[[], T]) -> T:
        """The outcome, without holding up the loop. Raises BusyError, and what the work raises."""
        return await asyncio.wrap_future(self.submit(work))

    @property
    def inside(self) -> int:
        """How many are at work or in line."""
        return self._inside


def restart(pool: Pool | None) -> None:
    """After a fork there are no threads in the child, and the lock may be held by one of the parent's."""
    if pool is not None:
        pool._start()
