"""Origins: one spelling, the browsers' own."""

from __future__ import annotations

from ipaddress import IPv6Address

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hauberk.wire.origin import MAX_LENGTH, OPAQUE, Origin, OriginError


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("https://app.example", Origin("https", "app.example")),
        ("https://app.example:8443", Origin("https", "app.example", 8443)),
        ("http://localhost:1", Origin("http", "localhost", 1)),
        ("https://app.example.", Origin("https", "app.example.")),
        ("http://192.0.2.7:65535", Origin("http", "192.0.2.7", 65535)),
        ("https://[2001:db8::1]", Origin("https", "[2001:db8::1]")),
        ("https://xn--bcher-kva.example", Origin("https", "xn--bcher-kva.example")),
        ("https://xn--9ca.xn--e28h.example", Origin("https", "xn--9ca.xn--e28h.example")),
        ("https://qa--shop.example", Origin("https", "qa--shop.example")),
        ("https://a_b.example", Origin("https", "a_b.example")),
        ("http://app.example:443", Origin("http", "app.example", 443)),
        ("moz-extension://2c127fa4-62c7-7e4f-90e5-472b45eecfdc", None),
        ("null", OPAQUE),
    ],
)
def test_what_browsers_send_is_read_and_written_the_same(text: str, origin: Origin | None) -> None:
    assert str(Origin.parse(text)) == text
    assert origin is None or Origin.parse(text) == origin


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "https",
        "https:",
        "https://",
        "://app.example",
        "//app.example",
        "app.example",
        "https:/app.example",
        "https://app.example/",
        "https://app.example/path",
        "https://app.example?q",
        "https://app.example#f",
        "https://user@app.example",
        "https://user:word@app.example",
        "https://app.example\\@evil.example",
        "https://app.example:",
        "https://app.example:443",
        "http://app.example:80",
        "https://app.example:0",
        "https://app.example:080",
        "https://app.example:65536",
        "https://app.example:999999",
        "https://app.example:+1",
        "https://app.example:1 ",
        "https://app.example:１",
        "https://app.example:8080:8080",
        " https://app.example",
        "https://app.example ",
        "https://app.example\r\nx: y",
        "https://app.example\x00",
        "https://app.example, https://app.example",
        "https://app.example https://b.example",
        "HTTPS://app.example",
        "https://App.example",
        "https://bücher.example",
        "https://app%2eexample",
        "https://.app.example",
        "https://app..example",
        "https://app.example..",
        "https://.",
        "https://" + "a" * 64 + ".example",
        "https://" + "a." * 127 + "example",
        "https://" + "a" * 5000,
        "h" * 65 + "://app.example",
        "1http://app.example",
        "ht_tp://app.example",
        "https://127.1",
        "https://2130706433",
        "https://0x7f000001",
        "https://0177.0.0.1",
        "https://1.2.3.4.5",
        "https://1.2.3.4.",
        "https://app.0x1",
        "https://[::1",
        "https://::1",
        "https://[::1]x",
        "https://[]",
        "https://[0:0:0:0:0:0:0:1]",
        "https://[::FF]",
        "https://[fe80::1%eth0]",
        "https://[::ffff:7f00:1]",
        "https://[::ffff:127.0.0.1]",
        "https://[1.2.3.4]",
        "https://xn--",
        "https://xn--f",
        "https://xn--app-.example",
        "https://xn---9ca.example",  # a second spelling of xn--9ca
        "https://xn--dca.example",  # É, of which names are written with é
        "https://xn--e-xbb.example",  # e and an accent of its own
        "https://xn--ab-1ca.example",  # a space that does not break
        "https://*.app.example",
        "Null",
        "null ",
        "file://",
        "file://server",
        "data://x",
        "blob://app.example",
    ],
)
def test_everything_else_is_refused(text: str) -> None:
    with pytest.raises(OriginError) as caught:
        Origin.parse(text)
    assert caught.value.text == text
    assert caught.value.problem
    assert len(str(caught.value)) < 6 * MAX_LENGTH


@pytest.mark.parametrize(
    ("text", "loopback"),
    [
        ("http://localhost", True),
        ("http://localhost.:3000", True),
        ("http://shop.localhost:3000", True),
        ("http://127.0.0.1", True),
        ("http://127.8.8.8:3000", True),
        ("http://[::1]:3000", True),
        ("http://notlocalhost", False),
        ("http://localhost.example", False),
        ("http://128.0.0.1", False),
        ("http://[::2]", False),
    ],
)
def test_loopback(text: str, loopback: bool) -> None:
    assert Origin.parse(text).loopback is loopback


def test_opaque_origins_are_never_the_same_and_others_are_if_all_three_parts_are() -> None:
    assert not OPAQUE.same(OPAQUE)
    assert Origin.parse("https://a.example").same(Origin("https", "a.example"))
    for other in ("http://a.example", "https://b.example", "https://a.example:444", "https://a.example.", "null"):
        assert not Origin.parse("https://a.example").same(Origin.parse(other))


LABEL = st.from_regex(r"[a-z_]([a-z0-9_-]{0,20}[a-z0-9])?", fullmatch=True).filter(lambda x: not x.startswith("xn--"))
NAME = st.lists(LABEL, min_size=1, max_size=5).map(".".join)
HOST = st.one_of(
    NAME,
    NAME.map(lambda name: name + "."),
    st.ip_addresses(v=4).map(str),
    st.integers(0, 2**128 - 1).map(IPv6Address).filter(lambda ip: ip.ipv4_mapped is None).map(lambda ip: f"[{ip}]"),
)
ORIGIN = st.builds(
    Origin,
    st.sampled_from(["http", "https", "chrome-extension", "app"]),
    HOST,
    st.one_of(st.none(), st.integers(1, 65535).filter(lambda port: port not in {80, 443})),
)


@given(ORIGIN)
def test_what_is_written_is_read_back(origin: Origin) -> None:
    assert Origin.parse(str(origin)) == origin


ODD = st.one_of(st.text(max_size=60), st.text("htps:/.[]*@-_1a%:x0 nul,é", max_size=40).map("https://".__add__))


@given(st.one_of(ODD, st.binary(max_size=60).map(lambda raw: raw.decode("latin-1"))))
@example("https://[")
@example("https://xn--a")
@example("https://xn--99999999999")
@example("https://xn--\x80")
@example("https://²")
def test_any_text_is_an_origin_in_its_one_spelling_or_our_error(text: str) -> None:
    try:
        origin = Origin.parse(text)
    except OriginError:
        return
    assert str(origin) == text
