"""What other tools found: real SARIF of ruff, the fields that others use, and files that mean harm."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from hauberk.cli.report import command
from hauberk.core.errors import InputError
from hauberk.core.finding import HttpLocation
from hauberk.report import Meta, render
from hauberk.report.ingest import ingest


def written(path: Path, *results: Any, rules: Any = (), tool: str = "Semgrep OSS", **run: Any) -> Path:
    driver = {"name": tool, "rules": list(rules)}
    document = {"version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": list(results), **run}]}
    path.write_text(json.dumps(document), "utf-8")
    return path


def at(uri: str, line: int | None = 3) -> dict[str, Any]:
    region = {} if line is None else {"region": {"startLine": line}}
    return {"physicalLocation": {"artifactLocation": {"uri": uri}, **region}}


def test_what_ruff_says(tmp_path: Path, meta: Meta) -> None:
    (tmp_path / "shop.py").write_text("import subprocess\nsubprocess.call('ls ' + input(), shell=True)\n")
    options = ["check", "--isolated", "--select", "S602", "--output-format", "sarif"]
    ruff = Path(sys.executable).with_name("ruff")
    done = subprocess.run([ruff, *options, "shop.py"], cwd=tmp_path, capture_output=True, check=False)
    (tmp_path / "ruff.sarif").write_bytes(done.stdout)
    result = ingest(tmp_path / "ruff.sarif", root=tmp_path)
    (finding,) = result.failures
    assert (finding.rule.id, str(finding.location)) == ("ruff.s602", "shop.py:2")
    for form in ("text", "json", "sarif", "html", "junit", "github", "markdown"):
        assert "shell" in render(form, result, meta)


@pytest.mark.parametrize(
    ("result", "rule", "severity"),
    [
        ({}, {}, "medium"),
        ({"level": "error"}, {}, "high"),
        ({"level": "note"}, {}, "low"),
        ({}, {"defaultConfiguration": {"level": "error"}}, "high"),
        ({}, {"properties": {"security-severity": "9.8"}}, "critical"),
        ({"level": "warning"}, {"properties": {"security-severity": "9.8"}}, "medium"),
        ({"properties": {"security-severity": 7.5}}, {}, "high"),
        ({}, {"properties": {"security-severity": "much"}}, "medium"),
    ],
)
def test_severities(tmp_path: Path, result: dict[str, Any], rule: dict[str, Any], severity: str) -> None:
    path = written(tmp_path / "x.sarif", {"ruleId": "r", **result}, rules=[{"id": "r", **rule}])
    (finding,) = ingest(path).findings
    assert finding.severity == severity


def test_weaknesses_places_and_what_is_left_out(tmp_path: Path) -> None:
    rules = [{"id": "sqli", "properties": {"tags": ["external/cwe/cwe-089", "CWE-564: SQL"], "precision": "low"}}]
    path = written(
        tmp_path / "x.sarif",
        {"ruleIndex": 0, "message": {"text": "joined"}, "locations": [at(f"file://{tmp_path}/app/a%20b.py")]},
        {"ruleId": "sqli", "locations": [at("https://shop.example/items?id=1", None)], "message": {"text": "sent"}},
        {"ruleId": "sqli", "locations": [at("./b.py", -5)], "message": {"text": "third"}},
        {"ruleId": "sqli", "suppressions": [{"kind": "inSource"}]},
        {"ruleId": "sqli", "kind": "pass"},
        {"ruleId": "sqli", "kind": "review", "message": {"text": "look"}},
        rules=rules,
    )
    result = ingest(path, root=tmp_path)
    first, second, third, fourth = result.findings
    assert (first.rule.id, first.rule.cwe, first.confidence) == ("semgrep-oss.sqli", (89, 564), "tentative")
    assert str(first.location) == "app/a b.py:3"
    assert isinstance(second.location, HttpLocation)
    assert (second.location.path, str(third.location), fourth.outcome) == ("/items", "b.py", "review")
    assert len({finding.fingerprint for finding in result.findings}) == 4


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "is no JSON"),
        ("[]", "is no JSON object"),
        ("{}", "is no SARIF 2.1.0"),
        ('{"version":"2.0.0","runs":[]}', "is no SARIF 2.1.0"),
        ('{"version":"2.1.0"}', "is no SARIF 2.1.0"),
        ('{"version":' + "[" * 100_000, "is no JSON"),
    ],
)
def test_what_is_no_sarif_is_one_message(tmp_path: Path, text: str, why: str) -> None:
    (tmp_path / "x.sarif").write_text(text)
    with pytest.raises(InputError, match=why):
        ingest(tmp_path / "x.sarif")
    with pytest.raises(InputError, match="cannot be read"):
        ingest(tmp_path / "none.sarif")


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["error", "file:///etc/x"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                "runs tool driver rules id results ruleId ruleIndex message text locations physicalLocation level kind "
                "artifactLocation uri region startLine properties tags security-severity extensions".split()
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(st.lists(ANY, max_size=3))
def test_any_runs_are_findings_or_nothing(tmp_path_factory: pytest.TempPathFactory, runs: list[Any]) -> None:
    path = tmp_path_factory.mktemp("any") / "x.sarif"
    path.write_text(json.dumps({"version": "2.1.0", "runs": runs}))
    for finding in ingest(path).findings:
        assert finding.rule.id.isascii()
        json.dumps(finding.as_json())


def test_the_command_puts_all_into_one_report(tmp_path: Path) -> None:
    mine = {"hauberk": "0.1.0", "command": "check", "target": "shop:app", "complete": True, "stats": {}, "findings": []}
    (tmp_path / "mine.json").write_text(json.dumps(mine))
    path = written(tmp_path / "x.sarif", {"ruleId": "r", "level": "error", "message": {"text": "<script>\x1b[31m"}})
    run = CliRunner()
    both = [str(tmp_path / "mine.json"), "--ingest", str(path), "--format", "json", "--quiet"]
    done = run.invoke(command, both, standalone_mode=False)
    assert done.return_value == 1, done.output
    document = json.loads(done.stdout)
    assert [finding["rule"] for finding in document["findings"]] == ["semgrep-oss.r"]
    assert document["target"] == "shop:app"
    alone = ["--ingest", str(path), "--format", "text", "--quiet"]
    assert run.invoke(command, alone, standalone_mode=False).return_value == 1
    assert "Name RESULTS.json" in run.invoke(command, []).output
