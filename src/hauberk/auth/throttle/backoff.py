"""`Backoff`: some attempts at once, then waits that grow up to a longest one."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

from hauberk.core.errors import ConfigurationError
from hauberk.core.options import whole
from hauberk.core.store import Limit

STEEPNESS = 4
"""Each wait is this many times the one before: few counters reach from seconds to a quarter of an hour."""
MOST_STEPS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """`free` attempts at once; the next after `first` seconds, and then four times later each, up to `longest` apart.

    Nobody is ever locked out for good, and a refused attempt does not lengthen the wait. It is a ladder of limits
    (`Store.hit`): step k lets `free + k` attempts pass at once and then one each `first * 4**k` seconds. All of them
    are charged in one atomic call, so no number of attempts at the same moment gets through more than one would.
    """

    free: int
    """Attempts that may come at once."""
    first: float
    """Seconds until the one after those."""
    longest: float
    """Seconds between two attempts that no wait exceeds. The same as `first` for a steady rate."""

    def __post_init__(self) -> None:
        whole("Backoff.free", self.free, least=1, unit="attempts")
        for name in ("first", "longest"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value) or value <= 0:
                raise ConfigurationError(f"Backoff.{name}", value, "is not a number of seconds above 0")
        if self.longest < self.first:
            raise ConfigurationError(
                "Backoff.longest", self.longest, "is shorter than the first wait", f"write {self.first} or more"
            )
        if len(self.steps) > MOST_STEPS:
            raise ConfigurationError("Backoff.first", self.first, "makes too many steps", "write 0.01 or more")

    @property
    def steps(self) -> tuple[tuple[float, int], ...]:
        """Interval in seconds and burst of each limit of the ladder."""
        found: list[tuple[float, int]] = []
        wait = float(self.first)
        while wait < self.longest:
            found.append((wait, self.free + len(found)))
            wait *= STEEPNESS
        return (*found, (float(self.longest), self.free + len(found)))

    def limits(self, key: str) -> list[Limit]:
        """What to charge for one attempt of whom the key names."""
        return [Limit(f"{key}:{number}", wait, burst) for number, (wait, burst) in enumerate(self.steps)]
