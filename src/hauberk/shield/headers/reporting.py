"""Reporting-Endpoints (W3C Reporting API)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from hauberk.core.errors import ConfigurationError
from hauberk.core.plan import Steps

KEY = re.compile(r"[a-z*][a-z0-9_\-.*]*\Z")
TARGET = re.compile(r"(https://[^\s\"\\]+|/[^\s\"\\]*)\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reporting:
    """Names the addresses to which browsers send reports, for `report_to` of CSP and others."""

    endpoints: Mapping[str, str]
    """Name to an https address, or a path of this site."""

    def __post_init__(self) -> None:
        if not self.endpoints:
            raise ConfigurationError("Reporting.endpoints", self.endpoints, "is empty", "turn it off with None")
        for name, target in self.endpoints.items():
            if not KEY.match(name):
                raise ConfigurationError("Reporting.endpoints", name, "is not a lower-case key (RFC 9651)")
            if not TARGET.match(target):
                raise ConfigurationError(
                    f"Reporting.endpoints[{name!r}]", target, "is neither an https address nor a path"
                )

    def steps(self) -> Steps:
        """One constant field."""
        value = ", ".join(f'{name}="{target}"' for name, target in self.endpoints.items())
        return Steps(headers=(("reporting-endpoints", value),))
