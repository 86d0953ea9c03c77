"""The loops of crypt(3) over MD5, SHA-1 and SHA-2, and those of phpass.

They run in Python, and so hold the interpreter for a while: a table full of them is best wrapped or migrated soon.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable
from functools import partial
from typing import Final

from hauberk.auth.passwords.ceilings import within
from hauberk.auth.passwords.encodings import CRYPT, crypt_group, crypt_number, crypt_octets, only
from hauberk.auth.passwords.reading import Check, Reader, Reading, StoredHashError

MD5: Final = re.compile(r"\$(1|apr1)\$([^$]{0,8})\$([./0-9A-Za-z]{22})")
SHA2: Final = re.compile(r"\$([56])\$(?:rounds=([0-9]{1,11})\$)?([^$]{0,16})\$([./0-9A-Za-z]{43}|[./0-9A-Za-z]{86})")
SHA1: Final = re.compile(r"\$sha1\$([0-9]{1,11})\$([./0-9A-Za-z]{0,64})\$([./0-9A-Za-z]{28})")
PORTABLE: Final = re.compile(r"\$([PHS])\$([./0-9A-Za-z])([./0-9A-Za-z]{8})([./0-9A-Za-z]{22}|[./0-9A-Za-z]{43})")

LONGEST: Final = 512
"""Octets of a password."""
MD5_ORDER: Final = ((0, 6, 12), (1, 7, 13), (2, 8, 14), (3, 9, 15), (4, 10, 5), (11,))
SHA256_ORDER: Final = (
    *((0, 10, 20), (21, 1, 11), (12, 22, 2), (3, 13, 23), (24, 4, 14), (15, 25, 5), (6, 16, 26), (27, 7, 17)),
    *((18, 28, 8), (9, 19, 29), (31, 30)),
)
Hash = Callable[[bytes], "hashlib._Hash"]


def bounded(password: bytes) -> bytes:
    """The password, if it is no longer than any that these loops were made for; ValueError otherwise.

    Every round hashes all of it, so a long one makes hours of a stored hash that takes a second (CVE-2016-20013).
    """
    if len(password) > LONGEST:
        raise ValueError("longer than these loops are run for")
    return password


def letters(digest: bytes, order: tuple[tuple[int, ...], ...]) -> bytes:
    """The digest in letters of crypt(3), its octets in the given groups, the first of each group highest."""
    groups = [(int.from_bytes(bytes(digest[place] for place in group), "big"), len(group) + 1) for group in order]
    return "".join([crypt_group(*group) for group in groups]).encode()


def repeated(digest: bytes, length: int) -> bytes:
    """As many octets of the digest as that, over and over."""
    return (digest * (length // len(digest) + 1))[:length]


def md5_crypt(magic: bytes, salt: bytes, password: bytes) -> bytes:
    """MD5-crypt as FreeBSD introduced it, with the magic of Apache or its own."""
    inner = hashlib.md5(password + salt + password, usedforsecurity=False).digest()
    start = password + magic + salt + repeated(inner, len(password))
    size = len(password)
    while size:
        start += b"\x00" if size & 1 else password[:1]
        size >>= 1
    digest = hashlib.md5(start, usedforsecurity=False).digest()
    for turn in range(1000):
        text = password if turn & 1 else digest
        text += salt if turn % 3 else b""
        text += password if turn % 7 else b""
        text += digest if turn & 1 else password
        digest = hashlib.md5(text, usedforsecurity=False).digest()
    return letters(digest, MD5_ORDER)


def read_md5(stored: str, reading: Reading) -> tuple[Check, ...]:
    """`$1$salt$...` and `$apr1$salt$...`."""
    found = MD5.fullmatch(stored)
    if found is None:
        raise StoredHashError("malformed")
    magic, salt, digest = found.groups()
    return (Check(partial(md5_crypt, f"${magic}$".encode(), salt.encode()), digest.encode()),)


def sha_crypt(hashed: Hash, salt: bytes, rounds: int, password: bytes) -> bytes:
    """SHA-crypt as its specification numbers it (U. Drepper, version 0.6): the digest, its octets in natural order."""
    size = len(bounded(password))
    b = hashed(password + salt + password).digest()  # 4 to 8
    text = password + salt + repeated(b, size)  # 1 to 3, 9, 10
    bits = size
    while bits:  # 11
        text += b if bits & 1 else password
        bits >>= 1
    a = hashed(text).digest()  # 12
    p = repeated(hashed(password * size).digest(), size)  # 13 to 16
    s = repeated(hashed(salt * (16 + a[0])).digest(), len(salt))  # 17 to 20
    middles = [(s if turn % 3 else b"") + (p if turn % 7 else b"") for turn in range(42)]
    ends = [p + middle if turn & 1 else middle + p for turn, middle in enumerate(middles)]
    for turn in range(rounds):  # 21; what surrounds the digest repeats after 2 * 3 * 7 turns
        end = ends[turn % 42]
        a = hashed(end + a if turn & 1 else a + end).digest()
    return a


def sha256_letters(salt: bytes, rounds: int, password: bytes) -> bytes:
    """SHA256-crypt in letters."""
    return letters(sha_crypt(hashlib.sha256, salt, rounds, password), SHA256_ORDER)


def sha512_letters(salt: bytes, rounds: int, password: bytes) -> bytes:
    """SHA512-crypt in letters: the groups turn by one place each."""
    order = []
    first, second, third = 0, 21, 42
    for _ in range(21):
        order.append((first, second, third))
        first, second, third = second + 1, third + 1, first + 1
    return letters(sha_crypt(hashlib.sha512, salt, rounds, password), (*order, (63,)))


def read_sha2(stored: str, reading: Reading) -> tuple[Check, ...]:
    """`$5$rounds=5000$salt$...` and `$6$...`; without the rounds there are 5000."""
    found = SHA2.fullmatch(stored)
    if found is None:
        raise StoredHashError("malformed")
    kind, rounds, salt, digest = found.groups()
    if len(digest) != (43 if kind == "5" else 86):
        raise StoredHashError("malformed")
    count = within(int(rounds) if rounds else 5000, 1000, reading.ceilings.rounds)
    compute = sha256_letters if kind == "5" else sha512_letters
    return (Check(partial(compute, salt.encode(), count), digest.encode()),)


def sha1_crypt(salt: bytes, rounds: int, password: bytes) -> bytes:
    """SHA1-crypt of NetBSD: HMAC under the password, again and again; the first octet stands once more at the end."""
    digest, password = salt + b"$sha1$%d" % rounds, bounded(password)
    for _ in range(rounds):
        digest = hmac.digest(password, digest, "sha1")
    return letters(digest, (*((start, start + 1, start + 2) for start in range(0, 18, 3)), (18, 19, 0)))


def read_sha1(stored: str, reading: Reading) -> tuple[Check, ...]:
    """`$sha1$40000$salt$...`."""
    found = SHA1.fullmatch(stored)
    if found is None:
        raise StoredHashError("malformed")
    rounds, salt, digest = found.groups()
    count = within(int(rounds), 1, reading.ceilings.rounds)
    return (Check(partial(sha1_crypt, salt.encode(), count), digest.encode()),)


def portable(hashed: Hash, salt: bytes, rounds: int, size: int, password: bytes) -> bytes:
    """The loop of phpass, and so many letters of its digest."""
    digest = hashed(salt + bounded(password)).digest()
    for _ in range(rounds):
        digest = hashed(digest + password).digest()
    return crypt_octets(digest)[:size].encode()


def read_portable(stored: str, reading: Reading) -> tuple[Check, ...]:
    """`$P$` and `$H$` (MD5, WordPress and phpBB), `$S$` (SHA-512, Drupal 7)."""
    found = PORTABLE.fullmatch(stored)
    if found is None:
        raise StoredHashError("malformed")
    kind, power, salt, digest = found.groups()
    if len(digest) != (43 if kind == "S" else 22):
        raise StoredHashError("malformed")
    rounds = 1 << within(crypt_number(power), 7, 30)
    within(rounds, 1, reading.ceilings.rounds)
    hashed = hashlib.sha512 if kind == "S" else partial(hashlib.md5, usedforsecurity=False)
    return (Check(partial(portable, hashed, salt.encode(), rounds, len(digest)), only(digest, CRYPT).encode()),)


READERS: Final[dict[str, Reader]] = {
    "$1": read_md5,
    "$apr1": read_md5,
    "$5": read_sha2,
    "$6": read_sha2,
    "$sha1": read_sha1,
    "$P": read_portable,
    "$H": read_portable,
    "$S": read_portable,
}
