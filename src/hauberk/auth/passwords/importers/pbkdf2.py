"""PBKDF2 (RFC 8018) in the many ways it is written down."""

from __future__ import annotations

import hashlib
import hmac
from functools import partial
from typing import Final

from hauberk.auth.passwords.ceilings import within
from hauberk.auth.passwords.encodings import ab64, b64, b64_url, hexadecimal, number
from hauberk.auth.passwords.reading import Check, Reader, Reading, StoredHashError

DIGESTS: Final = frozenset(
    {"md5", "sha1", "sha224", "sha256", "sha384", "sha512"}
    | {"sha3_224", "sha3_256", "sha3_384", "sha3_512", "blake2b", "blake2s"}
    | hashlib.algorithms_available & {"sha512_224", "sha512_256", "ripemd160", "sm3"}
)
"""Of a fixed length, and computed on this machine: those of the last row are OpenSSL's, which may lack them."""


def pbkdf2(digest: str, salt: bytes, iterations: int, length: int, password: bytes) -> bytes:
    """One computation."""
    return hashlib.pbkdf2_hmac(digest, password, salt, iterations, length)


def check(reading: Reading, digest: str, salt: bytes, iterations: int, expected: bytes) -> tuple[Check, ...]:
    """The check, after the cost has been judged."""
    within(len(expected), 10, 1024)  # what is shorter could be hit by chance
    blocks = -(-len(expected) // hashlib.new(digest, usedforsecurity=False).digest_size)
    within(iterations, 1, reading.ceilings.iterations // blocks)
    return (Check(partial(pbkdf2, digest, salt, iterations, len(expected)), expected),)


def pieces(stored: str, separator: str, count: int) -> list[str]:
    """So many pieces; raises StoredHashError for more or fewer."""
    found = stored.split(separator)
    if len(found) != count:
        raise StoredHashError("malformed")
    return found


def django(stored: str, reading: Reading) -> tuple[Check, ...]:
    """`pbkdf2_sha256$1000000$salt$base64`; the salt is text."""
    name, iterations, salt, expected = pieces(stored, "$", 4)
    return check(reading, name.removeprefix("pbkdf2_"), salt.encode(), number(iterations), b64(expected))


def werkzeug(stored: str, reading: Reading) -> tuple[Check, ...]:
    """`pbkdf2:sha256:1000000$salt$hex`; the salt is text."""
    method, salt, expected = pieces(stored, "$", 3)
    _, digest, iterations = pieces(method, ":", 3)
    if digest not in DIGESTS:
        raise StoredHashError("unsupported")
    return check(reading, digest, salt.encode(), number(iterations), hexadecimal(expected))


def modular(stored: str, reading: Reading) -> tuple[Check, ...]:
    """`$pbkdf2-sha256$29000$salt$hash`."""
    _, name, iterations, salt, expected = pieces(stored, "$", 5)
    digest = name.removeprefix("pbkdf2").removeprefix("-") or "sha1"
    return check(reading, digest, ab64(salt), number(iterations), ab64(expected))


def ldap(stored: str, reading: Reading) -> tuple[Check, ...]:
    """`{PBKDF2-SHA256}29000$salt$hash`."""
    name, _, rest = stored.removeprefix("{").partition("}")
    return modular(f"${name.lower()}${rest}", reading)


def p5k2(stored: str, reading: Reading) -> tuple[Check, ...]:
    """`$p5k2$2710$salt$hash`: two programs write it, one with 20 octets of hash, one with 24; iterations in hex."""
    _, _, iterations, salt, expected = pieces(stored, "$", 5)
    count = number(iterations, 16) if iterations else 400
    if len(expected) == 32:
        whole = stored.rpartition("$")[0].encode()
        return check(reading, "sha1", whole, count, ab64(expected))
    return check(reading, "sha1", b64_url(salt), count, b64_url(expected))


def grub(stored: str, reading: Reading) -> tuple[Check, ...]:
    """`grub.pbkdf2.sha512.10000.HEX.HEX`."""
    *head, iterations, salt, expected = pieces(stored, ".", 6)
    if head != ["grub", "pbkdf2", "sha512"]:
        raise StoredHashError("malformed")
    return check(reading, "sha512", hexadecimal(salt), number(iterations), hexadecimal(expected))


def atlassian(stored: str, reading: Reading) -> tuple[Check, ...]:
    """`{PKCS5S2}base64`: 16 octets of salt, 32 of hash, 10000 iterations."""
    raw = b64(stored.removeprefix("{PKCS5S2}"))
    if len(raw) != 48:
        raise StoredHashError("malformed")
    return check(reading, "sha1", raw[:16], 10_000, raw[16:])


def stored_key(digest: str, salt: bytes, iterations: int, password: bytes) -> bytes:
    """StoredKey of RFC 5802."""
    salted = hashlib.pbkdf2_hmac(digest, password, salt, iterations)
    return hashlib.new(digest, hmac.digest(salted, b"Client Key", digest)).digest()


def postgres(stored: str, reading: Reading) -> tuple[Check, ...]:
    """`SCRAM-SHA-256$4096:salt$StoredKey:ServerKey` (RFC 7677)."""
    _, start, keys = pieces(stored, "$", 3)
    iterations, salt = pieces(start, ":", 2)
    expected, _ = map(b64, pieces(keys, ":", 2))
    if len(expected) != 32:
        raise StoredHashError("malformed")
    count = within(number(iterations), 1, reading.ceilings.iterations)
    return (Check(partial(stored_key, "sha256", b64(salt), count), expected),)


def scram(stored: str, reading: Reading) -> tuple[Check, ...]:
    """`$scram$6400$salt$sha-1=...,sha-256=...`: the strongest of the digests is checked."""
    _, _, iterations, salt, digests = pieces(stored, "$", 5)
    named = dict(pair.split("=", 1) for pair in digests.split(",") if "=" in pair)
    for digest in ("sha512", "sha256", "sha1"):
        expected = named.get(digest.replace("sha", "sha-"))
        if expected is not None:
            return check(reading, digest, ab64(salt), number(iterations), ab64(expected))
    raise StoredHashError("unsupported")


READERS: Final[dict[str, Reader]] = {
    "pbkdf2_sha1$": django,
    "pbkdf2_sha256$": django,
    "pbkdf2_sha512$": django,
    "pbkdf2:": werkzeug,
    "$pbkdf2": modular,
    "$pbkdf2-sha256": modular,
    "$pbkdf2-sha512": modular,
    "{PBKDF2}": ldap,
    "{PBKDF2-SHA256}": ldap,
    "{PBKDF2-SHA512}": ldap,
    "$p5k2": p5k2,
    "grub.": grub,
    "{PKCS5S2}": atlassian,
    "SCRAM-SHA-256$": postgres,
    "$scram": scram,
}
