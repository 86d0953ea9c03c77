"""Counters of this process alone, for while the store is away."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from threading import Lock
from time import monotonic
from typing import final

from hauberk.core.store import Limit, Room

MOST = 50_000


@final
class Local:
    """The generic cell rate algorithm over a bounded table: what was charged longest ago goes first.

    A refused attempt is charged nowhere and makes no entry, so nobody pushes others out faster than he is let through.
    """

    __slots__ = ("_arrivals", "_clock", "_counts", "_lock", "_most")

    def __init__(self, *, most: int = MOST, clock: Callable[[], float] = monotonic) -> None:
        self._most, self._clock, self._lock = most, clock, Lock()
        self._arrivals: OrderedDict[str, float] = OrderedDict()
        self._counts: OrderedDict[str, int] = OrderedDict()

    def __len__(self) -> int:
        return len(self._arrivals) + len(self._counts)

    def hit(self, limits: Sequence[Limit]) -> list[Room]:
        """As `Store.hit`: all of these are charged, or none."""
        with self._lock:
            now = self._clock()
            starts = [max(now, self._arrivals.get(limit.key, now)) for limit in limits]
            ahead = [start + limit.interval - now for limit, start in zip(limits, starts, strict=True)]
            waits = [max(0.0, a - limit.burst * limit.interval) for limit, a in zip(limits, ahead, strict=True)]
            if not any(waits):
                for limit, a in zip(limits, ahead, strict=True):
                    self._keep(limit.key, now + a)
            return [Room(not wait, 0, wait, a) for wait, a in zip(waits, ahead, strict=True)]

    def increment(self, key: str, amount: int) -> int:
        """Add to a counter; the new sum."""
        with self._lock:
            count = self._counts.pop(key, 0) + amount
            self._counts[key] = count
            if len(self._counts) > self._most:
                self._counts.popitem(last=False)
            return count

    def forget(self, keys: Iterable[str]) -> None:
        """As if these had never been hit."""
        with self._lock:
            for key in keys:
                self._arrivals.pop(key, None)

    def _keep(self, key: str, arrival: float) -> None:
        self._arrivals.pop(key, None)
        self._arrivals[key] = arrival
        if len(self._arrivals) > self._most:
            self._arrivals.popitem(last=False)
