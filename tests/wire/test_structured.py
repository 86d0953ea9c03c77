"""Structured fields: the examples of RFC 9651, its refusals, and the laws of a parser."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hauberk.wire.structured import (
    Bare,
    Date,
    DisplayString,
    InnerList,
    Item,
    Member,
    StructuredFieldError,
    Token,
    parse_dictionary,
    parse_item,
    parse_list,
    serialise,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5", 5),
        ("-42", -42),
        ("4.5", Decimal("4.5")),
        ('"hello \\"world\\""', 'hello "world"'),
        ("foo123/456", Token("foo123/456")),
        ("*", Token("*")),
        (":cHJldGVuZA==:", b"pretend"),
        (":cHJldGVuZA:", b"pretend"),
        ("?1", True),
        ("?0", False),
        ("@1659578233", Date(1659578233)),
        ('%"f%c3%bc"', DisplayString("fü")),
        ("  a  ", Token("a")),
    ],
)
def test_items(text: str, value: object) -> None:
    found = parse_item(text).value
    assert found == value
    assert type(found) is type(value)


def test_parameters() -> None:
    item = parse_item('same-origin; report-to="a";b;c=?0')
    assert item == Item(Token("same-origin"), {"report-to": "a", "b": True, "c": False})


def test_lists() -> None:
    assert parse_list("") == ()
    assert parse_list('sugar, ("a" b;q=1.0);x') == (
        Item(Token("sugar")),
        InnerList((Item("a"), Item(Token("b"), {"q": Decimal("1.0")})), {"x": True}),
    )


def test_dictionaries() -> None:
    found = parse_dictionary('camera=(), geolocation=(self "https://maps.example"), fullscreen=*, a;b, camera=(self)')
    assert found["camera"] == InnerList((Item(Token("self")),)), "the last one counts"
    assert list(found) == ["camera", "geolocation", "fullscreen", "a"]
    assert found["geolocation"] == InnerList((Item(Token("self")), Item("https://maps.example")))
    assert found["fullscreen"] == Item(Token("*"))
    assert found["a"] == Item(True, {"b": True})


@pytest.mark.parametrize(
    "text", ["", "a b", "a,", '"x', '"\\x"', "?2", ":a", ":?:", "1.", "1.2345", "1234567890123456"]
)
@pytest.mark.parametrize("more", ["", "same-origin, same-origin"])
def test_no_items(text: str, more: str) -> None:
    with pytest.raises(StructuredFieldError):
        parse_item(more or text)


@pytest.mark.parametrize("text", ["a, ", "a b", "(a", "(a,b)", "a;A", "A=1", "a==", "a,,b", '%"%zz"', "@1.5"])
def test_no_dictionaries(text: str) -> None:
    with pytest.raises(StructuredFieldError):
        parse_dictionary(text)


@pytest.mark.parametrize(
    "value",
    [Item("ü"), Item(10**15), Item(Token("a b")), Item(1, {"A": 1}), Item(Decimal(10**12)), Item(Decimal("NaN"))],
)
def test_what_cannot_be_written(value: Member) -> None:
    with pytest.raises(StructuredFieldError):
        serialise(value)


KEYS = st.from_regex(r"[a-z*][a-z0-9_\-.*]{0,8}", fullmatch=True)
BARE: st.SearchStrategy[Bare] = st.one_of(
    st.booleans(),
    st.integers(-(10**15) + 1, 10**15 - 1),
    st.decimals(-(10**11), 10**11, places=3),
    st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E)),
    st.from_regex(r"[A-Za-z*][!#$%&'*+\-.^_`|~0-9A-Za-z:/]{0,8}", fullmatch=True).map(Token),
    st.binary(max_size=20),
    st.integers(-(10**14), 10**14).map(Date),
    st.text(st.characters(exclude_categories=["Cs"])).map(DisplayString),
)
PARAMETERS = st.dictionaries(KEYS, BARE, max_size=3)
ITEMS = st.builds(Item, BARE, PARAMETERS)
MEMBERS: st.SearchStrategy[Member] = st.one_of(
    ITEMS, st.builds(InnerList, st.lists(ITEMS, max_size=3).map(tuple), PARAMETERS)
)


@given(st.dictionaries(KEYS, MEMBERS, max_size=4))
def test_a_dictionary_comes_back(value: dict[str, Member]) -> None:
    assert parse_dictionary(serialise(value)) == value


@given(st.lists(MEMBERS, max_size=4).map(tuple))
def test_a_list_comes_back(value: tuple[Member, ...]) -> None:
    assert parse_list(serialise(value)) == value


@given(ITEMS)
def test_an_item_comes_back(value: Item) -> None:
    assert parse_item(serialise(value)) == value


@given(
    st.one_of(
        st.text(max_size=40),
        st.text('abA"\\;,=()?:@%.01- \t*', max_size=40),
        st.binary(max_size=40).map(lambda b: b.decode("latin-1")),
    )
)
def test_any_text_gives_a_value_or_our_error(text: str) -> None:
    for parse in (parse_item, parse_list, parse_dictionary):
        try:
            found = parse(text)
        except StructuredFieldError:
            continue
        assert parse(serialise(found)) == found
