"""The base64s of password hashes: each family has its own alphabet, and some their own order of bits."""

from __future__ import annotations

import binascii
from base64 import b64encode as _b64encode
from collections.abc import Iterable
from typing import Final

from hauberk.auth.passwords.reading import StoredHashError

STANDARD: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
CRYPT: Final = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
"""Of crypt(3) and its many children; least significant bits first."""
BCRYPT: Final = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
"""Of bcrypt; bits in the order of base64."""
TO_BCRYPT: Final = str.maketrans(STANDARD, BCRYPT)
FROM_BCRYPT: Final = str.maketrans(BCRYPT, STANDARD)
VALUE: Final = {letter: number for number, letter in enumerate(CRYPT)}


def b64(text: str) -> bytes:
    """From base64, padded or not; raises StoredHashError for anything else."""
    bare = text.rstrip("=")
    if len(text) - len(bare) not in (0, -len(bare) % 4) or len(bare) % 4 == 1:
        raise StoredHashError("malformed")
    try:
        return binascii.a2b_base64(bare + "=" * (-len(bare) % 4), strict_mode=True)
    except ValueError:  # binascii.Error, and non-ASCII text
        raise StoredHashError("malformed") from None


def b64_bare(octets: bytes) -> str:
    """Into base64 without padding."""
    return _b64encode(octets).decode().rstrip("=")


def ab64(text: str) -> bytes:
    """From the base64 that writes `.` for `+`."""
    if "+" in text or "=" in text:
        raise StoredHashError("malformed")
    return b64(text.replace(".", "+"))


def b64_url(text: str) -> bytes:
    """From base64url."""
    return b64(text.replace("-", "+").replace("_", "/"))


def hexadecimal(text: str) -> bytes:
    """From hexadecimal digits of either case, with nothing between them."""
    try:
        raw = bytes.fromhex(text)
    except ValueError:
        raise StoredHashError("malformed") from None
    if len(raw) * 2 != len(text) or not raw:
        raise StoredHashError("malformed")
    return raw


def number(text: str, base: int = 10) -> int:
    """A whole number of at most 10 digits, and digits only: no sign, no blank, no underscore."""
    digits = "0123456789abcdef"[:base]
    if not text or len(text) > 11 or text.lower().strip(digits):
        raise StoredHashError("malformed")
    return int(text, base)


def crypt_group(value: int, letters: int) -> str:
    """A number as letters of crypt(3)."""
    return "".join([CRYPT[value >> 6 * place & 63] for place in range(letters)])


def crypt_octets(octets: bytes) -> str:
    """Octets as letters of crypt(3), three octets in turn, the first of them lowest."""
    return "".join(
        [
            crypt_group(int.from_bytes(octets[start : start + 3], "little"), len(octets[start : start + 3]) + 1)
            for start in range(0, len(octets), 3)
        ]
    )


def crypt_number(letters: str) -> int:
    """The number that letters of crypt(3) stand for; raises StoredHashError for other letters."""
    try:
        return sum(VALUE[letter] << 6 * place for place, letter in enumerate(letters))
    except KeyError:
        raise StoredHashError("malformed") from None


def only(text: str, alphabet: Iterable[str] = CRYPT) -> str:
    """The text; raises StoredHashError if it has letters of another alphabet."""
    if not set(text) <= set(alphabet):
        raise StoredHashError("malformed")
    return text
