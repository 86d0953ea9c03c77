"""From what a user typed to the octets that are hashed."""

from __future__ import annotations

from typing import Final, Literal
from unicodedata import normalize

Normalization = Literal["NFKC", "NFC"] | None
LONGEST: Final = 4096
"""Octets of a password. Far above any use, and far below where hashing it would be work (as in CVE-2013-1443)."""


def forms(password: str | bytes, normalization: Normalization) -> tuple[bytes, ...]:
    """The octets to hash first, then those that other software may have hashed.

    Two keyboards can send the same word in different code points, so our hashes are made from a normal form
    (NIST SP 800-63B-4, section 3.1.1.2); other software mostly hashed what came. Bytes are taken as they are.
    Raises ValueError for text with lone surrogates, which is none, and for more than 4096 octets.
    """
    if isinstance(password, bytes):
        return (within(password),)
    raw = within(password.encode())
    if normalization is None:
        return (raw,)
    normal = normalize(normalization, password).encode()
    return (normal,) if normal == raw else (normal, raw)


def within(octets: bytes) -> bytes:
    """The same octets; raises TooLongError beyond the limit."""
    if len(octets) > LONGEST:
        raise TooLongError
    return octets


class TooLongError(ValueError):
    """More octets than any password has."""
