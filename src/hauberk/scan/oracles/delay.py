"""Delays: the answer comes as much later as the value asks for, several times in an order that nobody can guess.

One slow answer says nothing, as servers are slow by themselves. Here the time of answers is a line over the delays that
were asked for, in two rounds with other delays and another order; and the same text with its function spoilt is quick.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Literal

from hauberk.core.finding import Confidence
from hauberk.scan.lab import Lab
from hauberk.scan.trial import Shot

Kind = Literal["sleeps", "computes"]
LONG = 0.8
"""Seconds that are asked for at most."""
QUICK = 0.4
"""Seconds in which ordinary answers have to come: behind slower ones a delay can't be seen."""
TWICE = 2
"""How often each delay is asked for in a round."""
STRAY = 0.12
"""Seconds that an answer to a sleep may be off the line."""
STRAY_PART = 0.27
"""The same of a computation, as a part of its longest; a step instead of a line is off by a third."""
ALIKE = 0.4
"""By which part the second round's slope may differ from the first one's."""
LEAST = 0.25
"""Seconds between the shortest and the longest of a computation."""
FITS = (0.85, 1.25)
"""Seconds of answer for a second of sleep."""
RANDOM = secrets.SystemRandom()

Ask = Callable[[float], str]
"""The value that asks for a delay of so many seconds; of a computation, for so many units of it."""


@dataclass(frozen=True, slots=True)
class Line:
    """A straight line through the times of answers (least squares)."""

    slope: float
    start: float
    stray: float
    """By how much the worst answer is off it, in seconds."""

    @classmethod
    def through(cls, points: Sequence[tuple[float, float]]) -> Line:
        """Through pairs of delay and time; there must be two different delays at least."""
        middle, height = fmean(x for x, _ in points), fmean(y for _, y in points)
        slope = sum((x - middle) * (y - height) for x, y in points) / sum((x - middle) ** 2 for x, _ in points)
        start = height - slope * middle
        return cls(slope, start, max(abs(y - start - slope * x) for x, y in points))

    def holds(self, kind: Kind) -> bool:
        """Whether delays explain the times, and nothing else has to."""
        if not -STRAY <= self.start <= QUICK:
            return False
        if kind == "sleeps":
            return self.slope >= FITS[0] and self.stray <= STRAY * max(self.slope, 1)
        return self.slope * LONG >= LEAST and self.stray <= STRAY_PART * self.slope * LONG


@dataclass(frozen=True, slots=True)
class Delayed:
    """That answers come as late as they were asked to."""

    shot: Shot
    quick: Shot
    """With a delay of nothing."""
    seconds: tuple[tuple[float, float], ...]
    """Delay and time of the second round."""
    confidence: Confidence


def quick(lab: Lab) -> bool:
    """Whether ordinary answers come quickly enough, by one more of them."""
    lab.fire("{c}")
    return lab.took() <= QUICK


def delayed(lab: Lab, ask: Ask, without: Ask, kind: Kind) -> Delayed | None:
    """Ask once for the longest delay, and only if that is slow for all the rest. `without` is what must be quick."""
    lab.fire(ask(LONG))
    if lab.took() < (LONG * FITS[0] if kind == "sleeps" else LEAST):
        return None
    lines: list[Line] = []
    for _ in range(2):
        round_ = _round(lab, ask)
        if not round_:
            return None
        lines.append(line := Line.through([(delay, took) for delay, took, _ in round_]))
        lab.fire(without(LONG))
        if not line.holds(kind) or lab.took() > QUICK:
            return None
    first, second = lines
    if abs(first.slope - second.slope) > ALIKE * second.slope:
        return None
    fits = kind == "computes" or second.slope <= FITS[1]
    slowest, fastest = max(round_, key=lambda one: one[0]), min(round_, key=lambda one: one[0])
    seconds = tuple((round(delay, 2), round(took, 2)) for delay, took, _ in round_)
    return Delayed(slowest[2], fastest[2], seconds, "firm" if fits else "tentative")


def _round(lab: Lab, ask: Ask) -> list[tuple[float, float, Shot]]:
    """Nothing, about 0.3 s and about the longest, each twice in a random order; empty where even nothing is slow."""
    delays = [0.0, round(RANDOM.uniform(0.25, 0.35), 2), round(RANDOM.uniform(0.7, LONG), 2)] * TWICE
    RANDOM.shuffle(delays)
    found = []
    for delay in delays:
        shot = lab.fire(ask(delay))
        if not delay and lab.took() > QUICK:
            return []
        found.append((delay, lab.took(), shot))
    return found
