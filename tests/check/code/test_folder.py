"""`hauberk check DIR`: code alone, nothing imported."""

from __future__ import annotations

from pathlib import Path

import pytest

from hauberk.check import check
from hauberk.core.errors import NothingToTestError
from hauberk.integrations.facts.folder import folder_facts

FAULT = "import jwt\njwt.decode(token, options={'verify_signature': False})\n"


def test_code_is_judged_and_never_run(tmp_path: Path) -> None:
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "views.py").write_text(FAULT + "raise SystemExit('it was imported')\n", "utf-8")
    result = check(folder_facts(tmp_path))
    assert [(f.rule.id, str(f.location)) for f in result.failures] == [("check.code-jwt-unverified", "web/views.py:2")]
    assert result.complete
    assert "hauberk check module:app" in result.gaps[0]


@pytest.mark.parametrize("folder", ["tests", "node_modules", ".git", "venv"])
def test_other_peoples_code_and_tests_are_left_out(tmp_path: Path, folder: str) -> None:
    (tmp_path / folder).mkdir()
    (tmp_path / folder / "x.py").write_text(FAULT, "utf-8")
    with pytest.raises(NothingToTestError):
        folder_facts(tmp_path)


def test_a_file_that_cannot_be_read_makes_the_result_incomplete(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("def broken(:\n", "utf-8")
    (tmp_path / "b.py").write_text("x = 1\n", "utf-8")
    result = check(folder_facts(tmp_path))
    assert not result.complete
    assert any("a.py" in gap for gap in result.gaps)
