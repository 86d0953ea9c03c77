"""X-Frame-Options (RFC 7034), for browsers that do not know CSP's frame-ancestors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from hauberk.core.options import one_of
from hauberk.core.plan import Steps
from hauberk.shield.headers.strictness import weaker_word

NAME = "x-frame-options"
RANKS = {"sameorigin": 1, "deny": 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameOptions:
    """Who may show this page in a frame: protects from clickjacking (CWE-1021)."""

    action: Literal["DENY", "SAMEORIGIN"] = "SAMEORIGIN"
    """Nobody, or pages of this very origin."""

    def __post_init__(self) -> None:
        one_of("FrameOptions.action", self.action, ("DENY", "SAMEORIGIN"))

    def steps(self) -> Steps:
        """One constant field, and the least that the application's own may say."""
        return Steps(headers=((NAME, self.action),), weaker={NAME: weaker_word(RANKS, self.action.lower())})
