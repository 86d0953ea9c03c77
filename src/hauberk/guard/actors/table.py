"""Who is held back, and how many points everybody has: in this process, and agreed on with the others by a store.

A request only looks into dictionaries. Where the store is shared, one thread a process adds up the points of all
workers, tells the others who is held, and hears of whom they hold.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import time
import weakref
from collections import OrderedDict
from typing import NamedTuple

import msgspec

from hauberk.core.errors import StoreError
from hauberk.core.log import decision
from hauberk.core.plan import run_inline
from hauberk.core.store import Store

MOST = 20_000
"""Actors that are held, and counted, at a time: the oldest are forgotten first."""
TOLD = 10_000
"""Entries of the log: as many are held at most that another process has to hear of."""
PAGE = 500
QUIET = 60.0
"""Seconds between two lines about the same store."""


class Held(NamedTuple):
    """One who is held back."""

    until: float
    """Seconds since 1970."""
    why: str


class Terms(NamedTuple):
    """When an actor is held, and for how long."""

    threshold: int
    window: float
    hold: float


class Entry(msgspec.Struct):
    """What one process tells the others."""

    actor: str
    until: float
    """0: is let go."""
    why: str = ""


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Entry).decode


class Table:
    """The actors of an application. Threads may share it."""

    def __init__(self, store: Store, log: str, age: float) -> None:
        self.opened = store
        """As it was given: its identity is the table's."""
        self.store, self.log, self.age = store.blocking(), log, age
        self.shared = store.shared
        self.held: dict[str, Held] = {}
        self.away = False
        """Whether the store could not be reached at the last try."""
        self._points: OrderedDict[str, tuple[int, float]] = OrderedDict()
        self._lock = threading.Lock()
        self._fresh()

    def _fresh(self) -> None:
        self._waiting: OrderedDict[str, tuple[int, Terms, str]] = OrderedDict()
        self._news: list[Entry] = []
        self._dropped = 0
        self._place = ""
        self._process = os.getpid()
        self._thread: threading.Thread | None = None
        self._wake = threading.Event()
        self._round = 0
        self._complained = -QUIET

    def start(self) -> None:
        """Follow the store, where others write to it: done at the first request, in the process that answers it."""
        if self._process != os.getpid():
            # Forked: the thread is the parent's, and so may the lock be.
            self._lock = threading.Lock()
            self._fresh()
        if self._thread is None and self.shared:
            self._start()

    def _start(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(
                    target=_follow, args=(weakref.ref(self), self._wake, self.store), name="hauberk-actors", daemon=True
                )
                self._thread.start()

    def add(self, actor: str, points: int, terms: Terms, why: str) -> bool:
        """Count points; True if that makes the actor one to be held, of whom nobody knew yet."""
        now = time.time()
        with self._lock:
            total, ends = self._points.get(actor, (0, 0.0))
            total, ends = (points, now + terms.window) if ends <= now else (total + points, ends)
            self._points[actor] = (total, ends)
            while len(self._points) > MOST:
                self._points.popitem(last=False)
            if self.shared:
                self._queue(actor, points, terms, why)
            if total < terms.threshold or self._is_held(actor, now):
                return False
            self._hold(Entry(actor, now + terms.hold, why))
        return True

    def _queue(self, actor: str, points: int, terms: Terms, why: str) -> None:
        waiting = self._waiting.get(actor)
        if waiting is None and len(self._waiting) >= MOST:
            self._dropped += 1
            return
        self._waiting[actor] = (points + (waiting[0] if waiting else 0), terms, why)
        self._wake.set()

    def _is_held(self, actor: str, now: float) -> bool:
        held = self.held.get(actor)
        return held is not None and held.until > now

    def _hold(self, entry: Entry) -> None:
        self._apply(entry)
        if self.shared:
            if len(self._news) >= MOST:
                self._dropped += 1
                return
            self._news.append(entry)
            self._wake.set()

    def _apply(self, entry: Entry) -> None:
        now = time.time()
        if entry.until <= now:
            self.held.pop(entry.actor, None)
            self._points.pop(entry.actor, None)
            return
        self.held.pop(entry.actor, None)
        self.held[entry.actor] = Held(entry.until, entry.why)
        if len(self.held) > MOST:
            for name in [name for name, one in self.held.items() if one.until <= now] or [next(iter(self.held))]:
                self.held.pop(name, None)

    def hold(self, actor: str, seconds: float, why: str) -> None:
        """Hold this one back from now on."""
        with self._lock:
            self._hold(Entry(actor, time.time() + seconds, why))

    def let_go(self, actor: str) -> None:
        """Hold this one back no longer, and forget what was counted."""
        with self._lock:
            self._hold(Entry(actor, 0.0))

    def forget_expired(self, actor: str) -> None:
        """Its time is over."""
        with self._lock:
            if not self._is_held(actor, time.time()):
                self.held.pop(actor, None)

    # The thread's part.

    def agree(self) -> None:
        """One round with the store: tell, add up, hear. What could not be told stays, as long as there is room."""
        try:
            self._tell()
            self._add_up()
            self._tell()
            self._hear()
        except StoreError as error:
            self.away = True
            if time.monotonic() - self._complained >= QUIET:
                self._complained = time.monotonic()
                decision("actors-store-failed", level=logging.ERROR, store=error.store, kind=error.kind)
        else:
            self.away = False
        if self._dropped:
            dropped, self._dropped = self._dropped, 0
            decision("actor-signals-dropped", level=logging.ERROR, count=dropped)

    def _tell(self) -> None:
        while self._news:
            entry = self._news[0]
            ttl = max(entry.until - time.time(), 0.0) + 3_600
            run_inline(self.store.append(f"actors:{self.log}", _encode(entry), most=TOLD, ttl=ttl))
            del self._news[0]

    def _add_up(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    return
                actor, (points, terms, why) = next(iter(self._waiting.items()))
            key = f"actors:{self.log}:points:{actor}"[:500]
            total = run_inline(self.store.increment(key, points, terms.window))
            with self._lock:
                left = self._waiting[actor][0]
                if left == points:
                    del self._waiting[actor]
                else:
                    self._waiting[actor] = (left - points, terms, why)
                if total >= terms.threshold and not self._is_held(actor, time.time()):
                    self._hold(Entry(actor, time.time() + terms.hold, why))
                    found = True
                else:
                    found = False
            if found:
                decision("actor-held", actor=actor, why=why, seconds=terms.hold, together=True)

    def _hear(self) -> None:
        while True:
            read = run_inline(self.store.read(f"actors:{self.log}", after=self._place or "0", most=PAGE))
            for place, raw in read:
                self._place = place
                try:
                    entry = _decode(raw)
                except msgspec.MsgspecError:
                    continue  # what somebody else wrote there
                with self._lock:
                    was_held = entry.actor in self.held
                    self._apply(entry)
                if was_held and entry.until <= time.time():
                    decision("actor-let-go", actor=entry.actor, why=entry.why)
            if len(read) < PAGE:
                break
        self._round += 1

    def settle(self, timeout: float = 5.0) -> None:
        """Wait until all is told and heard, at most so many seconds: for tests and commands."""
        if not self.shared:
            return
        self.start()
        end, before = time.monotonic() + timeout, self._round
        while time.monotonic() < end and (self._waiting or self._news or self._round < before + 2):
            self._wake.set()
            time.sleep(0.005)


def _follow(weak: weakref.ref[Table], wake: threading.Event, store: Store) -> None:
    """As long as somebody has the table: at once when there is something to tell, else when what is known is old."""
    process = os.getpid()
    while (table := weak()) is not None and process == os.getpid():
        table.agree()
        pause = table.age if not table.away else max(table.age, 5.0)
        del table
        wake.wait(pause)
        if wake.is_set():
            wake.clear()
            time.sleep(0.02)  # what comes together is added up together
    if process == os.getpid():
        with contextlib.suppress(StoreError):  # nobody is there to hear of it
            run_inline(store.close())


_TABLES: weakref.WeakValueDictionary[tuple[int, str], Table] = weakref.WeakValueDictionary()


def table_of(store: Store, log: str, age: float) -> Table:
    """The one table of a store and a log: routes with options of their own hold the same actors."""
    key = (id(store), log)
    found = _TABLES.get(key)
    if found is None:
        found = _TABLES[key] = Table(store, log, age)
    return found


def read_held(store: Store, log: str) -> dict[str, Held]:
    """Who is held at the moment, as a command reads it. Raises StoreError."""
    table = Table(store, log, 1.0)
    try:
        table._hear()
    finally:
        run_inline(table.store.close())
    now = time.time()
    return {actor: held for actor, held in table.held.items() if held.until > now}


def tell(store: Store, log: str, actor: str, seconds: float, why: str) -> None:
    """Have every worker hold an actor for so long; 0 lets it go. Raises StoreError."""
    table = Table(store, log, 1.0)
    table._news.append(Entry(actor, time.time() + seconds if seconds else 0.0, why))
    try:
        table._tell()
    finally:
        run_inline(table.store.close())
