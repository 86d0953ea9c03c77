"""A Host field is one host with one port at most, in one spelling, or it is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hauberk.wire.authority import Authority, AuthorityError


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("app.example", "app.example", None),
        ("App.EXAMPLE:8443", "app.example", 8443),
        ("app.example.", "app.example", None),
        ("app.example.:80", "app.example", 80),
        ("localhost:8000", "localhost", 8000),
        ("my_service", "my_service", None),
        ("a-b.c--d.example", "a-b.c--d.example", None),
        ("xn--bcher-kva.example", "xn--bcher-kva.example", None),
        ("192.0.2.7", "192.0.2.7", None),
        ("192.0.2.7:65535", "192.0.2.7", 65535),
        ("[::1]", "[::1]", None),
        ("[2001:DB8:0:0::7]:443", "[2001:db8::7]", 443),
        ("[::ffff:192.0.2.7]", "[::ffff:c000:207]", None),
        ("a" * 63 + ".example", "a" * 63 + ".example", None),
    ],
)
def test_hosts(text: str, host: str, port: int | None) -> None:
    assert Authority.parse(text) == Authority(host, port)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        ".",
        "..",
        ".app.example",
        "app..example",
        "app.example..",
        "app.example:",
        "app.example:0",
        "app.example:080",
        "app.example:65536",
        "app.example:999999",
        "app.example:http",
        "app.example:80:80",
        "app.example:-1",
        "app.example:８０",
        "user@app.example",
        "app.example:80@evil.example",
        "app.example, evil.example",
        "app.example,evil.example",
        "app.example evil.example",
        "app.example\tevil.example",
        "app.example\r\nX-Evil: 1",
        "app.example\0",
        "app.example/",
        "app.example/path",
        "app.example?x",
        "app.example#x",
        "app.example\\evil.example",
        "http://app.example",
        "app%2eexample",
        "app.example%00",
        "app'--.example",
        '"><script>',
        "bücher.example",
        "app。example",
        "127.1",
        "2130706433",
        "0x7f.0.0.1",
        "0177.0.0.1",
        "127.0.0.01",
        "1.2.3.4.5",
        "256.0.0.1",
        "::1",
        "[::1",
        "::1]",
        "[]",
        "[::1]x",
        "[::1]:",
        "[fe80::1%25eth0]",
        "[fe80::1%eth0]",
        "[v1.x]",
        "[192.0.2.7]",
        "a" * 64 + ".example",
        "a." * 127 + "example",
    ],
)
def test_no_hosts(text: str) -> None:
    with pytest.raises(AuthorityError):
        Authority.parse(text)


@pytest.mark.parametrize(
    ("text", "loopback"),
    [
        ("localhost", True),
        ("LOCALHOST.:8000", True),
        ("shop.localhost", True),
        ("127.0.0.1", True),
        ("127.9.9.9:80", True),
        ("[::1]", True),
        ("[::ffff:127.0.0.1]", True),
        ("localhost.example", False),
        ("notlocalhost", False),
        ("192.0.2.7", False),
        ("[2001:db8::1]", False),
        ("0.0.0.0", False),
    ],
)
def test_loopback(text: str, loopback: bool) -> None:
    assert Authority.parse(text).loopback is loopback


@given(
    st.text() | st.text(alphabet="aA.:-_[]0123456789fx%@, ") | st.binary().map(lambda octets: octets.decode("latin-1"))
)
def test_any_text_is_a_host_or_our_own_error(text: str) -> None:
    try:
        authority = Authority.parse(text)
    except AuthorityError:
        return
    assert Authority.parse(str(authority)) == authority
    assert str(authority).isascii()
    assert not set(str(authority)) & set("@,/\\?#%\r\n\0 ")
