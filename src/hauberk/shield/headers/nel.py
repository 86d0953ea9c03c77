"""NEL and Report-To (W3C Network Error Logging; Chromium only)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta

from hauberk.core.errors import ConfigurationError
from hauberk.core.options import flag, seconds
from hauberk.core.plan import Steps
from hauberk.shield.headers.reporting import TARGET

MONTH = 30 * 24 * 3600
GROUP = "network-errors"


@dataclass(frozen=True, slots=True, kw_only=True)
class NEL:
    """Browsers report requests to this site that failed on the network: names that do not resolve, broken TLS.

    Off in every profile: reports tell when a user was here, and from which address, to whoever runs the endpoint.
    Report to another host than this one, since this one is what cannot be reached.
    """

    endpoint: str
    """An https address that takes `application/reports+json`."""
    max_age: timedelta | int = MONTH
    """Seconds that a browser remembers; 0 makes it forget."""
    include_subdomains: bool = False
    failure_fraction: float = 1.0
    """Which part of the failures is reported, from 0 to 1."""
    success_fraction: float = 0.0
    """Which part of the successes is reported, from 0 to 1: the measure to compare with."""

    def __post_init__(self) -> None:
        flag("NEL.include_subdomains", self.include_subdomains)
        seconds("NEL.max_age", self.max_age)
        if self.endpoint.startswith("/") or not TARGET.match(self.endpoint):
            raise ConfigurationError("NEL.endpoint", self.endpoint, "is no https address")
        for name in ("failure_fraction", "success_fraction"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
                raise ConfigurationError(f"NEL.{name}", value, "is not between 0 and 1")

    def steps(self) -> Steps:
        """Two constant fields: where to report, and what."""
        age = seconds("NEL.max_age", self.max_age)
        group: dict[str, object] = {"group": GROUP, "max_age": age, "endpoints": [{"url": self.endpoint}]}
        policy: dict[str, object] = {"report_to": GROUP, "max_age": age}
        if self.include_subdomains:
            group["include_subdomains"] = policy["include_subdomains"] = True
        if self.failure_fraction != 1:
            policy["failure_fraction"] = self.failure_fraction
        if self.success_fraction:
            policy["success_fraction"] = self.success_fraction
        return Steps(headers=(("report-to", _json(group)), ("nel", _json(policy))))


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))
