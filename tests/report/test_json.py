"""JSON out and in again, against its own schema; broken files are refused with a reason."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from hauberk.core.errors import InputError
from hauberk.core.finding import Finding, HttpLocation, Location, PackageLocation, Result, Rule
from hauberk.report import Meta, render
from hauberk.report.json import load, loads, schema

VALIDATOR = Draft202012Validator(schema())


@pytest.mark.parametrize("which", ["result", "protected", "hostile"])
def test_output_follows_the_published_schema(which: str, meta: Meta, request: pytest.FixtureRequest) -> None:
    document = json.loads(render("json", request.getfixturevalue(which), meta))
    assert [error.message for error in VALIDATOR.iter_errors(document)] == []


def test_the_members_are_those_of_the_contract(result: Result, meta: Meta) -> None:
    document = json.loads(render("json", result, meta))
    assert list(document) == ["hauberk", "command", "target", "complete", "stats", "gaps", "findings"]
    assert document["findings"][6] == {
        "rule": "scan.sql-injection",
        "outcome": "fail",
        "severity": "critical",
        "confidence": "certain",
        "title": "SQL injection",
        "message": "q (query) at sqlite3.Connection.execute: the value left its literal.",
        "location": {
            "file": "shop/store.py",
            "line": 48,
            "method": "GET",
            "path": "/search",
            "in": "query",
            "parameter": "q",
        },
        "cwe": [89],
        "asvs": ["v5.0.0-1.2.4"],
        "top10": ["A05:2025"],
        "evidence": result.findings[6].evidence,
        "fix": "Give the value to the driver as a parameter instead of writing it into the statement.",
        "fingerprint": result.findings[6].fingerprint,
    }


@pytest.mark.parametrize("which", ["result", "protected", "hostile"])
def test_what_was_written_is_read_back(which: str, meta: Meta, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    written = render("json", request.getfixturevalue(which), meta)
    file = tmp_path / "results.json"
    file.write_text(written, encoding="utf-8")
    assert render("json", load(file), meta) == written


def test_kinds_of_places_survive(result: Result, meta: Meta) -> None:
    again = loads(render("json", result, meta))
    assert [f.location for f in again.findings] == [f.location for f in result.findings]
    assert {type(f.location) for f in again.findings} == {Location, PackageLocation, HttpLocation}


def test_known_rules_bring_back_what_a_file_does_not_hold(result: Result, meta: Meta) -> None:
    rules = [f.rule for f in result.findings]
    again = loads(render("json", result, meta), rules=rules)
    assert [f.rule for f in again.findings] == rules
    assert [f.title for f in again.findings] == [f.title for f in result.findings]


def broken(**change: Any) -> str:
    finding = {
        "rule": "scan.x", "outcome": "fail", "severity": "high", "confidence": "certain", "title": "", "message": "",
        "location": {}, "cwe": [], "asvs": [], "top10": [], "evidence": {}, "fix": "", "fingerprint": "f",
    }  # fmt: skip
    document = {"hauberk": "0.1.0", "command": "scan", "target": "", "complete": True, "findings": [finding | change]}
    return json.dumps(document)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "is not JSON (line 1, column 1"),
        (b"{", "is not JSON (line 1, column 2"),
        (b"\xff\xfe", "is not"),
        (b"[]", "is not a report of hauberk"),
        (b"{}", "is not a report of hauberk: Object missing required field `hauberk`"),
        (b'{"version": "2.1.0", "runs": []}', "is not a report of hauberk"),
        (b"[" * 200_000, "is nested too deeply"),
        (broken(outcome="bad"), "Invalid enum value 'bad' - at `$.findings[0].outcome`"),
        (broken(severity=None), "at `$.findings[0].severity`"),
        (broken(location={"in": "nowhere"}), "at `$.findings[0].location.in`"),
        (broken(cwe=["89"]), "at `$.findings[0].cwe[0]`"),
        (broken(evidence=[]), "at `$.findings[0].evidence`"),
    ],
)
def test_broken_input_is_an_error_that_says_where(data: bytes | str, problem: str) -> None:
    with pytest.raises(InputError) as caught:
        loads(data, source="r.json")
    assert problem in str(caught.value)
    assert str(caught.value).startswith("r.json: ")
    assert "--format json" in caught.value.fix


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.json: No such file or directory"):
        load(tmp_path / "none.json")


def test_a_folder_is_no_report(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Is a directory"):
        load(tmp_path)


@given(st.binary(max_size=200) | st.text(max_size=200))
def test_any_input_gives_a_result_or_our_own_error(data: bytes | str) -> None:
    with suppress(InputError):
        assert isinstance(loads(data), Result)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=9), lambda x: st.lists(x, max_size=3)
)


@given(st.text(max_size=30), st.text(max_size=30), st.dictionaries(st.text(max_size=9), VALUES, max_size=4))
def test_any_text_survives(title: str, file: str, evidence: dict[str, Any]) -> None:
    rule = Rule(id="scan.x", title="X", severity="low", why="", fix="")
    finding = Finding(
        rule=rule, outcome="fail", message=title, own_title=title, location=Location(file=file), evidence=evidence
    )
    result = Result(command="scan", target=title, findings=(finding,))
    meta = Meta(version="1", generated=datetime(2026, 1, 1, tzinfo=UTC))
    (again,) = loads(render("json", result, meta)).findings
    assert (again.title, again.message, again.location, again.evidence) == (
        finding.title,
        finding.message,
        finding.location,
        finding.evidence,
    )
    assert again.fingerprint == finding.fingerprint
