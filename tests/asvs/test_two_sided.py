"""Each requirement from both sides: the application that violates it fails, its fixed twin passes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hauberk.report.evidence import GOOD, asvs_evidence
from hauberk.standards import automation
from tests.asvs.case import Case
from tests.asvs.table import CASES, FILE, text
from tests.check.conftest import judge as judge

if TYPE_CHECKING:
    from tests.check.conftest import Judge


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_two_sided(case: Case, judge: Judge) -> None:
    bad, good = judge(case.bad), judge(case.good)
    rule = f"check.{case.rule}"
    for number in case.ids:
        id = f"v5.0.0-{number}"
        violated, fixed = asvs_evidence(bad.result)[id], asvs_evidence(good.result)[id]
        assert rule in {one.rule.id for one in violated.findings if one.outcome == "fail"}, (id, "violated")
        assert {one.rule.id for one in fixed.findings if one.outcome == "fail"} == set(), (id, "fixed")
        assert "pass" in {one.outcome for one in fixed.findings}, (id, "not judged")
        # The twin may be fixed by doing without: then the requirement asks nothing of it.
        assert fixed.state in {*GOOD, "not-applicable"}, (id, fixed.state)


def test_the_table_claims_what_these_tests_show() -> None:
    """Made anew by `python -m tests.asvs.table`."""
    assert FILE.read_text("utf-8") == text()


def test_only_requirements_that_can_be_judged_are_claimed() -> None:
    assert [number for case in CASES for number in case.ids if not automation()[f"v5.0.0-{number}"].automatic] == []
