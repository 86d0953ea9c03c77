"""Two pages that differ in one place are compared around that place: the answer is that of reading both."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hauberk.guard.html import _same
from hauberk.guard.scripts import differing, scripts

PARTS = (
    "<p>", "text ", "<", "</p>", "<script>", "</script>", "a=1;", "<!--", "-->", "<svg>", "</svg>", "<title>",
    "</title>", "<img src=x onerror=a()>", "'", '"', "<a href='", "javascript:x", ">", "<textarea>", "</textarea>",
    "<math>", "<style>", "</style>", '<b class="x">', "&lt;", "/", '<iframe srcdoc="', "<plaintext>", "<![CDATA[",
    "]]>", "onclick=", "<noscript>", "\n", "<base href=//x>", "x " * 400,
)  # fmt: skip
VALUES = ("<script>", "</script>", "<!--", "'>", '">', "x onx=y", "<svg>", "-->", "</title>", "<img src=1 onerror=2>")
AROUND = st.lists(st.sampled_from(PARTS), max_size=14).map("".join)


def difference(one: str, other: str) -> tuple[Counter[object], Counter[object]]:
    first, second = Counter[object](scripts(one)), Counter[object](scripts(other))
    return first - second, second - first


@given(AROUND, st.sampled_from(VALUES), AROUND)
def test_as_if_both_were_read(before: str, value: str, behind: str) -> None:
    one, other = before + value + behind, before + "a" + behind
    parts = differing(one, other, *_same(one, other))
    if parts is not None:
        here, there = Counter[object](parts[0]), Counter[object](parts[1])
        assert (here - there, there - here) == difference(one, other)


@pytest.mark.parametrize(
    ("before", "value", "behind"),
    [
        ("<script>a()</script><p>", "<b>x</b>", "</p><script>b()</script>"),
        ("<input value='", "it&#x27;s", "'><script>b()</script>"),
        ("<a title=x>", "<img src=x onerror=a()>", "</a><p>y</p>"),
    ],
)
def test_what_stands_apart_is_not_read_twice(before: str, value: str, behind: str) -> None:
    one, other = before + value + behind, before + "a" + behind
    parts = differing(one, other, *_same(one, other))
    assert parts is not None
    assert not any("b()" in script.code or script.code == "a()" for script in parts[1])


@pytest.mark.parametrize("before", ["<script>var a = '", "<title>", "<!-- ", "<svg><script>", "<style>"])
def test_within_what_is_read_otherwise_reading_begins_before_it(before: str) -> None:
    one, other = f"<p>x</p>{before}</script></title>--></style><img onerror=a()>", f"<p>x</p>{before}a<img onerror=a()>"
    parts = differing(one, other, *_same(one, other))
    assert parts is None or (Counter(parts[0]), Counter(parts[1])) == (Counter(scripts(one)), Counter(scripts(other)))
