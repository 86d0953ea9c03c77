"""What is known of a key set at the moment, and when it may be asked for again: no I/O, one clock."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from hauberk.auth.tokens.keys import Key


@dataclass(slots=True)
class Kept:
    """Times are of a monotonic clock, in seconds."""

    clock: Callable[[], float]
    cooldown: float
    keys: Sequence[Key] = ()
    fresh_until: float = -1.0
    usable_until: float = -1.0
    """How long the keys are used although no newer ones can be fetched."""
    asked: float = field(default=float("-inf"))
    failures: int = 0
    """How many fetches failed since the last that did not."""
    problem: str = ""
    """Why the last fetch failed."""

    def fresh(self) -> Sequence[Key] | None:
        """The keys, if they need not be asked for."""
        return self.keys if self.clock() < self.fresh_until else None

    def usable(self) -> Sequence[Key]:
        """The keys, fresh or stale; none if they are too old for either."""
        return self.keys if self.clock() < self.usable_until else ()

    def wait(self) -> float:
        """Seconds between the last fetch and the next. Where nothing can be verified it is soon, then less and less."""
        return self.cooldown if self.usable() else min(self.cooldown, 2.0 ** min(self.failures, 16))

    def may_ask(self) -> bool:
        """Whether the last fetch was long enough ago."""
        return self.clock() - self.asked >= self.wait()

    def begin(self) -> bool:
        """Whether one may begin now; if so, it has begun."""
        if not self.may_ask():
            return False
        self.asked = self.clock()
        return True

    def take(self, keys: Sequence[Key], fresh: float, stale: float) -> None:
        """A fetch succeeded."""
        now = self.clock()
        self.keys, self.fresh_until, self.usable_until = tuple(keys), now + fresh, now + fresh + stale
        self.problem, self.failures = "", 0

    def fail(self, problem: str) -> None:
        """A fetch did not."""
        self.problem, self.failures = problem, self.failures + 1
