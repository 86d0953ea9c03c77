"""Carries the running request into threads: context variables alone stop at `submit` and `Thread.start`.

A pool's work is run in a copy of the context that submitted it. A thread of one's own gets less: a weak hold on the
request, because it may outlive it (workers that wait on a queue do), and must then neither keep it nor speak for it.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import ContextVar, Token, copy_context
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from hauberk.core.events import RECORDING, Recording
from hauberk.core.exchange import HOLDER, Exchange

MARK = "hauberk_guarded"
"""An attribute of every function and class that the guard put in place, so that none is wrapped twice."""

P = ParamSpec("P")
T = TypeVar("T")

CARRIED: ContextVar[weakref.ref[Exchange] | None] = ContextVar("hauberk.carried", default=None)
"""The request that started this thread, as long as it lives."""


def listened() -> bool:
    """Whether anything in this context wants to know of sinks."""
    return HOLDER.get() is not None or RECORDING.get() is not None or CARRIED.get() is not None


def in_context(function: Callable[P, T]) -> Callable[P, T]:
    """The function, run in a copy of this context if there is anything in it to carry."""
    if not listened():
        return function
    context = copy_context()

    @wraps(function)
    def carried(*args: P.args, **kwargs: P.kwargs) -> T:
        return context.run(function, *args, **kwargs)

    return carried


def _carry_submit(submit: Callable[..., Future[Any]]) -> Callable[..., Future[Any]]:
    @wraps(submit)
    def carrying(self: ThreadPoolExecutor, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        if not listened():
            return submit(self, fn, *args, **kwargs)
        context = copy_context()
        # A worker started by this call serves other requests later: it must carry nothing of its own.
        with _Nothing():
            return submit(self, context.run, fn, *args, **kwargs)

    setattr(carrying, MARK, True)
    return carrying


def _carry_start(start: Callable[[threading.Thread], None]) -> Callable[[threading.Thread], None]:
    @wraps(start)
    def carrying(self: threading.Thread) -> None:
        holder, events, carried = HOLDER.get(), RECORDING.get(), CARRIED.get()
        ex: Exchange | None = holder[0] if holder is not None else None
        weak = weakref.ref(ex) if ex is not None else carried
        if weak is not None or events is not None:
            # `run` as an attribute of the thread, so that subclasses with a `run` of their own are served too.
            vars(self)["run"] = _running(self, self.run, weak, events)
        return start(self)

    setattr(carrying, MARK, True)
    return carrying


def _running(
    thread: threading.Thread, run: Callable[[], None], weak: weakref.ref[Exchange] | None, events: Recording | None
) -> Callable[[], None]:
    @wraps(run)
    def carried() -> None:
        vars(thread).pop("run", None)
        CARRIED.set(weak)
        RECORDING.set(events)
        run()

    return carried


class _Nothing:
    """A moment without a request and a recording."""

    def __enter__(self) -> None:
        self._tokens: tuple[Token[Any], ...] = (HOLDER.set(None), RECORDING.set(None), CARRIED.set(None))

    def __exit__(self, *error: object) -> None:
        holder, events, carried = self._tokens
        HOLDER.reset(holder)
        RECORDING.reset(events)
        CARRIED.reset(carried)


def install() -> list[str]:
    """Wrap `ThreadPoolExecutor.submit` and `Thread.start`, once; what was wrapped."""
    if not getattr(ThreadPoolExecutor.submit, MARK, False):
        setattr(ThreadPoolExecutor, "submit", _carry_submit(ThreadPoolExecutor.submit))  # noqa: B010
    if not getattr(threading.Thread.start, MARK, False):
        setattr(threading.Thread, "start", _carry_start(threading.Thread.start))  # noqa: B010
    return ["concurrent.futures.ThreadPoolExecutor.submit", "threading.Thread.start"]
