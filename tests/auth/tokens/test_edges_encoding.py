"""Both sides of every condition of the two encodings: a change to one is noticed here (`fuzz.mutate_tokens`)."""

from __future__ import annotations

from typing import Any

import pytest

from hauberk.auth.tokens.encoding import DEEPEST, _parse, decode, decode_octets, encode, parse
from hauberk.auth.tokens.errors import TokenError


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b"{}", {}),
        (b' {"a" : 1}\n', {"a": 1}),
        (b'{"a":"x\\u00e9"}', {"a": "x\u00e9"}),
        (b'{"a":"\\ud83d\\ude00"}', {"a": "\U0001f600"}),
        (b'{"a":{"a":{"a":[1]}}}', {"a": {"a": {"a": [1]}}}),
        (b'{"a":"\\":","b":1}', {"a": '":', "b": 1}),
        (b'{"a":1e308}', {"a": 1e308}),
        (b'{"a":-1.5}', {"a": -1.5}),
    ],
)
def test_what_is_json(raw: bytes, value: object) -> None:
    assert parse(raw) == value
    assert _parse(raw) == value


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b"1",
        b"null",
        b'"a"',
        b"{",
        b'{"a":1}x',
        b'{"a":1,"a":1}',
        b'{"a":1,"\\u0061":1}',
        b'{"a":1,"a":"\\":x"}',
        b'{"x":{"a":1,"a":1}}',
        b'{"x":[{"a":1,"a":1}]}',
        b'{"a":1 ,"a" :1}',
        b'{"a":NaN}',
        b'{"a":Infinity}',
        b'{"a":-Infinity}',
        b'{"a":1e309}',
        b'{"a":-1e309}',
        b'{"a":"\\ud800"}',
        b'{"\\udfff":1}',
        b'{"a":"\xff"}',
        b'\xef\xbb\xbf{"a":1}',
        '{"a":1}'.encode("utf-16"),
        b'{"a":"\n"}',
        b"{'a':1}",
        b'{"a":01}',
        b'{"a":1,}',
        b'{"a":' + b"9" * 5_000 + b"}",
    ],
)
def test_what_is_none_of_ours(raw: bytes) -> None:
    for read in (parse, _parse):
        with pytest.raises(TokenError, match="json"):
            read(raw)


@pytest.mark.parametrize("read", [parse, _parse])
@pytest.mark.parametrize(("opens", "closes"), [(b"[", b"]"), (b'{"b":', b"}")])
def test_how_deep(read: Any, opens: bytes, closes: bytes) -> None:
    def nested(levels: int, beside: bytes = b"") -> bytes:
        return b'{"a":' + opens * (levels - 1) + b"1" + closes * (levels - 1) + beside + b"}"

    assert read(nested(DEEPEST))
    with pytest.raises(TokenError, match="nested"):
        read(nested(DEEPEST + 1))
    # Many, and yet not deep: side by side, or within a text.
    assert read(nested(DEEPEST, b',"c":[' + b",".join([b"[]"] * 100) + b"]"))
    assert read(b'{"c":[' + b",".join([b"{}"] * 100) + b"]}")
    for text in (b"[" * 100, b'\\"' + b"[" * 100, b'\\\\\\"' + b"{" * 100):
        assert read(b'{"c":"' + text + b'"}')
    # Deep, and each level closes something before it opens the next.
    assert read(nested(1, b',"c":' + b"[[]," * (DEEPEST - 2) + b"[]" + b"]" * (DEEPEST - 2)))
    with pytest.raises(TokenError, match="nested"):
        read(nested(1, b',"c":' + b"[[]," * DEEPEST + b"[]" + b"]" * DEEPEST))
    # And deep, behind a text that seems not to end.
    for text in (b"\\\\", b"]]]]]]", b'\\"]]]]'):
        with pytest.raises(TokenError, match="nested"):
            read(b'{"c":"' + text + b'","a":' + b"[" * DEEPEST + b"1" + b"]" * DEEPEST + b"}")


@pytest.mark.parametrize("length", range(9))
def test_base64url_of_every_length(length: int) -> None:
    for raw in (bytes(length), b"\xff" * length, b"\xfb\xef\xbe" * length):
        text = encode(raw)
        assert decode(text) == decode_octets(text.encode()) == raw
        assert not set(text) & set("+/=")


@pytest.mark.parametrize("left", [2, 3])
def test_bits_that_are_left_over_are_zero(left: int) -> None:
    """Of the 64 letters, those that end a text of this length: 4 with two letters, 16 with three."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    good = 0
    for letter in letters:
        text = "A" * (left - 1) + letter
        try:
            raw = decode(text)
        except TokenError:
            continue
        assert encode(raw) == text
        good += 1
    assert good == {2: 4, 3: 16}[left]


@pytest.mark.parametrize(
    "text", ["A", "AAAAA", "AA==", "AAA=", "+AAA", "/AAA", "AA A", "AAA\n", "\u00e9AAA", "=", "A===", "\0AAA"]
)
def test_what_is_no_base64url(text: str) -> None:
    with pytest.raises(TokenError, match="encoding"):
        decode(text)
