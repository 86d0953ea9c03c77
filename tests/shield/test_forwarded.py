"""Forwarded and X-Forwarded-For, element by element and from the right."""

from __future__ import annotations

from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hauberk.wire.forwarded import (
    Forwarded,
    ForwardedError,
    Node,
    address_of,
    addresses_from_right,
    elements_from_right,
)


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        # RFC 7239, section 4 and 6.3
        ('for="_gazonk"', Forwarded(source=Node("_gazonk"))),
        ('For="[2001:db8:cafe::17]:4711"', Forwarded(source=Node("2001:db8:cafe::17", "4711"))),
        (
            "for=192.0.2.60;proto=http;by=203.0.113.43",
            Forwarded(source=Node("192.0.2.60"), by=Node("203.0.113.43"), proto="http"),
        ),
        ("for=192.0.2.43", Forwarded(source=Node("192.0.2.43"))),
        ("for=unknown", Forwarded(source=Node("unknown"))),
        ('for="unknown:_p"', Forwarded(source=Node("unknown", "_p"))),
        ("for=_hidden;by=_SEVKISEK", Forwarded(source=Node("_hidden"), by=Node("_SEVKISEK"))),
        ('for="192.0.2.43:47011"', Forwarded(source=Node("192.0.2.43", "47011"))),
        ('host="app.example:8443";proto=https', Forwarded(host="app.example:8443", proto="https")),
        # what proxies send beyond the grammar
        ("for=192.0.2.43:47011;host=a.example:80", Forwarded(source=Node("192.0.2.43", "47011"), host="a.example:80")),
        ("for=[2001:db8::1] ; proto=https;", Forwarded(source=Node("2001:db8::1"), proto="https")),
        ("FOR=UNKNOWN;PROTO=HTTPS", Forwarded(source=Node("unknown"), proto="HTTPS")),
        ("for=[::ffff:192.0.2.1]", Forwarded(source=Node("192.0.2.1"))),
        (r'secret="a\"b\\c";for=_x', Forwarded(source=Node("_x"), extensions=MappingProxyType({"secret": 'a"b\\c'}))),
        ('host="a,b;c=d"', Forwarded(host="a,b;c=d")),
        ("", Forwarded()),
    ],
)  # fmt: skip
def test_elements(text: str, parsed: Forwarded) -> None:
    assert Forwarded.parse(text) == parsed
    assert Forwarded.parse(str(parsed)) == parsed


@pytest.mark.parametrize(
    "text",
    [
        "for",
        "for=",
        "=x",
        "for=1.2.3",
        "for=256.0.0.1",
        "for=2001:db8::1",
        "for=[192.0.2.1]",
        "for=[2001:db8::1",
        "for=192.0.2.1:123456",
        "for=192.0.2.1:http",
        "for=hidden",
        "for=_",
        'for="192.0.2.1',
        'for=192.0.2.1"',
        "for=a b",
        "for=192.0.2.1 proto=https",
        "for=192.0.2.1;for=192.0.2.2",
        "proto=http;Proto=https",
        "for=[fe80::1%25eth0]",
        "for=192.0.2.1/24",
        'host="a\r\nb"',
        "for = 192.0.2.1",
    ],
)
def test_no_elements(text: str) -> None:
    with pytest.raises(ForwardedError):
        Forwarded.parse(text)


