"""scrypt (RFC 7914) in the ways it is written down."""

from __future__ import annotations

import hashlib
import hmac
import re
from functools import partial
from typing import Final

from hauberk.auth.passwords.ceilings import within
from hauberk.auth.passwords.encodings import CRYPT, b64, crypt_number, crypt_octets, hexadecimal, number, only
from hauberk.auth.passwords.importers.pbkdf2 import pieces
from hauberk.auth.passwords.reading import Check, Reader, Reading, StoredHashError

PHC: Final = re.compile(r"(?:ln=([0-9]{1,2})|n=([0-9]{1,10})),r=([0-9]{1,6}),p=([0-9]{1,6})")


def scrypt(salt: bytes, n: int, r: int, p: int, length: int, password: bytes) -> bytes:
    """One computation."""
    return hashlib.scrypt(password, salt=salt, n=n, r=r, p=p, maxmem=128 * r * (n + p + 4), dklen=length)


def check(reading: Reading, salt: bytes, cost: tuple[int, int, int], expected: bytes) -> tuple[Check, ...]:
    """The check, after the cost has been judged."""
    reading.ceilings.allow_scrypt(*cost)
    within(len(expected), 10, 1024)
    return (Check(partial(scrypt, salt, *cost, len(expected)), expected),)


def django(stored: str, reading: Reading) -> tuple[Check, ...]:
    """`scrypt$16384$salt$8$5$base64`; the salt is text."""
    _, n, salt, r, p, expected = pieces(stored, "$", 6)
    return check(reading, salt.encode(), (number(n), number(r), number(p)), b64(expected))


def werkzeug(stored: str, reading: Reading) -> tuple[Check, ...]:
    """`scrypt:32768:8:1$salt$hex`; the salt is text."""
    method, salt, expected = pieces(stored, "$", 3)
    _, n, r, p = pieces(method, ":", 4)
    return check(reading, salt.encode(), (number(n), number(r), number(p)), hexadecimal(expected))


def phc(stored: str, reading: Reading) -> tuple[Check, ...]:
    """`$scrypt$ln=17,r=8,p=1$salt$hash` (ours too), and `n=131072` for `ln=17` as one Node.js framework writes it."""
    _, _, costs, salt, expected = pieces(stored, "$", 5)
    found = PHC.fullmatch(costs)
    if found is None:
        raise StoredHashError("malformed")
    power, n, r, p = found.groups()
    return check(reading, b64(salt), (1 << int(power) if power else int(n), int(r), int(p)), b64(expected))


def seven(stored: str, reading: Reading) -> tuple[Check, ...]:
    """`$7$` of crypt(3): one letter of log2(N), five of r, five of p, the salt as text."""
    _, _, start, digest = pieces(stored, "$", 4)
    power, r, p = crypt_number(start[:1]), crypt_number(start[1:6]), crypt_number(start[6:11])
    cost = (1 << power, r, p)
    if len(start) < 11 or len(digest) != 43:
        raise StoredHashError("malformed")
    reading.ceilings.allow_scrypt(*cost)
    return (Check(partial(seven_letters, start[11:].encode(), cost), only(digest, CRYPT).encode()),)


def seven_letters(salt: bytes, cost: tuple[int, int, int], password: bytes) -> bytes:
    """The digest in letters of crypt(3)."""
    return crypt_octets(scrypt(salt, *cost, 32, password)).encode()


def sealed_file(stored: str, reading: Reading) -> tuple[Check, ...]:
    """The header of the scrypt file format, 96 octets in base64, as scrypt-kdf of Node.js keeps passwords."""
    raw = b64(stored)
    if len(raw) != 96 or hashlib.sha256(raw[:48]).digest()[:16] != raw[48:64]:
        raise StoredHashError("malformed")
    cost = (1 << within(raw[7], 1, 63), int.from_bytes(raw[8:12], "big"), int.from_bytes(raw[12:16], "big"))
    reading.ceilings.allow_scrypt(*cost)
    return (Check(partial(header_mac, raw[:64], cost), raw[64:]),)


def header_mac(head: bytes, cost: tuple[int, int, int], password: bytes) -> bytes:
    """The MAC at the end of that header."""
    return hmac.digest(scrypt(head[16:48], *cost, 64, password)[32:], head, "sha256")


def lucia(stored: str, reading: Reading) -> tuple[Check, ...]:
    """`s2:salt:hex` of Node.js: the salt is text, N=16384, r=16, p=1."""
    _, salt, expected = pieces(stored, ":", 3)
    return check(reading, salt.encode(), (16384, 16, 1), hexadecimal(expected))


def colon(stored: str, reading: Reading) -> tuple[Check, ...]:
    """`salt:hex`, both hexadecimal, 64 octets of hash, N=16384: with r=16 as one library of Node.js has it, or with the
    r=8 of Node.js itself, where the salt may have been used as text or as octets."""
    salt, expected = pieces(stored, ":", 2)
    raw_salt, raw = hexadecimal(salt), hexadecimal(expected)
    meanings = ((salt.encode(), 16), (salt.encode(), 8), (raw_salt, 8))
    return tuple(one for text, r in meanings for one in check(reading, text, (16384, r, 1), raw))


READERS: Final[dict[str, Reader]] = {
    "scrypt$": django,
    "scrypt:": werkzeug,
    "$scrypt": phc,
    "$7": seven,
    "s2:": lucia,
}
