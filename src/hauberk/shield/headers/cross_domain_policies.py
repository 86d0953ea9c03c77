"""X-Permitted-Cross-Domain-Policies (Adobe)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from hauberk.core.options import one_of
from hauberk.core.plan import Steps
from hauberk.shield.headers.strictness import weaker_word

NAME = "x-permitted-cross-domain-policies"

POLICIES = ("none", "master-only", "by-content-type", "by-ftp-filename", "all", "none-this-response")

RANKS = {"none": 4, "none-this-response": 3, "master-only": 2, "by-content-type": 1, "by-ftp-filename": 1, "all": 0}


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossDomainPolicies:
    """Whether Acrobat and the like may read our data for documents from elsewhere."""

    policy: Literal["none", "master-only", "by-content-type", "by-ftp-filename", "all", "none-this-response"] = "none"

    def __post_init__(self) -> None:
        one_of("CrossDomainPolicies.policy", self.policy, POLICIES)

    def steps(self) -> Steps:
        """One constant field, and the least that the application's own may say."""
        return Steps(headers=((NAME, self.policy),), weaker={NAME: weaker_word(RANKS, self.policy)})
