"""Text from strangers: visible, cut, and never more than text."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hauberk.report.plain import block, clip, clip_block, line, spoken, value_text, words


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain ünï 漢字 🛡", "plain ünï 漢字 🛡"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("a\x9bb", "a\\x9bb"),
        ("a\r\nb\tc", "a\\r\\nb\\tc"),
        ("user\u202egnp.exe", "user\\u202egnp.exe"),
        ("zero\u200bwidth\ufeff", "zero\\u200bwidth\\ufeff"),
        ("\ud800", "\\ud800"),
        ("a\u2028b", "a\\u2028b"),
    ],
)
def test_what_cannot_be_seen_is_written_out(text: str, shown: str) -> None:
    assert line(text) == shown


@given(st.text(st.characters(categories=["Cc", "Cf", "Cs", "Zl", "Zp", "Lu"])))
def test_a_line_is_one_line_and_can_be_encoded(text: str) -> None:
    shown = line(text)
    assert len(shown.splitlines()) <= 1
    shown.encode()
    assert not [c for c in shown if unicodedata.category(c) in ("Cc", "Cs")]


def test_a_block_keeps_its_lines_and_nothing_else() -> None:
    assert block("a\r\nb\n\tc\x1b\r") == "a\nb\n\tc\\x1b\\r"


def test_prose_is_one_line() -> None:
    assert words("  a\n b\t\tc ") == "a b c"


def test_cutting_says_so() -> None:
    assert clip("abcdef", 4) == "abc…"
    assert clip("abcd", 4) == "abcd"
    assert clip_block("abcdef", 4) == "abcd\n… 2 more characters"


def test_names_are_spoken() -> None:
    assert spoken("fixed_in") == "Fixed in"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("as it is", "as it is"),
        (True, "yes"),
        (["a", 1], "a, 1"),
        (
            {"method": "GET", "url": "/x?q=1", "headers": {"host": "h"}, "body": "b", "value": "1"},
            "GET /x?q=1\nhost: h\n\nb\n\nValue: 1",
        ),
        ({"status": 200, "headers": [["a", "b"]], "body": ""}, "HTTP 200\na: b"),
        ({"target": "open", "text": "/etc/passwd", "line": 3, "argv": []}, "open\n/etc/passwd\nLine: 3"),
        ([{"operation": "GET /", "fault": "none"}, {"operation": "GET /a", "fault": None}], "GET / · none\nGET /a"),
        ({"a": {"b": [1, 2], "c": None}}, "A: B: 1, 2"),
        (None, "null"),
    ],
)
def test_evidence_reads_as_a_person_would_write_it(value: Any, text: str) -> None:
    assert value_text(value) == text
