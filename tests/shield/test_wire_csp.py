"""Content-Security-Policy as browsers read it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hauberk.wire.csp import Policy, parse, serialise


@pytest.mark.parametrize(
    ("field", "policies"),
    [
        ("", []),
        (" ; ,; ", []),
        ("default-src 'self'", [{"default-src": ("'self'",)}]),
        ("Default-Src 'self' ; img-src  a  b;", [{"default-src": ("'self'",), "img-src": ("a", "b")}]),
        ("img-src a; img-src b", [{"img-src": ("a",)}]),
        ("img-src a, img-src b", [{"img-src": ("a",)}, {"img-src": ("b",)}]),
        ("img-src a;\tfont-src\tb\n c", [{"img-src": ("a",), "font-src": ("b", "c")}]),
        ("img-src a\x0bb", [{"img-src": ("a\x0bb",)}]),
        ("img-src b\xfccher.example; font-src a", [{"font-src": ("a",)}]),
        ("img-src\xa0a", []),
        ("upgrade-insecure-requests", [{"upgrade-insecure-requests": ()}]),
    ],
)
def test_rows(field: str, policies: list[Policy]) -> None:
    assert parse(field) == policies


@given(st.text())
def test_any_text_is_read_and_comes_back(field: str) -> None:
    for policy in parse(field):
        assert parse(serialise(policy)) == [policy]
