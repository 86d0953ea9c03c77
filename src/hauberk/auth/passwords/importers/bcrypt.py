"""bcrypt of every dialect, bare and over a digest.

`$2a$`, `$2b$` and `$2y$` are one algorithm, with bugs in some old implementations of it. `$2x$` marks hashes made by
one that took octets above 127 as negative, and `$2$` those that left the final NUL out: nobody checks these right, so
they are refused and not taken for something else.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import b64encode
from collections.abc import Callable
from functools import partial
from typing import Final

from hauberk.auth.passwords.ceilings import within
from hauberk.auth.passwords.reading import Check, Reader, Reading, StoredHashError
from hauberk.core.errors import MissingExtraError

LONGEST: Final = 72
"""Octets that bcrypt looks at; old implementations drop the rest in silence, new ones refuse."""
SHAPE: Final = re.compile(r"\$2[aby]\$([0-9]{2})\$([./A-Za-z0-9]{22})([./A-Za-z0-9]{31})")
SHA256_1: Final = re.compile(r"\$bcrypt-sha256\$2[aby],([0-9]{1,2})\$([./A-Za-z0-9]{22})\$([./A-Za-z0-9]{31})")
SHA256_2: Final = re.compile(r"\$bcrypt-sha256\$v=2,t=2[aby],r=([0-9]{1,2})\$([./A-Za-z0-9]{22})\$([./A-Za-z0-9]{31})")
SALT_ENDS: Final = ".Oeu"
"""The last letter of a salt holds two bits; some old software left the others as they came."""
Prehash = Callable[[bytes], bytes]


def hashpw(password: bytes, salt: bytes) -> bytes:
    """bcrypt itself. Raises MissingExtraError if it is not installed, ValueError beyond 72 octets."""
    try:
        import bcrypt
    except ImportError:
        raise MissingExtraError("bcrypt", "passwords", "a bcrypt hash") from None
    return bcrypt.hashpw(password, salt)


def whole_salt(salt: str) -> str:
    """The salt with the unused bits of its last letter cleared."""
    letters = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    return salt if salt[-1] in SALT_ENDS else salt[:-1] + letters[letters.index(salt[-1]) & 0b110000]


def compute(prehash: Prehash, salt: bytes, password: bytes) -> bytes:
    """The 31 letters of digest."""
    return hashpw(prehash(password), salt)[-31:]


def check(found: re.Match[str], reading: Reading, prehash: Prehash) -> tuple[Check, ...]:
    """One bcrypt, over whatever the prehash makes of the password."""
    cost, salt, digest = found.groups()
    within(int(cost), 4, min(reading.ceilings.bcrypt_cost, 31))
    start = f"$2b${int(cost):02}${whole_salt(salt)}".encode()
    return (Check(partial(compute, prehash, start), digest.encode()),)


def cut(password: bytes) -> bytes:
    """What the software saw that made the hash: no more than 72 octets."""
    return password[:LONGEST]


def never_cut(password: bytes) -> bytes:
    """The password, if bcrypt can take it whole; a longer one never matches."""
    if len(password) > LONGEST:
        raise ValueError("longer than bcrypt can take")
    return password


def bare(stored: str, reading: Reading) -> tuple[Check, ...]:
    """`$2b$12$...`."""
    found = SHAPE.fullmatch(stored)
    if found is None:
        raise StoredHashError("unsupported" if stored.startswith(("$2x$", "$2$")) else "malformed")
    return check(found, reading, cut if reading.legacy_truncate else never_cut)


def hex_sha256(password: bytes) -> bytes:
    """What Django puts before bcrypt."""
    return hashlib.sha256(password).hexdigest().encode()


def b64_sha256(password: bytes) -> bytes:
    """What the first version of bcrypt-sha256 puts before bcrypt."""
    return b64encode(hashlib.sha256(password).digest())


def b64_hmac(salt: bytes, password: bytes) -> bytes:
    """What its second version puts there: keyed, so that a stolen plain SHA-256 is no substitute for the password."""
    return b64encode(hmac.digest(salt, password, "sha256"))


def sha256(stored: str, reading: Reading) -> tuple[Check, ...]:
    """`$bcrypt-sha256$v=2,t=2b,r=12$salt$digest` (ours too), and its first version `$bcrypt-sha256$2b,12$...`."""
    second = SHA256_2.fullmatch(stored)
    if second is not None:
        return check(second, reading, partial(b64_hmac, second.group(2).encode()))
    first = SHA256_1.fullmatch(stored)
    if first is None:
        raise StoredHashError("malformed")
    return check(first, reading, b64_sha256)


def django(stored: str, reading: Reading) -> tuple[Check, ...]:
    """`bcrypt$$2b$12$...`."""
    return bare(stored.removeprefix("bcrypt$"), reading)


def django_sha256(stored: str, reading: Reading) -> tuple[Check, ...]:
    """`bcrypt_sha256$$2b$12$...`."""
    found = SHAPE.fullmatch(stored.removeprefix("bcrypt_sha256$"))
    if found is None:
        raise StoredHashError("malformed")
    return check(found, reading, hex_sha256)


def b64_sha384(password: bytes) -> bytes:
    """What WordPress puts before bcrypt, from version 6.8 on: without the blanks around it, as PHP trims."""
    return b64encode(hmac.digest(b"wp-sha384", password.strip(b" \t\n\r\x00\x0b"), "sha384"))


def wordpress(stored: str, reading: Reading) -> tuple[Check, ...]:
    """`$wp$2y$10$...`."""
    found = SHAPE.fullmatch(stored.removeprefix("$wp"))
    if found is None:
        raise StoredHashError("malformed")
    return check(found, reading, b64_sha384)


READERS: Final[dict[str, Reader]] = {
    "$2": bare,
    "$2a": bare,
    "$2b": bare,
    "$2x": bare,
    "$2y": bare,
    "$bcrypt-sha256": sha256,
    "$wp": wordpress,
    "bcrypt$": django,
    "bcrypt_sha256$": django_sha256,
}
