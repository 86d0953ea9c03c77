"""X-Content-Type-Options (Fetch, section 3.6)."""

from __future__ import annotations

from dataclasses import dataclass

from hauberk.core.plan import Steps
from hauberk.shield.headers.strictness import weaker_word

NAME = "x-content-type-options"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentTypeOptions:
    """Browsers believe the Content-Type: an uploaded picture that holds a script is not run (CWE-430)."""

    def steps(self) -> Steps:
        """One constant field, and the least that the application's own may say."""
        return Steps(headers=((NAME, "nosniff"),), weaker={NAME: weaker_word({"nosniff": 1}, "nosniff")})
