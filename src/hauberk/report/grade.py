"""One letter for a result, and the reason for it. Withheld when a part did not run.

The score starts at 100. The worst fault of each rule costs its full weight (critical 30, high 12, medium 5, low 1,
info 0), every further fault of the same rule a quarter of it: the same mistake in twenty routes is one thing to mend.
A tentative fault counts as one severity lower than it says.

Then the worst fault caps the letter, whatever the sum: critical F, high C, medium B, low A. A chain is as strong as
its weakest link, so a hundred passed checks do not make up for one injection. Only a result without any fault is A+,
and none where source code is all that was read: what protects an application may be missing without a fault in it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import Literal

from hauberk.core.finding import SEVERITIES, Finding, Result, Severity
from hauberk.report.plain import clip, words

Letter = Literal["A+", "A", "B", "C", "D", "F"]

WEIGHTS: dict[Severity, float] = {"critical": 30, "high": 12, "medium": 5, "low": 1, "info": 0}
AGAIN = 0.25
"""What every further fault of the same rule costs, as a part of the first."""
CAPS: dict[Severity, int] = {"critical": 39, "high": 74, "medium": 89, "low": 99, "info": 100}
"""The highest score that a result with such a fault can have."""
SOURCE = "check.code-"
"""How the ids of rules begin that read source code."""
LETTERS: tuple[tuple[int, Letter], ...] = ((100, "A+"), (90, "A"), (75, "B"), (60, "C"), (40, "D"), (0, "F"))
"""From which score on each letter is given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grade:
    """How good it is, in one letter. `letter` and `score` are None when the grade is withheld."""

    letter: Letter | None
    score: int | None
    reason: str
    """One sentence."""
    capped_by: str = ""
    """The rule whose fault keeps the letter down; empty if the sum alone decides."""

    def __str__(self) -> str:
        return self.letter or "withheld"


def grade(result: Result) -> Grade:
    """Judge a result. Pure: the same findings give the same grade (the rules stand at the top of this module)."""
    if not result.complete:
        missing = clip(words(result.gaps[0]).rstrip("."), 100) if result.gaps else "the run did not finish"
        more = f", and {len(result.gaps) - 1} more" if len(result.gaps) > 1 else ""
        return Grade(letter=None, score=None, reason=f"Withheld, because not everything was judged: {missing}{more}.")
    faults = [f for f in result.failures if weighed(f) != "info"]
    if not faults:
        judged = [f for f in result.findings if f.outcome != "not-applicable"]
        if judged and all(f.rule.id.startswith(SOURCE) for f in judged):
            return Grade(letter=None, score=None, reason=_UNSEEN)
        return Grade(letter="A+", score=100, reason=_NOTHING if not result.failures else _SLIGHT)
    # Of faults that are equally bad, the application's own say more than those of its packages.
    worst = min(faults, key=lambda f: (SEVERITIES.index(weighed(f)), f.rule.id.startswith("audit.")))
    total = 100 - _cost(faults)
    cap = CAPS[weighed(worst)]
    score = max(0, round(min(total, cap)))
    letter = letter_of(score)
    what = f"a {weighed(worst)} fault: {words(worst.title)}"
    if letter_of(max(0, round(total))) == letter:
        return Grade(letter=letter, score=score, reason=f"{_count(len(result.failures))}, the worst is {what}.")
    return Grade(letter=letter, score=score, reason=f"Capped at {letter} by {what}.", capped_by=worst.rule.id)


PARTS: tuple[tuple[str, str], ...] = (
    ("check", "configuration"),
    ("audit", "dependencies"),
    ("scan", "dynamic test"),
)
"""The parts of a proof: the command, and what it looks at."""


def grade_parts(result: Result) -> dict[str, Grade]:
    """A grade for each part of `prove` that has findings: what is bad in one of them does not hide the others."""
    grades: dict[str, Grade] = {}
    for command, name in PARTS:
        findings = tuple(f for f in result.findings if f.rule.id.startswith(f"{command}."))
        gaps = tuple(gap for gap in result.gaps if gap.startswith(f"{command}: "))
        if findings:
            whole = result.complete or not gaps
            grades[name] = grade(replace(result, findings=findings, gaps=gaps, complete=whole))
    return grades


_NOTHING = "No fault was found in what was judged."
_UNSEEN = "Withheld: no fault was found in the source, and nothing could be seen of what protects the application."
_SLIGHT = "No fault that counts was found in what was judged; there are remarks."


def weighed(finding: Finding) -> Severity:
    """The severity that counts: a tentative fault may be none, so it counts as one step lower."""
    step = 1 if finding.confidence == "tentative" else 0
    return SEVERITIES[min(SEVERITIES.index(finding.severity) + step, len(SEVERITIES) - 1)]


def letter_of(score: int) -> Letter:
    """The letter for a score from 0 to 100."""
    return next(letter for floor, letter in LETTERS if score >= floor)


def _cost(faults: list[Finding]) -> float:
    """Faults come worst first, so the first of a rule is its dearest."""
    seen: Counter[str] = Counter()
    cost = 0.0
    for fault in sorted(faults, key=lambda f: SEVERITIES.index(weighed(f))):
        cost += WEIGHTS[weighed(fault)] * (AGAIN if seen[fault.rule.id] else 1)
        seen[fault.rule.id] += 1
    return cost


def _count(number: int) -> str:
    return "One fault" if number == 1 else f"{number} faults"
