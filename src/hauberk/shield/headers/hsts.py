"""Strict-Transport-Security (RFC 6797)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from hauberk.core.errors import ConfigurationError
from hauberk.core.options import flag, seconds
from hauberk.core.plan import Steps

YEAR = 365 * 24 * 3600


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

    @property
    def value(self) -> str:
        """The field's value."""
        age = seconds("HSTS.max_age", self.max_age)
        return f"max-age={age}" + "; includeSubDomains" * self.include_subdomains + "; preload" * self.preload

    def steps(self) -> Steps:
        """One constant field."""
        return Steps(headers=(("strict-transport-security", self.value),))
