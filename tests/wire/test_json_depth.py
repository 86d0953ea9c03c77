"""Depth and tokens of JSON, in whatever parts and encoding it comes, are those of the value that a parser makes."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hauberk.wire.json_depth import SLICE, JSONScanner


def scanned(*parts: bytes) -> tuple[int, int]:
    scanner = JSONScanner()
    for part in parts:
        scanner.feed(part)
    return scanner.depth, scanner.tokens


def depth_of(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + max(map(depth_of, value.values()), default=0)
    return 1 + max(map(depth_of, value), default=0) if isinstance(value, list) else 0


def tokens_of(value: Any) -> int:
    """Arrays and objects, and what stands behind `[`, `{`, `,` and `:`: the outermost brackets stand for themselves."""
    if isinstance(value, dict):
        return 1 + sum(1 + tokens_of(item) for item in value.values()) + max(0, len(value) - 1)
    return 1 + sum(map(tokens_of, value)) + max(0, len(value) - 1) if isinstance(value, list) else 0


@pytest.mark.parametrize(
    ("text", "depth"),
    [
        (b"null", 0),
        (b"[1,2]", 1),
        (b"[[], [[]]]", 3),
        (b'{"a": {"b": [1]}}', 3),
        (b'"[[[["', 0),
        (b'["[[[[", "]]"]', 1),
        (rb'["\"[[", "\\", [[1]]]', 3),
        (rb'["\\\"[[[", [1]]', 2),
        (b"[" * 1_000 + b"]" * 1_000, 1_000),
        (b"]]]]" + b"[" * 7, 7),
        (b"\xef\xbb\xbf[[1]]", 2),
        (b"", 0),
    ],
)
def test_depth(text: bytes, depth: int) -> None:
    assert scanned(text)[0] == depth
    assert scanned(*(text[at : at + 1] for at in range(len(text))))[0] == depth


JSON = st.recursive(
    st.none() | st.integers() | st.text(alphabet='[]{}",:\\ab\u20ac\u225b\U0001f600'),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(alphabet='"[\\a', max_size=3), inner, max_size=4)
    ),
    max_leaves=30,
)
CODECS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"]


@given(JSON, st.sampled_from(CODECS), st.booleans(), st.lists(st.integers(0, 400), max_size=6))
def test_whatever_the_value_its_encoding_and_its_parts(value: Any, codec: str, ascii_: bool, cuts: list[int]) -> None:
    document = [value, None]  # never shorter than the four octets that tell the encoding
    data = json.dumps(document, ensure_ascii=ascii_).encode(codec)
    ends = [0, *sorted(cut for cut in cuts if cut < len(data)), len(data)]
    assert json.loads(data) == document
    assert scanned(*(data[a:b] for a, b in pairwise(ends))) == (depth_of(document), tokens_of(document))


@given(st.binary())
def test_any_octets_are_scanned(data: bytes) -> None:
    assert scanned(data) == scanned(*(data[at : at + 1] for at in range(len(data))))


@pytest.mark.parametrize("unit", [b'"', b'\\"', b'"\\', b"\\", b"[", b'[["', b"[]"])
def test_slices_within_one_large_part_do_not_matter(unit: bytes) -> None:
    data = b"[" + unit * (2 * SLICE // len(unit))
    assert scanned(data) == scanned(*(data[at : at + 1_001] for at in range(0, len(data), 1_001)))


def test_quotes_in_utf_16_hide_nothing() -> None:
    """U+2222 and U+225B hold the octets of a quote and of a bracket."""
    assert scanned('["\u2222\u5b22", [[1]]]'.encode("utf-16"))[0] == 3
