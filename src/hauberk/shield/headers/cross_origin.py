"""Cross-Origin-Opener-Policy, -Embedder-Policy (HTML, section 7.1) and -Resource-Policy (Fetch, section 3.7).

Three doors of one wall: who may hold a handle on our window, what we may embed, who may embed us (CWE-346, Spectre).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from hauberk.core.options import flag, one_of
from hauberk.core.plan import Steps


@dataclass(frozen=True, slots=True, kw_only=True)
class COOP:
    """Other sites' windows lose their handle on ours. `same-origin-allow-popups` where a login opens a pop-up."""

    policy: Literal["same-origin", "same-origin-allow-popups", "noopener-allow-popups", "unsafe-none"] = "same-origin"
    report_only: bool = False

    def __post_init__(self) -> None:
        known = ("same-origin", "same-origin-allow-popups", "noopener-allow-popups", "unsafe-none")
        one_of("COOP.policy", self.policy, known)
        flag("COOP.report_only", self.report_only)

    def steps(self) -> Steps:
        """One constant field."""
        return Steps(headers=(("cross-origin-opener-policy" + "-report-only" * self.report_only, self.policy),))


@dataclass(frozen=True, slots=True, kw_only=True)
class COEP:
    """We embed only what agreed to be embedded. Breaks pictures from other sites, so no profile but strict has it."""

    policy: Literal["require-corp", "credentialless", "unsafe-none"] = "require-corp"
    report_only: bool = False

    def __post_init__(self) -> None:
        one_of("COEP.policy", self.policy, ("require-corp", "credentialless", "unsafe-none"))
        flag("COEP.report_only", self.report_only)

    def steps(self) -> Steps:
        """One constant field."""
        return Steps(headers=(("cross-origin-embedder-policy" + "-report-only" * self.report_only, self.policy),))


@dataclass(frozen=True, slots=True, kw_only=True)
class CORP:
    """Who may embed what we serve without CORS. `cross-origin` for a public CDN, `same-site` for sister hosts."""

    policy: Literal["same-origin", "same-site", "cross-origin"] = "same-origin"

    def __post_init__(self) -> None:
        one_of("CORP.policy", self.policy, ("same-origin", "same-site", "cross-origin"))

    def steps(self) -> Steps:
        """One constant field."""
        return Steps(headers=(("cross-origin-resource-policy", self.policy),))
