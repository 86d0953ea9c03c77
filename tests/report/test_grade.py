"""One letter, its reason, and when there is none."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hauberk.core.finding import SEVERITIES, Confidence, Finding, Location, Outcome, Result, Rule, Severity
from hauberk.report.grade import LETTERS, grade


def fault(severity: Severity, rule: str = "", confidence: Confidence = "certain", outcome: Outcome = "fail") -> Finding:
    made = Rule(id=rule or f"scan.{severity}", title=f"A {severity} one", severity=severity, why="", fix="")
    return Finding(rule=made, outcome=outcome, message="", location=Location(file="a.py"), confidence=confidence)


def result(*findings: Finding, complete: bool = True, gaps: tuple[str, ...] = ()) -> Result:
    return Result(command="prove", target="a:app", findings=findings, complete=complete, gaps=gaps)


@pytest.mark.parametrize(
    ("findings", "letter", "score"),
    [
        ((), "A+", 100),
        ((fault("high", outcome="pass"),), "A+", 100),
        ((fault("critical", outcome="review"), fault("critical", outcome="not-applicable")), "A+", 100),
        ((fault("info"),), "A+", 100),
        ((fault("low", confidence="tentative"),), "A+", 100),
        ((fault("low"),), "A", 99),
        ((fault("medium", confidence="tentative"),), "A", 99),
        ((fault("medium"),), "B", 89),
        ((fault("high"),), "C", 74),
        ((fault("critical"),), "F", 39),
        ((fault("critical", confidence="tentative"),), "C", 74),
        (tuple(fault("high", f"scan.r{n}") for n in range(4)), "D", 52),
        (tuple(fault("high", f"scan.r{n}") for n in range(9)), "F", 0),
        # The same mistake in four places costs 12 + 3 * 3.
        (tuple(fault("high", "scan.same") for _ in range(4)), "C", 74),
        (tuple(fault("medium", "scan.same") for _ in range(9)), "B", 85),
    ],
)
def test_letters(findings: tuple[Finding, ...], letter: str, score: int) -> None:
    given = grade(result(*findings))
    assert (given.letter, given.score) == (letter, score)


def test_source_alone_gets_no_letter_for_what_it_cannot_tell() -> None:
    source = fault("high", "check.code-sql", outcome="pass")
    aside = fault("high", "check.cookies-secure", outcome="not-applicable")
    given = grade(result(source, aside))
    assert (given.letter, given.score) == (None, None)
    assert "nothing could be seen" in given.reason
    assert grade(result(fault("low", "check.code-sql"), aside)).letter == "A"
    assert grade(result(source, replace(aside, outcome="pass"))).letter == "A+"


def test_a_cap_names_its_rule() -> None:
    given = grade(result(fault("critical", "scan.sql-injection"), fault("low")))
    assert given.capped_by == "scan.sql-injection"
    assert given.reason == "Capped at F by a critical fault: A critical one."


def test_where_the_sum_alone_decides_nothing_is_capped() -> None:
    given = grade(result(*(fault("high", f"scan.r{n}") for n in range(4))))
    assert given.capped_by == ""
    assert given.reason == "4 faults, the worst is a high fault: A high one."


def test_the_own_fault_is_named_before_a_package() -> None:
    assert grade(result(fault("critical", "audit.x"), fault("critical", "scan.x"))).capped_by == "scan.x"


@pytest.mark.parametrize(
    ("gaps", "reason"),
    [
        (
            ("scan: the app did not start.",),
            "Withheld, because not everything was judged: scan: the app did not start.",
        ),
        (("a", "b", "c"), "Withheld, because not everything was judged: a, and 2 more."),
        ((), "Withheld, because not everything was judged: the run did not finish."),
    ],
)
def test_an_incomplete_run_has_no_grade(gaps: tuple[str, ...], reason: str) -> None:
    given = grade(result(fault("low"), complete=False, gaps=gaps))
    assert (given.letter, given.score, given.reason) == (None, None, reason)
    assert str(given) == "withheld"


def test_what_was_left_out_knowingly_withholds_nothing() -> None:
    assert grade(result(gaps=("ignored scan.x: accepted until May",))).letter == "A+"


FAULTS = st.lists(
    st.builds(
        fault,
        st.sampled_from(SEVERITIES),
        st.sampled_from(["scan.a", "scan.b", "audit.c"]),
        st.sampled_from(["certain", "firm", "tentative"]),
    ),
    max_size=30,
)


@given(FAULTS, FAULTS)
def test_one_more_fault_never_makes_it_better(some: list[Finding], more: list[Finding]) -> None:
    fewer, all_of_them = grade(result(*some)), grade(result(*some, *more))
    assert (all_of_them.score or 0) <= (fewer.score or 0)


@given(FAULTS)
def test_the_order_of_findings_does_not_matter(some: list[Finding]) -> None:
    assert grade(result(*some)).score == grade(result(*reversed(some))).score


@given(FAULTS)
def test_letter_and_score_agree(some: list[Finding]) -> None:
    given = grade(result(*some))
    assert given.score is not None
    assert given.letter == next(letter for floor, letter in LETTERS if given.score >= floor)


def test_passes_do_not_pay_for_faults() -> None:
    passes = tuple(replace(fault("low", outcome="pass"), key=str(n)) for n in range(500))
    assert grade(result(fault("critical"), *passes)).letter == "F"
