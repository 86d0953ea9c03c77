"""Octets as a cookie's value: base64, and base85 for what would not fit otherwise.

The alphabet of base85 is the one of ZeroMQ's RFC 32: all its letters may stand in a cookie (RFC 6265bis, 4.1.1). It
takes 5 letters for 4 octets where base64 takes 4 for 3, and is slow; a mark that base64 does not have goes before it.
"""

from __future__ import annotations

from base64 import b85decode, b85encode

import msgspec

MARK = "."
_PYTHON = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~"
_COOKIE = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#"
_TO_COOKIE = bytes.maketrans(_PYTHON, _COOKIE)
_LETTERS = frozenset(_COOKIE)
_FROM_COOKIE = bytes.maketrans(_COOKIE, _PYTHON)
_TEXT = msgspec.json.Encoder().encode
_OCTETS = msgspec.json.Decoder(bytes).decode
"""As JSON has octets: base64 between quotes. Half the price of `binascii`, and as strict about padding and letters."""


def pack(raw: bytes, room: int) -> str:
    """Octets as text; shorter, and slower to make, if it takes more than `room` letters. It may still take more."""
    text = _TEXT(raw)[1:-1].decode("ascii")
    return text if len(text) <= room else MARK + b85encode(raw).translate(_TO_COOKIE).decode("ascii")


def unpack(text: str) -> bytes:
    """The octets again. Raises ValueError for text that `pack` cannot have made."""
    if text[:1] != MARK:
        if "\\" in text:  # a letter as JSON may write it
            raise ValueError("a letter that base64 has not")
        return _OCTETS(f'"{text}"')
    packed = text[1:].encode("ascii")
    if not _LETTERS.issuperset(packed):
        raise ValueError("a letter that base85 has not")
    return b85decode(packed.translate(_FROM_COOKIE))
