"""Fast digests, salted or not. A stolen table of these is read in hours: `Passwords.wrap` every one of them at once.

Each has a `recipe`, the stored text without its digest, so that a slow hash can be laid over it without the password.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from functools import partial
from typing import Final

from hauberk.auth.passwords.ceilings import within
from hauberk.auth.passwords.encodings import b64, b64_bare, crypt_octets, hexadecimal, number
from hauberk.auth.passwords.importers.pbkdf2 import DIGESTS, pieces
from hauberk.auth.passwords.importers.windows import lan_manager, md4, mysql_323, nt, oracle_10
from hauberk.auth.passwords.reading import Check, Reader, Reading, StoredHashError

Digest = Callable[[bytes], bytes]


def plain(digest: str, password: bytes) -> bytes:
    """The digest of the password alone."""
    return hashlib.new(digest, password, usedforsecurity=False).digest()


def before(digest: str, salt: bytes, password: bytes) -> bytes:
    """The salt first, then the password."""
    return plain(digest, salt + password)


def after(digest: str, salt: bytes, password: bytes) -> bytes:
    """The password first, then the salt."""
    return plain(digest, password + salt)


def keyed(digest: str, salt: bytes, password: bytes) -> bytes:
    """HMAC of the password under the salt."""
    return hmac.digest(salt, password, digest)


def twice_sha1(password: bytes) -> bytes:
    """SHA-1 of SHA-1."""
    return plain("sha1", plain("sha1", password))


def wide_sha(digest: str, salt: bytes, password: bytes) -> bytes:
    """The password as UTF-16, then the salt."""
    return plain(digest, password.decode().encode("utf-16-le") + salt)


BARE: Final[dict[int, tuple[Digest, ...]]] = {
    8: (mysql_323,),
    16: (partial(plain, "md5"), nt, md4, lan_manager),
    20: (partial(plain, "sha1"),),
    28: (partial(plain, "sha224"),),
    32: (partial(plain, "sha256"),),
    48: (partial(plain, "sha384"),),
    64: (partial(plain, "sha512"),),
}


def bare(stored: str, reading: Reading) -> tuple[Check, ...]:
    """Hexadecimal digits and nothing else: the length tells which digests it can be."""
    raw = hexadecimal(stored)
    digests = BARE.get(len(raw))
    if digests is None:
        raise StoredHashError("malformed")
    if len(raw) == 8 and reading.user:
        digests = (*digests, partial(oracle_10, reading.user))
    if len(raw) == 16 and reading.user:
        digests = (*digests, partial(domain_cached, reading.user), partial(domain_cached_2, reading.user))
        if ":" in reading.user:  # name:realm of RFC 7616
            digests = (*digests, partial(before, "md5", reading.user.encode() + b":"))
    return tuple(Check(digest, raw, "0" * len(stored)) for digest in digests)


def domain_cached(user: str, password: bytes) -> bytes:
    """Domain cached credentials, first version: MD4 of the NT hash and the name."""
    return md4(nt(password) + user.lower().encode("utf-16-le"))


def domain_cached_2(user: str, password: bytes) -> bytes:
    """The same, second version: PBKDF2 over the first."""
    name = user.lower().encode("utf-16-le")
    return hashlib.pbkdf2_hmac("sha1", domain_cached(user, password), name, 10_240, 16)


def salted(stored: str, reading: Reading) -> tuple[Check, ...]:
    """`sha1$salt$hex`: the salt before the password (Django), or HMAC under the salt (Werkzeug before 2.3)."""
    digest, salt, expected = pieces(stored, "$", 3)
    raw = hexadecimal(expected)
    if len(raw) != hashlib.new(digest, usedforsecurity=False).digest_size:
        raise StoredHashError("malformed")
    recipe = f"{digest}${salt}${'0' * len(expected)}"
    if not salt:
        return (Check(partial(plain, digest), raw, recipe),)
    return tuple(Check(partial(way, digest, salt.encode()), raw, recipe) for way in (before, keyed))


LDAP: Final = {
    "{MD5}": ("md5", False),
    "{SHA}": ("sha1", False),
    "{SHA256}": ("sha256", False),
    "{SHA384}": ("sha384", False),
    "{SHA512}": ("sha512", False),
    "{SMD5}": ("md5", True),
    "{SSHA}": ("sha1", True),
    "{SSHA256}": ("sha256", True),
    "{SSHA384}": ("sha384", True),
    "{SSHA512}": ("sha512", True),
}


def ldap(stored: str, reading: Reading) -> tuple[Check, ...]:
    """`{SSHA}base64` of digest and salt (RFC 2307, and its customary extensions)."""
    name, _, rest = stored.partition("}")
    digest, has_salt = LDAP[name.upper() + "}"]
    if not has_salt and len(rest) == 2 * hashlib.new(digest, usedforsecurity=False).digest_size:
        return ldap_hex(digest, name, rest)
    raw = b64(rest)
    size = hashlib.new(digest, usedforsecurity=False).digest_size
    if not (size < len(raw) <= size + 64 if has_salt else len(raw) == size):
        raise StoredHashError("malformed")
    recipe = f"{name}}}{b64_bare(bytes(size) + raw[size:])}"
    return (Check(partial(after, digest, raw[size:]), raw[:size], recipe),)


def ldap_hex(digest: str, name: str, rest: str) -> tuple[Check, ...]:
    """`{MD5}` with hexadecimal digits, as some directories have it."""
    return (Check(partial(plain, digest), hexadecimal(rest), f"{name}}}{'0' * len(rest)}"),)


def mysql_41(stored: str, reading: Reading) -> tuple[Check, ...]:
    """`*HEX` of MySQL from 4.1."""
    raw = hexadecimal(stored[1:])
    if len(raw) != 20:
        raise StoredHashError("malformed")
    return (Check(twice_sha1, raw, "*" + "0" * 40),)


def postgres_md5(stored: str, reading: Reading) -> tuple[Check, ...]:
    """`md5` and hexadecimal digits: salted with the name of the user."""
    raw = hexadecimal(stored[3:])
    if len(raw) != 16:
        raise StoredHashError("malformed")
    return (Check(partial(after, "md5", reading.user.encode()), raw, "md5" + "0" * 32),)


def mssql(stored: str, reading: Reading) -> tuple[Check, ...]:
    """`0x0100` (2000: two digests; 2005: one) or `0x0200` (2012), four octets of salt, SHA-1 or SHA-512."""
    raw = hexadecimal(stored[2:])
    salt, rest = raw[2:6], raw[6:]
    start = f"0x{raw[:6].hex()}"
    if raw[:2] == b"\x01\x00" and len(rest) == 40:
        # The second digest is of capitals; the first tells their case too.
        return (Check(partial(wide_sha, "sha1", salt), rest[:20]),)
    if raw[:2] == b"\x01\x00" and len(rest) == 20:
        return (Check(partial(wide_sha, "sha1", salt), rest, start + "0" * 40),)
    if raw[:2] == b"\x02\x00" and len(rest) == 64:
        return (Check(partial(wide_sha, "sha512", salt), rest, start + "0" * 128),)
    raise StoredHashError("malformed")


def oracle_11(stored: str, reading: Reading) -> tuple[Check, ...]:
    """`S:` and 60 hexadecimal digits: SHA-1, then ten octets of salt."""
    raw = hexadecimal(stored[2:])
    if len(raw) != 30:
        raise StoredHashError("malformed")
    return (Check(partial(after, "sha1", raw[20:]), raw[:20], f"S:{'0' * 40}{raw[20:].hex()}"),)


def fshp(stored: str, reading: Reading) -> tuple[Check, ...]:
    """`{FSHP1|16|4096}base64` of salt and digest: a digest of a digest, and so on."""
    head, _, rest = stored.partition("}")
    kind, size, rounds = pieces(head.removeprefix("{FSHP"), "|", 3)
    digest = ("sha1", "sha256", "sha384", "sha512")[within(number(kind), 0, 3)]
    raw, length = b64(rest), number(size)
    if len(raw) != length + hashlib.new(digest).digest_size:
        raise StoredHashError("malformed")
    count = within(number(rounds), 1, reading.ceilings.rounds)
    return (Check(partial(again, digest, raw[:length], count), raw[length:]),)


def again(digest: str, salt: bytes, rounds: int, password: bytes) -> bytes:
    """The digest of salt and password, and the digest of that, until there are so many."""
    value = salt + password
    for _ in range(rounds):
        value = plain(digest, value)
    return value


def cisco(stored: str, reading: Reading) -> tuple[Check, ...]:
    """Sixteen letters of PIX and ASA: salted with the name, if there is one."""
    return tuple(Check(partial(sixteen, reading.user.encode(), asa), stored.encode()) for asa in (False, True))


def sixteen(user: bytes, asa: bool, password: bytes) -> bytes:
    """MD5 of the padded password, of which every fourth octet is left out."""
    if user and (not asa or len(password) < 28):
        password += (user * 4)[:4]
    size = 32 if asa and len(password) > 16 else 16
    digest = plain("md5", password[:size].ljust(size, b"\x00"))
    return crypt_octets(bytes(octet for place, octet in enumerate(digest) if place % 4 != 3)).encode()


def bsd_nt(stored: str, reading: Reading) -> tuple[Check, ...]:
    """`$3$$hex` of FreeBSD."""
    raw = hexadecimal(stored.removeprefix("$3$$"))
    if len(raw) != 16:
        raise StoredHashError("malformed")
    return (Check(nt, raw, "$3$$" + "0" * 32),)


READERS: Final[dict[str, Reader]] = {
    **{f"{digest}$": salted for digest in DIGESTS},
    **dict.fromkeys(LDAP, ldap),
    "S:": oracle_11,
    "$3": bsd_nt,
}
