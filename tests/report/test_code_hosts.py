"""GitHub annotations, Markdown and JUnit: what a CI server reads, and what it must not read into it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from hauberk.core.finding import Location, Result
from hauberk.report import Meta, render
from hauberk.report.github import annotation
from hauberk.report.markdown import escape


@pytest.mark.parametrize(
    ("kind", "message", "properties", "line"),
    [
        ("error", "plain", {}, "::error::plain"),
        ("error", "a\nb\rc", {}, "::error::a%0Ab%0Dc"),
        ("error", "100% %0A", {}, "::error::100%25 %250A"),
        ("warning", "x::error::y", {"title": "a,b:c::d"}, "::warning title=a%2Cb%3Ac%3A%3Ad::x::error::y"),
        ("notice", "x", {"file": "a.py", "line": 3, "title": None}, "::notice file=a.py,line=3::x"),
        ("notice", "x", {"file": "a\n::error::.py"}, "::notice file=a%0A%3A%3Aerror%3A%3A.py::x"),
    ],
)
def test_annotations_are_escaped(kind: str, message: str, properties: dict[str, str | int | None], line: str) -> None:
    assert annotation(kind, message, **properties) == line  # type: ignore[arg-type]


def test_every_line_is_one_command(hostile: Result, hostile_meta: Meta) -> None:
    for line in render("github", hostile, hostile_meta).splitlines():
        assert re.match(r"::(error|warning|notice) [^:\n]*::", line)


def test_severities_are_the_three_kinds(result: Result, meta: Meta) -> None:
    said = render("github", result, meta)
    assert "::error file=shop/store.py,line=48,title=SQL injection (scan.sql-injection)::GET /search query:q" in said
    assert "::warning file=shop/main.py,line=22,title=Session cookie" in said
    assert "::notice file=shop/main.py,title=The server tells its version" in said


def test_a_file_outside_of_the_project_is_not_named(result: Result, meta: Meta) -> None:
    finding = replace(result.findings[0], location=Location(file="/usr/lib/x.py", line=9))
    assert "file=shop/main.py,title=" in render("github", replace(result, findings=(finding,)), meta)


def test_what_is_not_shown_is_counted(many: Callable[[int], Result], meta: Meta) -> None:
    lines = render("github", many(50), meta).splitlines()
    assert len([line for line in lines if line.startswith("::error")]) == 10
    assert "40 further faults are not shown here" in lines[-1]


def test_a_gap_is_an_error_and_what_was_left_out_a_warning(result: Result, meta: Meta) -> None:
    gaps = ("scan: no login.",)
    assert render("github", replace(result, complete=False, gaps=gaps), meta).startswith("::error title=hauberk%3A inc")
    assert render("github", replace(result, gaps=gaps), meta).startswith("::warning title=hauberk%3A left out::")


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("plain text, (really) 1.2", "plain text, (really) 1.2"),
        ("shop/store.py:48", "shop/store.py:48"),
        ("a|b", "a&#124;b"),
        ("<img src=x>", "&#60;img src=x&#62;"),
        ("`code` *b* _i_", "&#96;code&#96; &#42;b&#42; &#95;i&#95;"),
        ("[x](http://e)", "&#91;x&#93;(http&#58;//e)"),
        ("www.example.com", "www&#46;example.com"),
        ("WWW.example.com", "WWW&#46;example.com"),
        ("@team #12", "&#64;&#8203;team &#35;&#8203;12"),
        ("&lt;", "&#38;lt;"),
        ("a\nb", "a b"),
        ("![i](j)", "&#33;&#91;i&#93;(j)"),
        ("\\|", "&#92;&#124;"),
    ],
)
def test_markdown_is_escaped(text: str, escaped: str) -> None:
    assert escape(text) == escaped


def test_a_table_keeps_its_columns(hostile: Result, hostile_meta: Meta) -> None:
    rows = [line for line in render("markdown", hostile, hostile_meta).splitlines() if line.startswith("| critical")]
    assert len(rows) == 21
    assert {row.count("|") for row in rows} == {5}


def test_markdown_holds_no_markup_of_strangers(hostile: Result, hostile_meta: Meta) -> None:
    assert set(re.findall(r"<[^>]*>", render("markdown", hostile, hostile_meta))) == {"<br>", "<sub>", "</sub>"}


def test_markdown_says_the_grade_and_the_rest(many: Callable[[int], Result], meta: Meta) -> None:
    said = render("markdown", many(80), meta)
    assert said.startswith("## hauberk prove: F\n")
    assert "30 more faults are in the full report." in said


def test_a_withheld_grade_is_said_in_markdown(result: Result, meta: Meta) -> None:
    said = render("markdown", replace(result, complete=False, gaps=("audit: no index",)), meta)
    assert said.startswith("## hauberk prove: withheld\n")
    assert "**Not judged**\n\n- audit: no index" in said


def suites(result: Result, meta: Meta) -> ET.Element:
    return ET.fromstring(render("junit", result, meta))


def test_junit_has_a_suite_for_each_part(result: Result, meta: Meta) -> None:
    root = suites(result, meta)
    counts = {s.get("name"): (s.get("tests"), s.get("failures"), s.get("skipped")) for s in root}
    assert counts == {
        "hauberk audit": ("3", "3", "0"),
        "hauberk check": ("3", "2", "1"),
        "hauberk scan": ("10", "7", "1"),
    }
    assert (root.get("tests"), root.get("failures"), root.get("errors"), root.get("skipped")) == ("16", "12", "0", "2")


def test_a_failure_has_file_line_and_fix(result: Result, meta: Meta) -> None:
    cases = suites(result, meta).iterfind(".//testcase[@classname='hauberk.scan.command-injection']")
    (case,) = (case for case in cases if case.find("failure") is not None)
    assert (case.get("file"), case.get("line")) == ("shop/store.py", "97")
    failure = case.find("failure")
    assert failure is not None
    assert failure.get("type") == "critical"
    assert "fix: Pass the program" in (failure.text or "")


def test_a_gap_is_an_error_for_a_ci_server(result: Result, meta: Meta) -> None:
    assert suites(replace(result, complete=False), meta).get("errors") == "1"
    assert suites(replace(result, gaps=("ignored x",)), meta).get("errors") == "0"


def test_junit_of_anything_is_xml(hostile: Result, hostile_meta: Meta) -> None:
    root = suites(hostile, hostile_meta)
    assert {e.tag for e in root.iter()} <= {"testsuites", "testsuite", "testcase", "failure", "skipped", "error"}
