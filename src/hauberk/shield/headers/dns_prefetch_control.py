"""X-DNS-Prefetch-Control (not standardised; Chromium and WebKit)."""

from __future__ import annotations

from dataclasses import dataclass

from hauberk.core.options import flag
from hauberk.core.plan import Steps


@dataclass(frozen=True, slots=True, kw_only=True)
class DNSPrefetchControl:
    """Whether browsers look up the hosts of links before they are followed: quicker, and it tells who reads what."""

    allow: bool = False

    def __post_init__(self) -> None:
        flag("DNSPrefetchControl.allow", self.allow)

    def steps(self) -> Steps:
        """One constant field."""
        return Steps(headers=(("x-dns-prefetch-control", "on" if self.allow else "off"),))
