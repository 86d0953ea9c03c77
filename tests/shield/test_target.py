"""What a client asked for can be sent back to it in one line, and means the same."""

from __future__ import annotations

from urllib.parse import unquote_to_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hauberk.wire.target import target_octets, url_octets


@pytest.mark.parametrize(
    ("path", "query", "target"),
    [
        (b"/", b"", "/"),
        (b"/a%20b", b"c=d&e", "/a%20b?c=d&e"),
        (b"/a b\r\nX:1", b"\n", "/a%20b%0D%0AX:1?%0A"),
        (b"/\xc3\xbc", b"\xff", "/%C3%BC?%FF"),
        (b"/a#b", b"#", "/a%23b?%23"),
        (b"/a\\b", b'"<>', "/a%5Cb?%22%3C%3E"),
        (b"/100%", b"%", "/100%?%"),
        (b"/[a]:;,@!$&'()*+=~", b"?/", "/[a]:;,@!$&'()*+=~??/"),
    ],
)
def test_targets(path: bytes, query: bytes, target: str) -> None:
    assert target_octets(path, query) == target


@given(st.binary())
def test_any_octets_stay_what_they_are(octets: bytes) -> None:
    text = url_octets(octets)
    assert text.isascii()
    assert text.isprintable()
    assert not set(' "#<>\\^`{|}') & set(text)
    assert unquote_to_bytes(text) == unquote_to_bytes(octets)
    assert url_octets(text.encode()) == text
