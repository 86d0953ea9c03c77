"""`hauberk attest`: an answer is kept in the project, listed, and stands in what check says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from hauberk.report.evidence import asvs_evidence
from hauberk.report.json import loads

if TYPE_CHECKING:
    from tests.cli.conftest import Run


def test_an_answer_is_kept_listed_and_counts(hauberk: Run, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text("from starlette.applications import Starlette\napp = Starlette()\n")
    asked = hauberk("attest")
    assert asked.returncode == 0
    assert "2.1.1" in asked.stdout
    said = hauberk("attest", "2.1.1", "--answer", "fulfilled", "--by", "Kim", "--why", "docs/rules.md")
    assert said.returncode == 0, said.stderr
    assert "Kim" in hauberk("attest").stdout
    checked = hauberk("check", "main:app", "--format", "json")
    one = asvs_evidence(loads(checked.stdout))["v5.0.0-2.1.1"]
    assert (one.state, one.why.startswith("Kim, ")) == ("attested", True)
    assert json.loads(checked.stdout)["stats"]["attested"]["v5.0.0-2.1.1"]["why"] == "docs/rules.md"


def test_the_verdicts_of_a_run_are_listed(hauberk: Run, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(
        "import hauberk\nfrom starlette.applications import Starlette\napp = hauberk.protect(Starlette())\n"
    )
    hauberk("check", "main:app", "--format", "json=results.json")
    said = json.loads(hauberk("asvs", "--results", "results.json", "--json").stdout)["requirements"]
    verdicts = {one["id"]: one["verdict"] for one in said}
    assert len(verdicts) == 345
    assert verdicts["v5.0.0-3.4.3"] == "enforced"
    assert verdicts["v5.0.0-17.1.1"] == "not-applicable"
    assert "enforced" in hauberk("asvs", "--results", "results.json", "--level", "1").stdout
