"""What a result can say about each ASVS 5.0 requirement and each Top 10 category, and what it cannot."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from hauberk.core.finding import Finding, Result, Rule
from hauberk.standards import asvs, top10

State = Literal["fail", "pass", "review", "not-applicable", "not-judged"]

STATES: tuple[State, ...] = ("fail", "pass", "review", "not-applicable", "not-judged")
LABELS: Mapping[State, str] = MappingProxyType(
    {
        "fail": "fault found",
        "pass": "no fault found",
        "review": "needs a person",
        "not-applicable": "not applicable",
        "not-judged": "not judged",
    }
)
"""How the states are said. Passing means that nothing was found, never that nothing is there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What is known of one requirement: a state, and the findings it rests on."""

    state: State
    findings: tuple[Finding, ...] = ()

    def count(self, outcome: str) -> int:
        """How many of its findings have that outcome."""
        return sum(f.outcome == outcome for f in self.findings)


def asvs_evidence(result: Result) -> Mapping[str, Evidence]:
    """A state for each of the 345 requirements, by cited id, in the order of the standard."""
    return _evidence(asvs(), result, lambda rule: rule.asvs)


def top10_evidence(result: Result) -> Mapping[str, Evidence]:
    """A state for each of the ten categories, by id."""
    return _evidence(top10(), result, lambda rule: rule.top10)


def tally(evidence: Iterable[Evidence]) -> Mapping[State, int]:
    """How many are in each state; every state is there."""
    counts: dict[State, int] = dict.fromkeys(STATES, 0)
    for one in evidence:
        counts[one.state] += 1
    return counts


def state_of(findings: Iterable[Finding]) -> State:
    """One fault outweighs everything; a pass outweighs what could not be judged."""
    outcomes = {f.outcome for f in findings}
    for outcome, state in _PRECEDENCE:
        if outcome in outcomes:
            return state
    return "not-judged"


_PRECEDENCE: tuple[tuple[str, State], ...] = (
    ("fail", "fail"),
    ("pass", "pass"),
    ("review", "review"),
    ("not-applicable", "not-applicable"),
)


def _evidence(ids: Iterable[str], result: Result, named: Callable[[Rule], tuple[str, ...]]) -> Mapping[str, Evidence]:
    by_id: dict[str, list[Finding]] = {id: [] for id in ids}
    for finding in result.findings:
        for id in dict.fromkeys(named(finding.rule)):
            if id in by_id:  # an id of another edition is none of these squares
                by_id[id].append(finding)
    return {id: Evidence(state=state_of(found), findings=tuple(found)) for id, found in by_id.items()}
