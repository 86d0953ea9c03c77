"""The four numbers of a result, and what became of them since another one."""

from __future__ import annotations

from dataclasses import dataclass

from hauberk.core.finding import Result
from hauberk.report.evidence import asvs_evidence, good, tally
from hauberk.standards import asvs


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Counted over requirements of levels 1 and 2, which is what most applications aim at."""

    faults: int
    """Findings that fail."""
    kept: int
    """Requirements that are enforced, passed, without a fault found, or vouched for."""
    failed: int
    """Requirements with a fault."""
    person: int
    """Requirements that wait for a person."""
    absent: int
    """Requirements that do not apply."""
    total: int

    @property
    def answered(self) -> int:
        """Requirements of which something is known."""
        return self.kept + self.failed + self.absent


def figures(result: Result) -> Figures:
    """Count a result. Pure."""
    known = asvs()
    have = tally(one for id, one in asvs_evidence(result).items() if known[id].level <= 2)
    return Figures(
        faults=len(result.failures),
        kept=good(have),
        failed=have["fail"],
        person=have["person"],
        absent=have["not-applicable"],
        total=sum(have.values()),
    )
