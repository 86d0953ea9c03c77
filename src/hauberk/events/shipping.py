"""From the log of decisions to a Store, by one thread of its own: a request never waits for it.

The queue is bounded; what does not fit is dropped, counted, and told as an event of its own. Events leave in batches,
so that a store sees a few writes a second, however many attacks there are.
"""

from __future__ import annotations

import atexit
import logging
import os
import platform
import threading
import time
import weakref
from collections import deque
from secrets import token_hex
from typing import Any

import msgspec

from hauberk.core.errors import StoreError
from hauberk.core.exchange import HOLDER
from hauberk.core.plan import run_inline
from hauberk.core.store import Store

BATCH = 200
"""Events of one entry in the log."""
LONGEST = 16_384
"""Octets of one event; a longer one loses its longest members."""
_RUNNING: weakref.WeakSet[Shipper] = weakref.WeakSet()
_encode = msgspec.json.Encoder(enc_hook=str).encode


class Shipper(logging.Handler):
    """A handler of `hauberk.decisions` that writes to a log in a store. Give it a store that does not suspend."""

    def __init__(
        self, store: Store, *, log: str, most: int, ttl: float, queue: int, pause: float, level: int = logging.INFO
    ) -> None:
        super().__init__(level)
        self.store, self.log, self.most, self.ttl = store.blocking(), log, most, ttl
        self.queue, self.pause = queue, pause
        self._place = platform.node()[:64]
        self._fresh()
        _RUNNING.add(self)

    def _fresh(self) -> None:
        self._waiting: deque[bytes] = deque()
        self._lost = 0
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None
        self._process = os.getpid()

    def emit(self, record: logging.LogRecord) -> None:
        """Put the decision into the queue: a few microseconds, and nothing that waits."""
        members: dict[str, Any] | None = getattr(record, "hauberk", None)
        if members is None:
            return
        if self._process != os.getpid():
            self._fresh()  # forked: the thread, and what it is about to write, are the parent's
        if len(self._waiting) >= self.queue:
            self._lost += 1
            return
        event = {
            "id": token_hex(8),
            "at": round(record.created, 3),
            "level": record.levelname.lower(),
            "worker": f"{self._place}:{self._process}",
            **members,
        }
        self._waiting.append(_fitting(_of_request(event)))
        if self._thread is None:
            self._start()
        if len(self._waiting) >= BATCH:
            self._wake.set()

    def _start(self) -> None:
        thread = threading.Thread(target=self._work, name="hauberk-events", daemon=True)
        self._thread = thread
        thread.start()

    def _work(self) -> None:
        process, delay = self._process, self.pause
        while process == os.getpid():
            self._wake.wait(delay)
            self._wake.clear()
            try:
                while self._waiting or self._lost:
                    self._write()
                delay = self.pause
            except StoreError:
                # What is waiting stays; the queue's bound decides what is lost.
                delay = min(delay * 2, 10.0)

    def _write(self) -> None:
        lost = self._lost
        batch = [self._waiting[n] for n in range(min(len(self._waiting), BATCH))]
        told = list(batch)
        if lost:
            event = {"id": token_hex(8), "at": round(time.time(), 3), "level": "error", "event": "events-dropped"}
            told.append(_encode(event | {"worker": f"{self._place}:{self._process}", "count": lost}))
        run_inline(self.store.append(self.log, b"[" + b",".join(told) + b"]", most=self.most, ttl=self.ttl))
        self._lost -= lost
        for _ in batch:
            self._waiting.popleft()

    def flush(self, timeout: float = 5.0) -> None:
        """Wait until everything is written, at most so many seconds."""
        end = time.monotonic() + timeout
        while self._process == os.getpid() and (self._waiting or self._lost) and time.monotonic() < end:
            self._wake.set()
            time.sleep(0.005)


def _of_request(event: dict[str, Any]) -> dict[str, Any]:
    """Whatever the decision itself does not say of its request."""
    holder = HOLDER.get()
    ex = holder[0] if holder is not None else None
    if ex is not None:
        event.setdefault("method", ex.method[:20])
        # A path that the event leaves out is left out here: it may be the attack.
        event.setdefault("path", ex.path[:200])
        event.setdefault("client", ex.client)
        event.setdefault("agent", ex.header("user-agent")[:200])
        event.setdefault("host", ex.header("host")[:100])
    return event


def _fitting(event: dict[str, Any]) -> bytes:
    encoded: bytes = _encode(event)
    while len(encoded) > LONGEST:
        longest = max(event, key=lambda name: len(_encode(event[name])))
        if longest in {"id", "at", "event"}:
            break
        event[longest] = None
        encoded = _encode(event)
    return encoded


@atexit.register
def _finish() -> None:
    for shipper in list(_RUNNING):
        shipper.flush(2.0)
