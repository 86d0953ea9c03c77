"""What a result says about each requirement, and what it does not."""

from __future__ import annotations

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
        (("review",), "review"),
        (("not-applicable", "review"), "review"),
        (("review", "fail"), "fail"),
    ],
)
def test_a_requirement_has_the_state_of_what_weighs_most(outcomes: tuple[Outcome, ...], state: State) -> None:
    assert asvs_evidence(result(*outcomes))[ID].state == state


def test_all_345_are_there_and_only_those_named_are_judged() -> None:
    have = tally(asvs_evidence(result("pass")).values())
    assert have == {"fail": 0, "pass": 1, "review": 0, "not-applicable": 0, "not-judged": 344}


@pytest.mark.parametrize("id", ["1.2.4", "v4.0.3-1.2.4", "v5.0.0-99.9.9", ""])
def test_ids_of_other_editions_are_none_of_ours(id: str) -> None:
    assert tally(asvs_evidence(result("fail", asvs=(id,))).values())["not-judged"] == 345


def test_an_id_named_twice_counts_once() -> None:
    assert asvs_evidence(result("fail", asvs=(ID, ID)))[ID].count("fail") == 1


def test_the_ten_categories_are_judged_the_same_way() -> None:
    evidence = top10_evidence(result("fail", "pass"))
    assert [id for id, one in evidence.items() if one.state == "fail"] == ["A05:2025"]
    assert (evidence["A05:2025"].count("fail"), evidence["A05:2025"].count("pass")) == (1, 1)
