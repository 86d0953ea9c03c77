"""How long refresh tokens live."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from hauberk.core.errors import ConfigurationError
from hauberk.core.options import flag, seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Refreshing:
    """Lifetimes of refresh tokens (RFC 9700, section 4.14; ASVS 10.4)."""

    idle: timedelta | int = timedelta(days=14)
    """A family ends when nobody has refreshed it for so long; in seconds, as a number."""
    absolute: timedelta | int = timedelta(days=30)
    """It ends so long after its login, however busy it is."""
    grace: timedelta | int = timedelta(seconds=30)
    """For so long a spent token gives the successor that it gave before: tabs that refresh at once, answers lost."""
    end_access: bool = False
    """Whether access tokens of a family that was ended are refused as well, by `Tokens.check`: one more look at the
    store for each. Otherwise they live on until they expire."""

    def __post_init__(self) -> None:
        for name in ("idle", "absolute", "grace"):
            object.__setattr__(self, name, seconds(f"Refreshing.{name}", getattr(self, name)))
        flag("Refreshing.end_access", self.end_access)
        for name, least in (("idle", 60), ("absolute", 60), ("grace", 0)):
            if getattr(self, name) < least:
                raise ConfigurationError(f"Refreshing.{name}", getattr(self, name), f"is less than {least} s")
        if self.idle > self.absolute:  # type: ignore[operator]
            fix = "take the smaller for idle"
            raise ConfigurationError("Refreshing.idle", self.idle, f"is more than absolute, {self.absolute} s", fix)
        if self.grace > 300:  # type: ignore[operator]
            fix = "seconds are enough for what the network loses"
            raise ConfigurationError("Refreshing.grace", self.grace, "gives a thief too long", fix)
