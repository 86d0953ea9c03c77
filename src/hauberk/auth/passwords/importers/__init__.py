"""Reading stored hashes: one table from how they begin to who reads them."""

from __future__ import annotations

import re
from typing import Final

from hauberk.auth.passwords.importers import argon2, bcrypt, crypt_digests, des_crypt, digests, pbkdf2, scrypt
from hauberk.auth.passwords.reading import Check, Reader, Reading, StoredHashError

LONGEST: Final = 4096
"""Characters of a stored hash."""
CRYPT: Final = "{CRYPT}"
BEGINNING: Final = re.compile(r"\$[0-9A-Za-z-]+(?=[$,])|\{[0-9A-Za-z.-]{1,20}\}|[0-9A-Za-z_-]{1,20}[$:.]")
SHAPES: Final[tuple[tuple[re.Pattern[str], Reader], ...]] = (
    (re.compile(r"c2NyeXB0A[A-Za-z0-9+/]{119}"), scrypt.sealed_file),
    (re.compile(r"[0-9A-Fa-f]{2,128}:[0-9A-Fa-f]{128}"), scrypt.colon),
    (re.compile(r"[0-9A-Fa-f]{16,128}"), digests.bare),
    (re.compile(r"\*[0-9A-Fa-f]{40}"), digests.mysql_41),
    (re.compile(r"md5[0-9A-Fa-f]{32}"), digests.postgres_md5),
    (re.compile(r"0x0[12]00[0-9A-Fa-f]+"), digests.mssql),
    (re.compile(r"\{FSHP[0-9]\|[0-9]{1,3}\|[0-9]{1,9}\}[A-Za-z0-9+/=]+"), digests.fshp),
    (re.compile(r"[./0-9A-Za-z]{13}"), des_crypt.traditional),
    (re.compile(r"[./0-9A-Za-z]{16}"), digests.cisco),
    (re.compile(r"_[./0-9A-Za-z]{19}"), des_crypt.extended),
    (re.compile(r"[./0-9A-Za-z]{2}(?:[./0-9A-Za-z]{11}){2,16}"), des_crypt.long),
)
READERS: Final[dict[str, Reader]] = {
    **argon2.READERS,
    **bcrypt.READERS,
    **crypt_digests.READERS,
    **des_crypt.READERS,
    **digests.READERS,
    **pbkdf2.READERS,
    **scrypt.READERS,
}
UNUSABLE: Final = frozenset({"*", "*0", "*1", "x", "NP", "*NP*"})
LOCKED: Final = ("!", "*LK*")


def read(stored: str, reading: Reading) -> tuple[Check, ...]:
    """What a stored hash of any known kind can mean. Raises StoredHashError, and nothing else, for any other text."""
    if len(stored) > LONGEST or not stored.isprintable() or not stored:
        raise StoredHashError("malformed")
    if stored in UNUSABLE or stored.startswith(LOCKED):
        raise StoredHashError("unusable")
    if stored.upper().startswith(CRYPT):
        return read_crypt(stored[len(CRYPT) :], reading)
    found = BEGINNING.match(stored)
    reader = READERS.get(found.group()) or READERS.get(found.group().upper()) if found else None
    if reader is None:
        reader = next((reader for shape, reader in SHAPES if shape.fullmatch(stored)), None)
    if reader is None:
        raise StoredHashError("unsupported")
    try:
        return reader(stored, reading)
    except UnicodeEncodeError:  # a lone surrogate in a salt
        raise StoredHashError("malformed") from None


def read_crypt(stored: str, reading: Reading) -> tuple[Check, ...]:
    """`{CRYPT}` of a directory: any hash of crypt(3) behind it."""
    if not stored.startswith("$") and len(stored) not in {13, 20}:
        raise StoredHashError("malformed")
    return read(stored, reading)
