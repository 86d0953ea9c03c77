"""`memory://`: in this process alone, bounded; for development, for tests, and for limits of one process."""

from __future__ import annotations

import logging
import os
import sys
from collections import OrderedDict, deque
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from threading import RLock
from time import monotonic
from typing import Self

from hauberk.core.log import decision
from hauberk.core.store import NOTHING, Count, Limit, Room, Store
from hauberk.stores.gcra import decide
from hauberk.stores.position import number


@dataclass(slots=True)
class _Entry:
    ends: float
    value: bytes | int | None = None
    fields: dict[str, bytes] | None = None
    leads_to: str | None = None
    index: str | None = None
    log: deque[tuple[int, float, bytes]] | None = None


class MemoryStore(Store):
    """Everything in one process's memory, and gone with it. When it is full, what was used longest ago goes first.

    Threads may share it. Processes cannot: each worker of a server has one of its own, which a warning says where it
    can be seen (`memory-store-of-several-workers`).
    """

    waits = False
    shared = False

    def __init__(self, *, most: int = 100_000, clock: Callable[[], float] = monotonic) -> None:
        self._most, self._clock = most, clock
        self._lock = RLock()
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        self._indexes: dict[str, set[str]] = {}
        self._position = 0
        if (workers := workers_asked_for(sys.argv, os.environ)) > 1:
            decision(
                "memory-store-of-several-workers",
                level=logging.WARNING,
                workers=workers,
                problem="each worker keeps its own sessions and limits",
                fix="name a store that they share, such as sqlite:///data/hauberk.db",
            )

    def __repr__(self) -> str:
        return "memory://"

    def blocking(self) -> Store:
        """Itself: it never waits."""
        return self

    async def get(self, key: str) -> bytes | None:
        """See `Store.get`."""
        with self._lock:
            entry = self._live(key)
            return entry.value if entry is not None and isinstance(entry.value, bytes) else None

    async def set(self, key: str, value: bytes, ttl: float) -> None:
        """See `Store.set`."""
        with self._lock:
            self._put(key, _Entry(self._clock() + ttl, value))

    async def add(self, key: str, value: bytes, ttl: float) -> bool:
        """See `Store.add`."""
        with self._lock:
            if self._live(key) is not None:
                return False
            self._put(key, _Entry(self._clock() + ttl, value))
            return True

    async def delete(self, key: str) -> bool:
        """See `Store.delete`."""
        gone = False
        with self._lock:
            while (entry := self._live(key)) is not None:
                gone = self._drop(key)
                if entry.leads_to is None:
                    break
                key = entry.leads_to
        return gone

    async def touch(self, key: str, ttl: float) -> bool:
        """See `Store.touch`."""
        with self._lock:
            entry = self._live(self._follow(key))
            if entry is None:
                return False
            entry.ends = self._clock() + ttl
            return True

    async def increment(self, key: str, amount: int, ttl: float) -> int:
        """See `Store.increment`."""
        with self._lock:
            entry = self._live(key)
            if entry is None or not isinstance(entry.value, int):
                entry = _Entry(self._clock() + ttl, 0)
                self._put(key, entry)
            assert isinstance(entry.value, int)  # noqa: S101 - for the type checker
            entry.value += amount
            return entry.value

    async def load(self, key: str) -> dict[str, bytes] | None:
        """See `Store.load`."""
        with self._lock:
            entry = self._live(key)
            if entry is not None and entry.leads_to is not None:
                entry = self._live(entry.leads_to)
            return None if entry is None or entry.fields is None else entry.fields.copy()

    async def save(
        self,
        key: str,
        fields: Mapping[str, bytes],
        *,
        ttl: float,
        remove: Collection[str] = (),
        create: bool = False,
        index: str | None = None,
    ) -> bool:
        """See `Store.save`."""
        with self._lock:
            key = self._follow(key)
            entry = self._live(key)
            if entry is None or entry.fields is None:
                if not create:
                    return False
                entry = _Entry(0, fields={})
                self._put(key, entry)
            assert entry.fields is not None  # noqa: S101 - for the type checker
            _merge(entry.fields, fields, remove)
            entry.ends = self._clock() + ttl
            self._file(key, entry, index)
            return True

    async def rotate(
        self,
        old: str,
        new: str,
        *,
        ttl: float,
        grace: float,
        fields: Mapping[str, bytes] = NOTHING,
        remove: Collection[str] = (),
        index: str | None = None,
    ) -> bool:
        """See `Store.rotate`."""
        with self._lock:
            entry = self._live(old)
            if entry is None or entry.fields is None:
                return False
            filed = index if index is not None else entry.index
            self._drop(old)
            _merge(entry.fields, fields, remove)
            entry.ends, entry.index = self._clock() + ttl, None
            self._put(new, entry)
            self._file(new, entry, filed)
            self._put(old, _Entry(self._clock() + grace, leads_to=new))
            return True

    async def members(self, index: str) -> list[str]:
        """See `Store.members`."""
        with self._lock:
            return [key for key in sorted(self._indexes.get(index, ())) if self._live(key) is not None]

    async def forget(self, index: str) -> int:
        """See `Store.forget`."""
        with self._lock:
            return sum([self._drop(key) for key in await self.members(index)])

    async def records(self, index: str) -> dict[str, dict[str, bytes]]:
        """See `Store.records`."""
        with self._lock:
            return {key: dict(self._entries[key].fields or {}) for key in await self.members(index)}

    async def count(self, prefix: str) -> Count:
        """See `Store.count`."""
        with self._lock:
            now, entries = self._clock(), self._entries.items()
            live = [key for key, entry in entries if entry.fields is not None and entry.ends > now]
            return Count(sum(key.startswith(prefix) for key in live), True)

    async def append(self, log: str, entry: bytes, *, most: int, ttl: float) -> None:
        """See `Store.append`."""
        with self._lock:
            kept = self._live(log)
            if kept is None or kept.log is None:
                kept = _Entry(0, log=deque())
                self._put(log, kept)
            assert kept.log is not None  # noqa: S101 - for the type checker
            self._position += 1
            now = self._clock()
            kept.ends = max(kept.ends, now + ttl)
            kept.log.append((self._position, now + ttl, entry))
            while len(kept.log) > most or kept.log[0][1] <= now:
                kept.log.popleft()

    async def read(self, log: str, *, after: str = "", most: int = 100) -> list[tuple[str, bytes]]:
        """See `Store.read`."""
        with self._lock:
            kept = self._live(log)
            rows = [] if kept is None or kept.log is None else list(kept.log)
        start, now = number(after), self._clock()
        found = [(str(position), entry) for position, ends, entry in rows if position > start and ends > now]
        return found[:most] if after else found[-most:]

    async def hit(self, limits: Sequence[Limit]) -> list[Room]:
        """See `Store.hit`."""
        with self._lock:
            now = self._clock()
            entries = [self._live(limit.key) for limit in limits]
            rooms, charged = decide(limits, [None if entry is None else entry.ends for entry in entries], now)
            for limit, arrival in zip(limits, charged or (), strict=False):
                self._put(limit.key, _Entry(arrival))
            return rooms

    async def ping(self) -> None:
        """See `Store.ping`."""

    async def close(self) -> None:
        """See `Store.close`. What is kept stays."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.close()

    def _live(self, key: str) -> _Entry | None:
        entry = self._entries.get(key)
        if entry is None:
            return None
        if entry.ends <= self._clock():
            self._drop(key)
            return None
        self._entries.move_to_end(key)
        return entry

    def _follow(self, key: str) -> str:
        entry = self._live(key)
        return key if entry is None or entry.leads_to is None else entry.leads_to

    def _put(self, key: str, entry: _Entry) -> None:
        self._drop(key)
        self._entries[key] = entry
        while len(self._entries) > self._most:
            self._drop(next(iter(self._entries)))

    def _file(self, key: str, entry: _Entry, index: str | None) -> None:
        if index is not None and entry.index != index:
            self._unfile(key, entry)
            entry.index = index
            self._indexes.setdefault(index, set()).add(key)

    def _unfile(self, key: str, entry: _Entry) -> None:
        filed = self._indexes.get(entry.index) if entry.index is not None else None
        if filed is not None and entry.index is not None:
            filed.discard(key)
            if not filed:
                del self._indexes[entry.index]

    def _drop(self, key: str) -> bool:
        entry = self._entries.pop(key, None)
        if entry is None:
            return False
        self._unfile(key, entry)
        return entry.ends > self._clock()


def _merge(kept: dict[str, bytes], fields: Mapping[str, bytes], remove: Collection[str]) -> None:
    kept.update(fields)
    for name in remove:
        kept.pop(name, None)


def workers_asked_for(arguments: Sequence[str], environ: Mapping[str, str]) -> int:
    """How many worker processes the server was told to run, as far as its command line and environment say."""
    words = [*environ.get("GUNICORN_CMD_ARGS", "").split(), *arguments]
    told = [environ.get("WEB_CONCURRENCY", "")]
    for word, following in zip(words, [*words[1:], ""], strict=True):
        name, _, value = word.partition("=")
        if name in {"-w", "--workers", "--processes"}:
            told.append(value or following)
        elif name.startswith("-w") and name[2:].isdecimal():
            told.append(name[2:])
    return max((int(number) for number in told if number.isdecimal()), default=1)
