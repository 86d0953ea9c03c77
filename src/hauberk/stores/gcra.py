"""The generic cell rate algorithm (ITU-T I.371): one number a limit, exact at every moment, no window to double at."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

from hauberk.core.store import Limit, Room


def decide(
    limits: Sequence[Limit], arrivals: Sequence[float | None], now: float
) -> tuple[list[Room], list[float] | None]:
    """What each limit says of a hit at `now`, and the new arrival times, or None where one of them refuses.

    An arrival time is when the limit will be as if never hit, in seconds of the clock that `now` is of.
    """
    charged: list[float] = []
    # An arrival further off than a full burst was written by a clock that has been set back since.
    starts = [
        now if arrival is None else min(max(now, arrival), now + limit.burst * limit.interval)
        for limit, arrival in zip(limits, arrivals, strict=True)
    ]
    for limit, start in zip(limits, starts, strict=True):
        charged.append(start + limit.cost * limit.interval)
    waits = [
        inf if limit.cost > limit.burst else max(0.0, new - limit.burst * limit.interval - now)
        for limit, new in zip(limits, charged, strict=True)
    ]
    # A rounding error of the clock's arithmetic is no refusal.
    refused = any(wait > 1e-6 for wait in waits)
    rooms = [
        room(limit, (start if refused else new) - now, wait if wait > 1e-6 else 0.0)
        for limit, start, new, wait in zip(limits, starts, charged, waits, strict=True)
    ]
    return rooms, None if refused else charged


def room(limit: Limit, ahead: float, wait: float) -> Room:
    """What is left of a limit whose arrival time lies `ahead` seconds in the future."""
    remaining = int((limit.burst * limit.interval - ahead) / limit.interval + 1e-6)
    return Room(wait == 0.0, max(0, remaining), wait, max(0.0, ahead))
