"""What a result says about each requirement, and what it does not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hauberk.core.finding import Finding, Outcome, Result, Rule
from hauberk.report.evidence import State, asvs_evidence, tally, top10_evidence

ID = "v5.0.0-1.2.4"


def result(*outcomes: Outcome, asvs: tuple[str, ...] = (ID,)) -> Result:
    rule = Rule(id="scan.x", title="X", severity="high", why="", fix="", asvs=asvs, top10=("A05:2025", "A01:2021"))
    return Result(
        command="scan", target="a:app", findings=tuple(Finding(rule=rule, outcome=o, message="") for o in outcomes)
    )


@pytest.mark.parametrize(
    ("outcomes", "state"),
    [
        ((), "not-judged"),
        (("pass",), "pass"),
        (("fail",), "fail"),
        (("pass", "fail", "pass"), "fail"),
        (("pass", "not-applicable"), "pass"),
        (("not-applicable",), "not-applicable"),
        (("review",), "person"),
        (("not-applicable", "review"), "person"),
        (("review", "fail"), "fail"),
    ],
)
def test_a_requirement_has_the_state_of_what_weighs_most(outcomes: tuple[Outcome, ...], state: State) -> None:
    assert asvs_evidence(result(*outcomes))[ID].state == state


@pytest.mark.parametrize(
    ("id", "outcomes", "features", "answer", "state"),
    [
        # 1.3.1 is judged by rules that only refute, and asks only of applications with rich text.
        ("v5.0.0-1.3.1", ("pass",), {}, None, "no-fault"),
        ("v5.0.0-1.3.1", ("pass",), {"richtext": "bleach in app.py:1"}, None, "no-fault"),
        ("v5.0.0-1.3.1", ("pass",), {"richtext": None}, None, "not-applicable"),
        ("v5.0.0-1.3.1", ("fail",), {"richtext": None}, None, "fail"),
        # 17.1.1 is for a person, of applications with WebRTC.
        ("v5.0.0-17.1.1", (), {}, None, "person"),
        ("v5.0.0-17.1.1", (), {"webrtc": None}, None, "not-applicable"),
        ("v5.0.0-17.1.1", (), {}, "fulfilled", "attested"),
        ("v5.0.0-17.1.1", (), {}, "not-fulfilled", "fail"),
        ("v5.0.0-17.1.1", (), {}, "not-applicable", "not-applicable"),
        # Nobody's word outweighs what was seen.
        ("v5.0.0-1.2.4", ("fail",), {}, "fulfilled", "fail"),
        ("v5.0.0-1.2.4", ("review",), {}, "fulfilled", "attested"),
        ("v5.0.0-1.2.4", ("pass",), {}, "not-fulfilled", "pass"),
    ],
)
def test_features_and_answers_decide_where_no_fault_does(
    id: str, outcomes: tuple[Outcome, ...], features: dict[str, str | None], answer: str | None, state: State
) -> None:
    said = {} if answer is None else {id: {"answer": answer, "by": "Kim", "on": "d", "until": "e", "why": "so"}}
    stats = {"check": {"features": features}, "attested": said}
    assert asvs_evidence(replace(result(*outcomes, asvs=(id,)), stats=stats))[id].state == state


@pytest.mark.parametrize(("outcome", "state"), [("pass", "enforced"), ("not-applicable", "not-judged")])
def test_what_a_feature_makes_true_is_enforced_and_what_is_not_known_says_nothing(
    outcome: Outcome, state: State
) -> None:
    evidence = {"enforced_by": "Policy.guard.sql"} if outcome == "pass" else {"known": False}
    (finding,) = result(outcome).findings
    one = replace(result(), findings=(replace(finding, evidence=evidence),))
    assert asvs_evidence(one)[ID].state == state


def test_all_345_are_there_and_only_those_named_are_judged() -> None:
    have = tally(asvs_evidence(result("pass")).values())
    assert (have["pass"], have["person"], have["not-judged"], sum(have.values())) == (1, 127, 217, 345)


@pytest.mark.parametrize("id", ["1.2.4", "v4.0.3-1.2.4", "v5.0.0-99.9.9", ""])
def test_ids_of_other_editions_are_none_of_ours(id: str) -> None:
    assert tally(asvs_evidence(result("fail", asvs=(id,))).values())["fail"] == 0


def test_an_id_named_twice_counts_once() -> None:
    assert asvs_evidence(result("fail", asvs=(ID, ID)))[ID].count("fail") == 1


def test_the_ten_categories_are_judged_the_same_way() -> None:
    evidence = top10_evidence(result("fail", "pass"))
    assert [id for id, one in evidence.items() if one.state == "fail"] == ["A05:2025"]
    assert (evidence["A05:2025"].count("fail"), evidence["A05:2025"].count("pass")) == (1, 1)
