"""Strict-Transport-Security (RFC 6797)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, Self

from hauberk.core.errors import ConfigurationError
from hauberk.core.options import flag, one_of, seconds
from hauberk.core.plan import Steps

YEAR = 365 * 24 * 3600
NAME = "strict-transport-security"
Stage = Literal["minutes", "week", "year", "preload"]
RAMP: dict[Stage, int] = {"minutes": 300, "week": 7 * 24 * 3600, "year": YEAR, "preload": YEAR}
"""How to get there without locking anybody out: each stage as long as it takes to hear of hosts without https."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HSTS:
    """Browsers come back by https only, even when the user or a link says http.

    Protects from downgrade and from cookies sent in clear. Does not protect the very first visit unless the host is in
    the preload list. Browsers ignore the field over http (section 8.1), so it is sent always: an application behind a
    TLS-terminating proxy cannot see the difference.
    """

    max_age: timedelta | int = YEAR
    """Seconds that a browser remembers; 0 makes it forget."""
    include_subdomains: bool = True
    """Whether every host below this one is meant too. Make sure that all of them speak https."""
    preload: bool = False
    """Ask to be built into browsers. Hard to undo: see https://hstspreload.org."""

    def __post_init__(self) -> None:
        flag("HSTS.include_subdomains", self.include_subdomains)
        flag("HSTS.preload", self.preload)
        age = seconds("HSTS.max_age", self.max_age)
        if self.preload and (age < YEAR or not self.include_subdomains):
            raise ConfigurationError(
                "HSTS.preload",
                self.preload,
                "the preload list takes only max_age of a year or more with include_subdomains=True",
                f"set max_age={YEAR} and include_subdomains=True, or preload=False",
            )

    @classmethod
    def ramp(cls, stage: Stage, *, include_subdomains: bool = True) -> Self:
        """The options of one stage: five minutes, a week, a year, and a year with a place in browsers' own list.

        Go on to the next one (`next_stage`) when nobody complained for as long as the present one lasts.
        """
        one_of("HSTS.ramp", stage, RAMP)
        return cls(max_age=RAMP[stage], include_subdomains=include_subdomains, preload=stage == "preload")

    @property
    def next_stage(self) -> Stage | None:
        """Which stage of the ramp comes after these options; None at its end."""
        if self.preload:
            return None
        age = seconds("HSTS.max_age", self.max_age)
        return next((stage for stage, lasts in RAMP.items() if lasts > age), "preload")

    @property
    def value(self) -> str:
        """The field's value."""
        age = seconds("HSTS.max_age", self.max_age)
        return f"max-age={age}" + "; includeSubDomains" * self.include_subdomains + "; preload" * self.preload

    def steps(self) -> Steps:
        """One constant field, and the least that the application's own may say."""
        return Steps(headers=((NAME, self.value),), weaker={NAME: self._weaker})

    def _weaker(self, own: list[str]) -> bool:
        """Of several fields the first counts (section 8.1); one without a max-age is none."""
        directives = [part.strip().lower().partition("=") for part in own[0].split(";")]
        ages = [value.strip(' "') for name, _, value in directives if name.strip() == "max-age"]
        if len(ages) != 1 or not ages[0].isdigit():
            return True
        wide = any(name.strip() == "includesubdomains" for name, _, _ in directives)
        return int(ages[0][:18]) < seconds("HSTS.max_age", self.max_age) or (self.include_subdomains and not wide)