@pytest.mark.parametrize(
    ("text", "elements"),
    [
        ("for=_a, for=_b", ["for=_b", "for=_a"]),
        ("for=_a ,, for=_b,", ["for=_b", "for=_a"]),
        ('for=_a;host="x,y", for=_b', ["for=_b", 'for=_a;host="x,y"']),
        (r'x="a\",b", for=_b', ["for=_b", r'x="a\",b"']),
        # what a client leaves open swallows what is before it, and nothing that a proxy added
        ('for="_a, for=_b', ["for=_b"]),
        ('for="_a, for=_b;host="x"', ['for=_b;host="x"']),
        ('x=", for=_a, for=_b', ["for=_b", "for=_a"]),
        (r'for="\", for=_b', ["for=_b", r'for="\"']),  # and this is no element: the quote is escaped
        ('for=_a", for=_b;host="c,d"', ['for=_b;host="c,d"']),
        ("", []),
        (", ,", []),
    ],
)
def test_from_the_right(text: str, elements: list[str]) -> None:
    assert list(elements_from_right(text)) == elements


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("192.0.2.1:8080", "192.0.2.1"),
        ("2001:db8::1", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("[2001:db8::1]:8080", "2001:db8::1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("[::ffff:192.0.2.1]:1", "192.0.2.1"),
        ("", None),
        ("unknown", None),
        ("_hidden", None),
        ("localhost", None),
        ("192.0.2", None),
        ("192.0.2.1:", None),
        ("192.0.2.1:x", None),
        ("192.0.2.01", None),
        ("192.0.2.1/32", None),
        ('"192.0.2.1"', None),
        ("[192.0.2.1]", None),
        ("[2001:db8::1", None),
        ("[2001:db8::1]x", None),
        ("fe80::1%eth0", None),
        ("3221225985", None),
        ("١٩٢.0.2.1", None),
    ],
)
def test_addresses(text: str, address: str | None) -> None:
    found = address_of(text)
    assert (None if found is None else str(found)) == address


def test_nothing_between_commas_is_an_element_of_x_forwarded_for() -> None:
    assert list(addresses_from_right("a,, b")) == ["b", "", "a"]


@pytest.mark.parametrize(
    ("text", "elements"),
    [
        ('"[2001:db8::1]:443"', ["[2001:db8::1]:443"]),
        ('192.0.2.1, "192.0.2.2:80" ', ["192.0.2.2:80", "192.0.2.1"]),
        # What a client leaves open stays what it is, and reaches nothing that a proxy added.
        ('"192.0.2.1, 192.0.2.2', ["192.0.2.2", '"192.0.2.1']),
        ('"192.0.2.1, 192.0.2.2"', ['192.0.2.2"', '"192.0.2.1']),
        ('""192.0.2.1"", "", "', ['"', '""', '""192.0.2.1""']),
    ],
)
def test_quotation_marks_around_a_whole_element_of_x_forwarded_for(text: str, elements: list[str]) -> None:
    assert list(addresses_from_right(text)) == elements


@given(st.text(alphabet=st.characters(max_codepoint=255)) | st.text(alphabet='for=by;,"\\[]:.1_ \t'))
def test_any_text_is_elements_or_our_own_error(text: str) -> None:
    for element in elements_from_right(text):
        try:
            parsed = Forwarded.parse(element)
        except ForwardedError:
            continue
        assert Forwarded.parse(str(parsed)) == parsed


NODES = st.builds(
    Node,
    st.ip_addresses(v=4).map(str)
    | st.ip_addresses(v=6).filter(lambda a: getattr(a, "ipv4_mapped", None) is None).map(str)
    | st.just("unknown")
    | st.from_regex(r"_[A-Za-z0-9._-]{1,9}", fullmatch=True),
    st.just("") | st.integers(0, 65535).map(str) | st.from_regex(r"_[A-Za-z0-9._-]{1,5}", fullmatch=True),
)
TEXTS = st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=255, exclude_categories=["Cc"]))
ELEMENTS = st.builds(
    Forwarded,
    source=st.none() | NODES,
    by=st.none() | NODES,
    host=TEXTS,
    proto=TEXTS,
    extensions=st.dictionaries(st.sampled_from(["x", "secret", "a-b"]), TEXTS).map(MappingProxyType),
)


@given(ELEMENTS)
def test_what_is_written_is_read_back(element: Forwarded) -> None:
    assert Forwarded.parse(str(element)) == element


@given(st.text(alphabet=st.characters(max_codepoint=255)), st.lists(ELEMENTS, min_size=1, max_size=3))
def test_what_proxies_append_is_read_whatever_a_client_wrote(client: str, proxies: list[Forwarded]) -> None:
    """The reason to read from the right."""
    chain = [str(element) for element in proxies if str(element)]
    found = elements_from_right(", ".join([client, *chain]))
    assert [next(found) for _ in chain] == chain[::-1]
