"""The terminal's report: what counts stands first, and nothing that strangers wrote drives the terminal."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO

import pytest
from rich.console import Console

from hauberk.core.finding import Result
from hauberk.report import FORMATS, Meta, render, text


def test_the_worst_comes_first_and_every_fault_is_told(result: Result, meta: Meta) -> None:
    said = render("text", result, meta)
    order = ["CRITICAL (4)", "SQL injection", "HIGH (4)", "Path traversal", "MEDIUM (3)", "LOW (1)", "FOR A PERSON (1)"]
    assert [said.index(word) for word in order] == sorted(said.index(word) for word in order)
    for finding in result.failures:
        assert finding.title in said
        assert finding.fix.split(":")[0] in " ".join(said.split())


def test_each_place_is_one_that_an_editor_can_open(result: Result, meta: Meta) -> None:
    said = render("text", result, meta)
    for place in ("shop/store.py:48", "shop/store.py:61", "shop/main.py:14", "requirements.txt:36"):
        assert place in said


def test_the_same_fix_is_said_once_for_all_places(result: Result, meta: Meta) -> None:
    assert render("text", result, meta).count("fix Give the value to the driver") == 1


def test_how_a_package_came_in_is_told(result: Result, meta: Meta) -> None:
    assert "by way of front → webpack → async" in render("text", result, meta)


def test_figures(result: Result, meta: Meta) -> None:
    said = render("text", result, meta)
    assert "4 critical  4 high  3 medium  1 low" in said
    assert "2 passed  1 for a person  1 not applicable" in said


def test_a_gap_is_said_loudly_and_before_the_faults(result: Result, meta: Meta) -> None:
    said = render("text", replace(result, complete=False, gaps=("scan: the login failed.",)), meta)
    assert "Withheld" in said
    assert said.index("NOT JUDGED") < said.index("CRITICAL")
    assert "! scan: the login failed." in said


def test_a_run_that_broke_off_says_so_even_without_a_reason(result: Result, meta: Meta) -> None:
    assert "The run did not finish" in render("text", replace(result, complete=False), meta)


def test_what_was_left_out_knowingly_is_said_calmly(result: Result, meta: Meta) -> None:
    said = render("text", replace(result, gaps=("ignored scan.x: until May",)), meta)
    assert "LEFT OUT" in said
    assert "NOT JUDGED" not in said


def test_a_clean_result_is_not_called_safe(meta: Meta) -> None:
    said = render("text", Result(command="check", target="a:app"), meta)
    assert "A+" in said
    assert "no proof" in said


def test_no_colour_in_a_file(result: Result, meta: Meta) -> None:
    assert "\x1b" not in render("text", result, meta)


def test_colour_on_a_terminal(result: Result, meta: Meta) -> None:
    out = StringIO()
    text.write(Console(file=out, force_terminal=True, color_system="standard", width=80), result, meta=meta)
    assert "\x1b[1;31m" in out.getvalue()


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "json"])
def test_nothing_that_a_stranger_wrote_drives_a_terminal(name: str, hostile: Result, hostile_meta: Meta) -> None:
    said = render(name, hostile, hostile_meta)
    assert not set(said) & {"\x1b", "\x00", "\u202e", "\x9b", "\r"}
    said.encode()


def test_markup_of_the_printing_library_is_plain_text(result: Result, meta: Meta) -> None:
    finding = replace(result.findings[0], message="[bold]not bold[/bold] [link=https://evil.example]x[/link] :smile:")
    out = StringIO()
    console = Console(file=out, force_terminal=True, color_system="standard", width=200)
    text.write(console, replace(result, findings=(finding,)), meta=meta)
    assert "[bold]not bold[/bold] [link=https://evil.example]x[/link] :smile:" in out.getvalue()


@pytest.mark.parametrize("name", FORMATS)
def test_rendering_is_pure(name: str, result: Result, meta: Meta) -> None:
    assert render(name, result, meta) == render(name, result, meta)
    assert render(name, result, meta).endswith("\n")
