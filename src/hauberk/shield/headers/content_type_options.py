"""X-Content-Type-Options (Fetch, section 3.6)."""

from __future__ import annotations

from dataclasses import dataclass

from hauberk.core.plan import Steps


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentTypeOptions:
    """Browsers believe the Content-Type: an uploaded picture that holds a script is not run (CWE-430)."""

    def steps(self) -> Steps:
        """One constant field."""
        return Steps(headers=(("x-content-type-options", "nosniff"),))
