"""The generic cell rate algorithm (ITU-T I.371): one number a limit, exact at every moment, no window to double at."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

from hauberk.core.store import Limit, Room

ROUNDING = 1e-6
"""Seconds, or hits, by which the arithmetic of clocks may be off."""


def decide(
    limits: Sequence[Limit], arrivals: Sequence[float | None], now: float
) -> tuple[list[Room], list[float] | None]:
    """What each limit says of a hit at `now`, and the new arrival times, or None where one of them refuses.

    An arrival time is when the limit will be as if never hit, in seconds of the clock that `now` is of.
    """
    found: list[tuple[Limit, float, float, float]] = []
    refused = False
    for limit, arrival in zip(limits, arrivals, strict=True):
        full = limit.burst * limit.interval
        # None lies further off than a full burst, unless the clock was set back since, or the limit was changed: up to
        # another burst that is waited for, and what is further off than that counts as never hit.
        start = arrival if arrival is not None and now < arrival <= now + 2 * full else now
        charged = start + limit.cost * limit.interval
        wait = inf if limit.cost > limit.burst else charged - full - now
        if wait > ROUNDING:
            refused = True
        found.append((limit, start, charged, wait))
    if refused:
        return [room(limit, start - now, wait) for limit, start, _, wait in found], None
    return [room(limit, charged - now, 0.0) for limit, _, charged, _ in found], [charged for _, _, charged, _ in found]


def room(limit: Limit, ahead: float, wait: float) -> Room:
    """What is left of a limit whose arrival time lies `ahead` seconds in the future, for a hit that has to `wait`."""
    left = int(limit.burst - ahead / limit.interval + ROUNDING)
    allowed = wait <= ROUNDING
    return Room(allowed, max(0, left), 0.0 if allowed else wait, ahead if ahead > 0 else 0.0)
