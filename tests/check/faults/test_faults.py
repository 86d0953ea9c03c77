"""The 38 faults that other tools were measured on, and the hardened twins; `table` as a command judges all."""

from __future__ import annotations

import pytest

from tests.check.faults.fault import Project
from tests.check.faults.table import PROJECTS, figures

BY_FRAMEWORK = pytest.mark.parametrize("project", PROJECTS, ids=[project.framework for project in PROJECTS])


@BY_FRAMEWORK
def test_planted_faults_are_found_and_nothing_is_said_of_the_hardened_twin(project: Project) -> None:
    seen = figures([project], planted_only=True)
    assert [kind for kind, row in seen["table"].items() if not all(row.values())] == []
    assert seen["alarms_on_hardened"] == {project.framework: []}


def test_there_are_38_of_them() -> None:
    assert sum(fault.planted for project in PROJECTS for fault in project.faults) == 38


@BY_FRAMEWORK
def test_each_fault_changes_its_project(project: Project) -> None:
    for fault in project.faults:
        assert project.with_fault(fault) != project.files
