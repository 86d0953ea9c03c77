"""Cross-Origin-Opener-Policy, -Embedder-Policy (HTML, section 7.1) and -Resource-Policy (Fetch, section 3.7).

Three doors of one wall: who may hold a handle on our window, what we may embed, who may embed us (CWE-346, Spectre).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from hauberk.core.errors import ConfigurationError
from hauberk.core.options import flag, one_of
from hauberk.core.plan import Steps
from hauberk.shield.headers.reporting import KEY
from hauberk.shield.headers.strictness import weaker_word

COOP_RANKS = {"unsafe-none": 0, "same-origin-allow-popups": 1, "noopener-allow-popups": 2, "same-origin": 2}
COEP_RANKS = {"unsafe-none": 0, "credentialless": 1, "require-corp": 1}
CORP_RANKS = {"cross-origin": 0, "same-site": 1, "same-origin": 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class COOP:
    """Other sites' windows lose their handle on ours. `same-origin-allow-popups` where a login opens a pop-up."""

    policy: Literal["same-origin", "same-origin-allow-popups", "noopener-allow-popups", "unsafe-none"] = "same-origin"
    report_only: bool = False
    """Browsers report and do not enforce."""
    report_to: str | None = None
    """The name of a Reporting endpoint."""

    def __post_init__(self) -> None:
        one_of("COOP.policy", self.policy, COOP_RANKS)
        flag("COOP.report_only", self.report_only)
        _endpoint("COOP.report_to", self.report_to)

    def steps(self) -> Steps:
        """One constant field, and the least that the application's own may say."""
        return _steps("cross-origin-opener-policy", self.policy, COOP_RANKS, self.report_only, self.report_to)


@dataclass(frozen=True, slots=True, kw_only=True)
class COEP:
    """We embed only what agreed to be embedded. Breaks pictures from other sites, so no profile but strict has it."""

    policy: Literal["require-corp", "credentialless", "unsafe-none"] = "require-corp"
    report_only: bool = False
    """Browsers report and do not enforce."""
    report_to: str | None = None
    """The name of a Reporting endpoint."""

    def __post_init__(self) -> None:
        one_of("COEP.policy", self.policy, COEP_RANKS)
        flag("COEP.report_only", self.report_only)
        _endpoint("COEP.report_to", self.report_to)

    def steps(self) -> Steps:
        """One constant field, and the least that the application's own may say."""
        return _steps("cross-origin-embedder-policy", self.policy, COEP_RANKS, self.report_only, self.report_to)


@dataclass(frozen=True, slots=True, kw_only=True)
class CORP:
    """Who may embed what we serve without CORS. `cross-origin` for a public CDN, `same-site` for sister hosts."""

    policy: Literal["same-origin", "same-site", "cross-origin"] = "same-origin"
    report_only: bool = False
    """Send it under the name ...-Report-Only. Fetch knows no such field, so browsers do nothing with it: a mark for
    one's own tools while a change is prepared, and no protection."""

    def __post_init__(self) -> None:
        one_of("CORP.policy", self.policy, CORP_RANKS)
        flag("CORP.report_only", self.report_only)

    def steps(self) -> Steps:
        """One constant field, and the least that the application's own may say."""
        return _steps("cross-origin-resource-policy", self.policy, CORP_RANKS, self.report_only, None)


def _steps(name: str, policy: str, ranks: Mapping[str, int], report_only: bool, report_to: str | None) -> Steps:
    value = policy if report_to is None else f'{policy}; report-to="{report_to}"'
    if report_only:
        return Steps(headers=((f"{name}-report-only", value),))
    return Steps(headers=((name, value),), weaker={name: weaker_word(ranks, policy, parameters=True)})


def _endpoint(field: str, name: str | None) -> None:
    if name is not None and not KEY.match(name):
        raise ConfigurationError(field, name, "is not the name of an endpoint", "use a key of Reporting.endpoints")
