"""SARIF that validates, and that a code host takes: files of the repository, stable fingerprints, limits."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote

import pytest
from jsonschema import Draft4Validator, Draft7Validator

from hauberk.core.finding import Finding, HttpLocation, Location, Result
from hauberk.report import Meta, render, sarif


@pytest.fixture(scope="session")
def validator(shared: Callable[[str], Path]) -> Draft4Validator | Draft7Validator:
    schema = json.loads(shared("report/sarif-schema-2.1.0.json").read_text("utf-8"))
    return Draft7Validator(schema) if "draft-07" in schema["$schema"] else Draft4Validator(schema)


def run_of(result: Result, meta: Meta, *, everything: bool = False) -> dict[str, Any]:
    run: dict[str, Any] = json.loads(sarif.render(result, meta=meta, everything=everything))["runs"][0]
    return run


@pytest.mark.parametrize("everything", [False, True])
@pytest.mark.parametrize("which", ["result", "protected", "hostile"])
def test_it_validates(
    which: str,
    everything: bool,
    meta: Meta,
    validator: Draft4Validator | Draft7Validator,
    request: pytest.FixtureRequest,
) -> None:
    document = json.loads(sarif.render(request.getfixturevalue(which), meta=meta, everything=everything))
    assert [f"{list(e.path)}: {e.message[:200]}" for e in validator.iter_errors(document)] == []


def test_an_empty_result_validates(meta: Meta, validator: Draft4Validator | Draft7Validator) -> None:
    document = json.loads(render("sarif", Result(command="audit", target="."), meta))
    assert list(validator.iter_errors(document)) == []
    assert document["runs"][0]["results"] == []


@pytest.mark.parametrize("which", ["result", "protected", "hostile"])
def test_every_result_is_at_a_relative_file(which: str, meta: Meta, request: pytest.FixtureRequest) -> None:
    for one in run_of(request.getfixturevalue(which), meta, everything=True)["results"]:
        uri = one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        assert uri
        assert not re.match(r"[A-Za-z][A-Za-z0-9+.-]*:|/", uri)
        assert ".." not in PurePosixPath(unquote(uri)).parts


@pytest.mark.parametrize(
    ("file", "uri"),
    [
        ("shop/store.py", "shop/store.py"),
        ("./shop//store.py", "shop/store.py"),
        ("shop\\store.py", "shop/store.py"),
        ("a b/ü%.py", "a%20b/%C3%BC%25.py"),
        ("shop/../main.py", "main.py"),
        (None, "shop/main.py"),
        ("", "shop/main.py"),
        ("http://example.com/x.py", "shop/main.py"),
        ("file:///etc/passwd", "shop/main.py"),
        ("javascript:alert(1)", "shop/main.py"),
        ("../other/x.py", "shop/main.py"),
        ("/usr/lib/python3/x.py", "shop/main.py"),
        ("C:\\x.py", "shop/main.py"),
        ("//host/share.py", "shop/main.py"),
    ],
)
def test_what_is_no_file_of_the_project_stands_at_its_module(
    file: str | None, uri: str, result: Result, meta: Meta
) -> None:
    finding = replace(result.findings[0], location=Location(file=file, line=7))
    (one,) = run_of(replace(result, findings=(finding,)), meta)["results"]
    place = one["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == uri
    # A line of another file is no line of this one.
    assert place["region"]["startLine"] == (7 if uri != "shop/main.py" else 1)


def test_an_absolute_file_inside_the_project_becomes_relative(result: Result, meta: Meta) -> None:
    assert meta.root is not None
    finding = replace(result.findings[0], location=Location(file=str(meta.root / "a" / "b.py"), line=3))
    (one,) = run_of(replace(result, findings=(finding,)), meta)["results"]
    assert one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "a/b.py"


@pytest.mark.parametrize(
    ("fallback", "file", "uri"),
    [
        ("{root}/shop/main.py", "{root}/shop/a.py", "shop/a.py"),
        ("{root}/shop/main.py", None, "shop/main.py"),
        # The application lies elsewhere: its files are named from where its package begins.
        ("/srv/lib/shop/main.py", "/srv/lib/shop/sub/a.py", "shop/sub/a.py"),
        ("/srv/lib/shop/main.py", "requirements.txt", "requirements.txt"),
        ("/srv/lib/shop/main.py", "/usr/lib/b.py", "shop/main.py"),
        ("/srv/lib/shop/main/__init__.py", None, "shop/main/__init__.py"),
        ("/srv/lib/else.py", "/srv/lib/a.py", "shop/main.py"),
        ("http://evil.example/shop/x.py", None, "shop/main.py"),
    ],
)
def test_a_module_outside_of_the_project_brings_its_own_root(
    fallback: str, file: str | None, uri: str, result: Result, meta: Meta
) -> None:
    here = replace(meta, fallback_file=fallback.format(root=meta.root))
    finding = replace(result.findings[0], location=Location(file=file and file.format(root=meta.root)))
    (one,) = run_of(Result(command="check", target="shop.main:app", findings=(finding,)), here)["results"]
    assert one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri


@pytest.mark.parametrize(
    ("target", "uri"),
    [
        ("shop.web.main:app", "shop/web/main.py"),
        ("https://shop.example:443", "pyproject.toml"),
        (".", "pyproject.toml"),
    ],
)
def test_without_a_named_module_the_target_tells_the_file(target: str, uri: str, result: Result, meta: Meta) -> None:
    finding = replace(result.findings[0], location=HttpLocation(method="GET", path="/"))
    bare = replace(meta, fallback_file=None)
    (one,) = run_of(Result(command="scan", target=target, findings=(finding,)), bare)["results"]
    assert one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri


def test_only_what_is_wrong_or_open_is_an_alert(result: Result, meta: Meta) -> None:
    run = run_of(result, meta)
    assert {one["kind"] for one in run["results"]} == {"fail", "review"}
    assert run["properties"]["outcomes"] == {"fail": 12, "review": 1, "pass": 2, "not-applicable": 1}


def test_everything_says_its_kind_and_only_faults_have_a_level(result: Result, meta: Meta) -> None:
    results = run_of(result, meta, everything=True)["results"]
    assert {one["kind"] for one in results} == {"fail", "review", "pass", "notApplicable"}
    assert {one["level"] for one in results if one["kind"] != "fail"} == {"none"}
    assert {one["level"] for one in results if one["kind"] == "fail"} == {"error", "warning", "note"}


def test_a_rule_says_how_bad_how_sure_and_what_to_do(result: Result, meta: Meta) -> None:
    rules = {rule["id"]: rule for rule in run_of(result, meta)["tool"]["driver"]["rules"]}
    rule = rules["scan.sql-injection"]
    assert rule["properties"] == {
        "tags": ["security", "scan", "external/cwe/cwe-089", "A05:2025", "v5.0.0-1.2.4"],
        "precision": "very-high",
        "security-severity": "9.5",
    }
    assert "Fix: Give the value to the driver" in rule["help"]["text"]
    assert rule["helpUri"].startswith("https://")
    assert rules["scan.server-version"]["properties"]["precision"] == "medium"


def test_code_hosts_read_the_severity_from_the_rule(result: Result, meta: Meta) -> None:
    run = run_of(result, meta)
    severities = {rule["id"]: rule["properties"]["security-severity"] for rule in run["tool"]["driver"]["rules"]}
    assert {id: s for id, s in severities.items() if id.startswith("audit.")} == {
        "audit.vulnerable-dependency": "5.5",
        "audit.vulnerable-dependency/high": "8.0",
        "audit.vulnerable-dependency/critical": "9.5",
    }
    ids = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert all(ids[one["ruleIndex"]] == one["ruleId"] for one in run["results"])


def test_rules_and_results_point_into_the_standards(result: Result, meta: Meta) -> None:
    run = run_of(result, meta)
    taxonomies = run["taxonomies"]
    assert [t["name"] for t in taxonomies] == ["OWASP ASVS", "CWE"]
    references = [r["target"] for rule in run["tool"]["driver"]["rules"] for r in rule["relationships"]]
    references += [taxon for one in run["results"] for taxon in one["taxa"]]
    assert references
    for reference in references:
        taxonomy = taxonomies[reference["toolComponent"]["index"]]
        assert taxonomy["name"] == reference["toolComponent"]["name"]
        assert taxonomy["taxa"][reference["index"]]["id"] == reference["id"]


def test_the_request_is_told_but_never_as_a_file(result: Result, meta: Meta) -> None:
    one = next(r for r in run_of(result, meta)["results"] if r["ruleId"] == "scan.command-injection")
    assert one["webRequest"]["method"] == "POST"
    assert one["webRequest"]["target"] == "http://testserver/shipping/label?carrier=dhl; id"
    assert one["webResponse"]["statusCode"] == 200
    logical = one["locations"][0]["logicalLocations"][0]
    assert logical["fullyQualifiedName"] == "POST /shipping/label query:carrier"


def test_a_package_is_named_as_a_package_url(result: Result, meta: Meta) -> None:
    names = [
        r["locations"][0].get("logicalLocations", [{}])[0].get("fullyQualifiedName")
        for r in run_of(result, meta)["results"]
    ]
    assert "pkg:npm/lodash@4.17.15" in names


def test_fingerprints_are_ours_and_do_not_move_with_the_line(result: Result, meta: Meta) -> None:
    moved = replace(result.findings[0], location=Location(file="shop/main.py", line=999))
    (one,) = run_of(replace(result, findings=(moved,)), meta)["results"]
    assert one["partialFingerprints"] == {
        "primaryLocationLineHash": result.findings[0].fingerprint,
        "hauberk/v1": result.findings[0].fingerprint,
    }


def test_the_category_is_the_command(result: Result, meta: Meta) -> None:
    assert run_of(result, meta)["automationDetails"]["id"] == "hauberk/prove/"


def test_an_incomplete_run_is_said_to_be_one(result: Result, meta: Meta) -> None:
    run = run_of(replace(result, complete=False, gaps=("audit: no index",)), meta)
    assert run["invocations"][0]["executionSuccessful"] is False
    assert run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"] == "audit: no index"


def test_no_more_results_than_a_code_host_takes(many: Callable[[int], Result], meta: Meta) -> None:
    few = replace(many(1).findings[0], evidence={})
    findings = tuple(replace(few, key=str(n)) for n in range(25_003))
    run = run_of(Result(command="scan", target="a:app", findings=findings), meta)
    assert len(run["results"]) == 25_000
    assert run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"].startswith(
        "3 results are left out"
    )


def test_no_more_tags_than_a_code_host_takes(result: Result, meta: Meta) -> None:
    rule = replace(result.findings[0].rule, cwe=tuple(range(1, 40)))
    finding = replace(result.findings[0], rule=rule)
    (made,) = run_of(replace(result, findings=(finding,)), meta)["tool"]["driver"]["rules"]
    assert len(made["properties"]["tags"]) == 20


def test_a_message_cannot_become_a_link(result: Result, meta: Meta) -> None:
    finding = replace(result.findings[0], message="see [here](https://evil.example)")
    (one,) = run_of(replace(result, findings=(finding,)), meta)["results"]
    assert "](" not in one["message"]["text"]


def test_files_exist_where_the_project_has_them(meta: Meta, result: Result) -> None:
    assert meta.root is not None
    for name in ("shop/main.py", "shop/store.py", "shop/pages.py", "requirements.txt"):
        path: Path = meta.root / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    for one in run_of(result, meta, everything=True)["results"]:
        uri = one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        assert (meta.root / unquote(uri)).is_file(), uri


def test_a_finding_of_another_kind_of_evidence_is_no_trouble(result: Result, meta: Meta) -> None:
    odd: list[dict[str, Any]] = [
        {"request": "GET /"},
        {"request": None},
        {"request": {"headers": [1, 2]}, "response": {"status": "x"}},
    ]
    base = next(f for f in result.findings if isinstance(f.location, HttpLocation))
    findings: tuple[Finding, ...] = tuple(replace(base, evidence=e, key=str(n)) for n, e in enumerate(odd))
    assert len(run_of(Result(command="scan", target="a:app", findings=findings), meta)["results"]) == 3
