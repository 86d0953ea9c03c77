"""X-Permitted-Cross-Domain-Policies (Adobe)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from hauberk.core.options import one_of
from hauberk.core.plan import Steps

POLICIES = ("none", "master-only", "by-content-type", "by-ftp-filename", "all", "none-this-response")


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossDomainPolicies:
    """Whether Acrobat and the like may read our data for documents from elsewhere."""

    policy: Literal["none", "master-only", "by-content-type", "by-ftp-filename", "all", "none-this-response"] = "none"

    def __post_init__(self) -> None:
        one_of("CrossDomainPolicies.policy", self.policy, POLICIES)

    def steps(self) -> Steps:
        """One constant field."""
        return Steps(headers=(("x-permitted-cross-domain-policies", self.policy),))
