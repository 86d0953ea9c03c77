"""A slow hash over a fast one, without the password: for tables of MD5 that nobody wants to keep a day longer."""

from __future__ import annotations

import re
from base64 import urlsafe_b64encode
from functools import partial
from typing import Final

from hauberk.auth.passwords.encodings import b64_url
from hauberk.auth.passwords.importers import read as read_plain
from hauberk.auth.passwords.reading import Check, Reader, Reading, StoredHashError

NAME: Final = "$hauberk-wrapped"
SHAPE: Final = re.compile(r"\$hauberk-wrapped\$v=1\$([A-Za-z0-9_-]{1,1400})(\$.+)")


def inner_of(stored: str, reading: Reading) -> Check:
    """The fast hash. Raises StoredHashError if it is not one of those that need wrapping."""
    checks = read_plain(stored, reading)
    if not checks[0].recipe:
        raise StoredHashError("not-wrappable")
    return checks[0]


def wrapped(recipe: str, outer: str) -> str:
    """The record: how to get at the fast digest, but not the digest itself, then the slow hash of it."""
    return f"{NAME}$v=1${urlsafe_b64encode(recipe.encode()).decode().rstrip('=')}{outer}"


def read(stored: str, reading: Reading, read_outer: Reader) -> tuple[Check, ...]:
    """First the fast digest of the password, then the slow hash of that."""
    found = SHAPE.fullmatch(stored)
    if found is None or found.group(2).startswith(NAME):
        raise StoredHashError("malformed")
    try:
        recipe = b64_url(found.group(1)).decode()
    except UnicodeDecodeError:
        raise StoredHashError("malformed") from None
    outer = read_outer(found.group(2), reading)
    inner = [check for check in read_plain(recipe, reading) if check.recipe]
    return tuple(Check(partial(through, below, above), above.expected) for below in inner for above in outer)


def through(below: Check, above: Check, password: bytes) -> bytes:
    """The slow hash of the fast digest."""
    return above.compute(below.compute(password))
