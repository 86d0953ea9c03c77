"""X-XSS-Protection (removed from every living browser)."""

from __future__ import annotations

from dataclasses import dataclass

from hauberk.core.plan import Steps


@dataclass(frozen=True, slots=True, kw_only=True)
class XSSProtection:
    """Turns the filter of old browsers off, as it could be used to break a page's own scripts."""

    def steps(self) -> Steps:
        """One constant field."""
        return Steps(headers=(("x-xss-protection", "0"),))
