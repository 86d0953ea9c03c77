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
    problem: str = ""
    """Why the last fetch failed."""

    def fresh(self) -> Sequence[Key] | None:
        """The keys, if they need not be asked for."""
        return self.keys if self.clock() < self.fresh_until else None

    def usable(self) -> Sequence[Key]:
        """The keys, fresh or stale; none if they are too old for either."""
        return self.keys if self.clock() < self.usable_until else ()

    def may_ask(self) -> bool:
        """Whether the last fetch was long enough ago."""
        return self.clock() - self.asked >= self.cooldown

    def asking(self) -> None:
        """A fetch begins."""
        self.asked = self.clock()

    def take(self, keys: Sequence[Key], fresh: float, stale: float) -> None:
        """A fetch succeeded."""
        now = self.clock()
        self.keys, self.fresh_until, self.usable_until, self.problem = tuple(keys), now + fresh, now + fresh + stale, ""
