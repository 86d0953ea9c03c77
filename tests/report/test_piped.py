"""Without rich the report says the same, to the letter."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from hauberk.core.finding import Result
from hauberk.report import Meta, piped, text


def test_the_same_as_rich(result: Result, meta: Meta) -> None:
    assert piped.render(result, meta=meta) == text.render(result, meta=meta)


CHANGES: list[dict[str, object]] = [
    {"complete": False, "gaps": ("scan: the login failed.", "a: " + "very long " * 40)},
    {"complete": False, "gaps": ()},
    {"findings": ()},
    {"gaps": ("x" * 250 + " and " + "y" * 130,)},
    {"target": "a/rather/long/path/" * 9},
]


@pytest.mark.parametrize("change", CHANGES, ids=[str(sorted(one)) for one in CHANGES])
def test_the_same_as_rich_of_other_results(result: Result, meta: Meta, change: dict[str, object]) -> None:
    other = replace(result, **change)  # type: ignore[arg-type]
    assert piped.render(other, meta=meta) == text.render(other, meta=meta)


@settings(deadline=None)
@given(st.lists(st.text("ab-/ \u2192.", max_size=130), max_size=6).map(" ".join), st.integers(0, 4))
def test_lines_break_where_rich_breaks_them(given_text: str, indent: int) -> None:
    console = Console(width=piped.WIDTH, color_system=None, force_terminal=False, highlight=False, emoji=False)
    with console.capture() as shown:
        console.print(Padding(Text(given_text), (0, 0, 0, indent)))
    assert [one.rstrip() for one in piped._wrapped(given_text, indent=indent)] == [
        one.rstrip() for one in shown.get().split("\n")[:-1]
    ]


def test_wide_characters_are_left_to_rich(result: Result, meta: Meta) -> None:
    wide = replace(result, gaps=("\u6f22\u5b57",))
    assert piped.render(wide, meta=meta) is None
    assert "\u6f22" in text.render(wide, meta=meta)


def test_nothing_drives_a_terminal(result: Result, meta: Meta) -> None:
    nasty = replace(result, target="a\x1b[2Jb", gaps=("::error::x\ny\x9b",))
    said = piped.render(nasty, meta=meta)
    assert said is not None
    assert "\x1b" not in said
    assert "\x9b" not in said
