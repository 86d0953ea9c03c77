"""Each requirement from both sides: the application that violates it fails, its fixed twin passes."""

from __future__ import annotations

from pathlib import Path

import pytest

from hauberk.check.code import access, content, identity, keeping, native, peers, tokens, xml
from hauberk.core.finding import Result
from hauberk.scan.accounts import RULES as ACCOUNTS
from hauberk.standards import automation
from tests.asvs.case import By, Case
from tests.asvs.cases import CASES
from tests.asvs.judging import JUDGES
from tests.asvs.table import FILE, text

JUDGED: dict[tuple[By, str], Result] = {}
"""An application that several rows share is judged once."""


def judged(by: By, source: str, folder: Path) -> Result:
    if (by, source) not in JUDGED:
        JUDGED[by, source] = JUDGES[by](source, folder)
    return JUDGED[by, source]


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_two_sided(case: Case, tmp_path: Path) -> None:
    bad, good = judged(case.by, case.bad, tmp_path), judged(case.by, case.good, tmp_path)
    said = {outcome: {f.rule.id for f in bad.findings if f.outcome == outcome} for outcome in ("fail", "pass")}
    assert case.id in said["fail"], "the violation is not found"
    of_rule = [finding for finding in good.findings if finding.rule.id == case.id]
    assert {finding.outcome for finding in of_rule} == {"pass"}, [f"{f.outcome}: {f.message}" for f in of_rule]
    for number in case.ids:
        id = f"v5.0.0-{number}"
        about = [finding for finding in good.findings if id in finding.rule.asvs]
        assert id in of_rule[0].rule.asvs, f"{case.id} is not about {id}"
        assert [finding.message for finding in about if finding.outcome == "fail"] == []


def test_the_table_claims_what_these_tests_show() -> None:
    """Made anew by `python -m tests.asvs.table`."""
    assert FILE.read_text("utf-8") == text()


def test_only_requirements_that_can_be_judged_are_claimed() -> None:
    assert [number for case in CASES for number in case.ids if not automation()[f"v5.0.0-{number}"].automatic] == []


def test_no_row_is_there_twice() -> None:
    assert len({case.name for case in CASES}) == len(CASES)


def test_every_rule_that_has_no_pair_elsewhere_has_a_row() -> None:
    modules = (access, content, identity, keeping, native, peers, tokens, xml)
    rules = {check.rule.id for module in modules for check in module.CHECKS} | {rule.id for rule in ACCOUNTS}
    assert rules - {case.id for case in CASES} == set()
