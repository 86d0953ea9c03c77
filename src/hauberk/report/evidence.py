"""What a result can say about each ASVS 5.0 requirement and each Top 10 category, and what it cannot.

Six verdicts. ENFORCED: a feature makes it true at run time. PASS: judged by rules that prove as well as refute. NO
FAULT FOUND: judged by rules that can only refute. FAIL: a fault was found. NOT APPLICABLE: the application has nothing
of the kind. NEEDS A PERSON: no machine can say, or ATTESTED, where one has said. What no part of the run could judge is
NOT JUDGED.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

from hauberk.core.finding import Finding, Result, Rule
from hauberk.standards import Automation, asvs, automation, top10

State = Literal["fail", "enforced", "pass", "no-fault", "attested", "not-applicable", "person", "not-judged"]

STATES: tuple[State, ...] = (
    "fail",
    "enforced",
    "pass",
    "no-fault",
    "attested",
    "not-applicable",
    "person",
    "not-judged",
)
LABELS: Mapping[State, str] = MappingProxyType(
    {
        "fail": "fault found",
        "enforced": "enforced",
        "pass": "passed",
        "no-fault": "no fault found",
        "attested": "a person vouches for it",
        "not-applicable": "not applicable",
        "person": "needs a person",
        "not-judged": "not judged",
    }
)
"""How the states are said."""
GOOD: frozenset[State] = frozenset({"enforced", "pass", "no-fault", "attested"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What is known of one requirement: a state, the findings it rests on, and why where they do not say it."""

    state: State
    findings: tuple[Finding, ...] = ()
    why: str = ""

    def count(self, outcome: str) -> int:
        """How many of its findings have that outcome."""
        return sum(f.outcome == outcome for f in self.findings)


def asvs_evidence(result: Result) -> Mapping[str, Evidence]:
    """A state for each of the 345 requirements, by cited id, in the order of the standard."""
    found = _by_id(asvs(), result, lambda rule: rule.asvs)
    features, attested = stat(result, "features"), stat(result, "attested")
    return {id: _verdict(findings, automation()[id], features, attested.get(id)) for id, findings in found.items()}


def top10_evidence(result: Result) -> Mapping[str, Evidence]:
    """A state for each of the ten categories, by id. No category can be passed, let alone enforced, as a whole."""
    found = _by_id(top10(), result, lambda rule: rule.top10)
    return {id: Evidence(state=_state(findings), findings=tuple(findings)) for id, findings in found.items()}


def tally(evidence: Iterable[Evidence]) -> Mapping[State, int]:
    """How many are in each state; every state is there."""
    counts: dict[State, int] = dict.fromkeys(STATES, 0)
    for one in evidence:
        counts[one.state] += 1
    return counts


def stat(result: Result, name: str) -> Mapping[str, Any]:
    """A member of the statistics: of the result itself, or of its check where it is a whole proof."""
    for place in (result.stats, result.stats.get("check")):
        if isinstance(place, Mapping) and isinstance(value := place.get(name), Mapping):
            return value
    return {}


def good(have: Mapping[State, int]) -> int:
    """How many of a tally are fulfilled, as far as anybody can say."""
    return sum(have[state] for state in GOOD)


def _verdict(
    findings: list[Finding], known: Automation, features: Mapping[str, Any], attested: Mapping[str, Any] | None
) -> Evidence:
    all_of_them = tuple(findings)
    state = _state(findings)
    if state == "fail":
        return Evidence(state="fail", findings=all_of_them)
    if known.applies_if in features and features[known.applies_if] is None:
        why = f"Nothing in the application's own code points to {known.applies_if}."
        return Evidence(state="not-applicable", findings=all_of_them, why=why)
    by = [str(f.evidence["enforced_by"]) for f in findings if f.outcome == "pass" and "enforced_by" in f.evidence]
    if by:
        return Evidence(state="enforced", findings=all_of_them, why=f"By {', '.join(dict.fromkeys(by))}.")
    if state == "no-fault":
        return Evidence(state="pass" if known.full else "no-fault", findings=all_of_them)
    if attested is not None:
        return Evidence(state=_ANSWERS[attested["answer"]], findings=all_of_them, why=_said(attested))
    if state == "not-judged" and known.mode == "attest":
        return Evidence(state="person", findings=all_of_them)
    return Evidence(state=state, findings=all_of_them)


_ANSWERS: Mapping[str, State] = MappingProxyType(
    {"fulfilled": "attested", "not-fulfilled": "fail", "not-applicable": "not-applicable"}
)


def _said(attested: Mapping[str, Any]) -> str:
    return f"{attested['by']}, {attested['on']}, until {attested['until']}: {attested['why']}"


def _state(findings: Iterable[Finding]) -> State:
    """One fault outweighs everything; a pass outweighs what could not be judged."""
    outcomes = {f.outcome for f in findings if f.evidence.get("known", True)}
    for outcome, state in _PRECEDENCE:
        if outcome in outcomes:
            return state
    return "not-judged"


_PRECEDENCE: tuple[tuple[str, State], ...] = (
    ("fail", "fail"),
    ("pass", "no-fault"),
    ("review", "person"),
    ("not-applicable", "not-applicable"),
)


def _by_id(ids: Iterable[str], result: Result, named: Callable[[Rule], tuple[str, ...]]) -> dict[str, list[Finding]]:
    by_id: dict[str, list[Finding]] = {id: [] for id in ids}
    for finding in result.findings:
        for id in dict.fromkeys(named(finding.rule)):
            if id in by_id:  # an id of another edition is none of these squares
                by_id[id].append(finding)
    return by_id
