"""The Accept field: a value or our own error, and the choice that RFC 9110 tells."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hauberk.wire.accept import MOST_LENGTH, Accept, AcceptError, MediaRange

CHROME = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
RFC = "text/*;q=0.3, text/plain;q=0.7, text/plain;format=flowed, text/plain;format=fixed;q=0.4, */*;q=0.5"


@pytest.mark.parametrize(
    ("field", "media_type", "quality"),
    [
        (RFC, "text/plain;format=flowed", 1_000),
        (RFC, "text/plain", 700),
        (RFC, "text/html", 300),
        (RFC, "image/jpeg", 500),
        (RFC, "text/plain;format=fixed", 400),
        (RFC, "text/html;level=3", 300),
        ("", "text/html", 1_000),
        ("text/html", "text/plain", 0),
        ("TEXT/HTML", "text/html", 1_000),
        ("text/html;q=0", "text/html", 0),
        ("*/*, text/html;q=0", "text/html", 0),
        (", text/html ;Q=0.5 ,,", "text/html", 500),
        ("text/html;", "text/html", 1_000),
    ],
)
def test_quality(field: str, media_type: str, quality: int) -> None:
    assert Accept.parse(field).quality(media_type) == quality


@pytest.mark.parametrize(
    ("field", "best"),
    [
        (CHROME, "text/html"),
        ("application/json", "application/json"),
        ("*/*", "application/json"),
        ("text/html;q=0.9, application/json;q=0.1", "text/html"),
        ("image/png", None),
        ("", "application/json"),
    ],
)
def test_the_best_of_what_is_offered(field: str, best: str | None) -> None:
    assert Accept.parse(field).best(["application/json", "text/html"]) == best


@pytest.mark.parametrize(
    "field",
    [
        "text",
        "text/",
        "/html",
        "*/html",
        "text/html text/plain",
        "text/html;q=2",
        "text/html;q=0.1234",
        "text/html;q=1.001",
        "text/html;q=-1",
        "text/html;q=.5",
        "text/html;q=0.5;q=0.5",
        "text/html;level",
        'text/html;a="b',
        'text/html;a="\x00"',
        "text/h\u00e9",
        "a/b," * 101,
        "a" * (MOST_LENGTH + 1),
    ],
)
def test_no_accept_field(field: str) -> None:
    with pytest.raises(AcceptError):
        Accept.parse(field)


TOKENS = st.text(alphabet="abcxyz0189!#$&^_.+-", min_size=1, max_size=8)
LATIN = st.text(alphabet=st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="\x7f"), max_size=8)
PARAMETERS = st.tuples(TOKENS.filter(lambda name: name != "q"), LATIN)
RANGES = st.builds(
    MediaRange,
    TOKENS,
    st.one_of(st.just("*"), TOKENS),
    st.lists(PARAMETERS, max_size=3).map(tuple),
    st.integers(0, 1_000),
)


@given(st.lists(RANGES, max_size=5).map(tuple))
def test_what_is_written_is_read_back(ranges: tuple[MediaRange, ...]) -> None:
    accept = Accept(ranges)
    assert Accept.parse(str(accept)) == accept


@given(st.text(alphabet=st.characters(max_codepoint=0x17F)))
def test_any_text_is_a_field_or_our_own_error(text: str) -> None:
    try:
        accept = Accept.parse(text)
    except AcceptError:
        return
    assert Accept.parse(str(accept)) == accept
    accept.quality(text)
