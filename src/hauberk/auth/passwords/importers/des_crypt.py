"""crypt(3) over DES and its extensions, and the MD5 of Solaris: the oldest hashes that still turn up."""

from __future__ import annotations

import hashlib
import re
from functools import partial
from typing import Final

from hauberk.auth.passwords.ceilings import within
from hauberk.auth.passwords.encodings import CRYPT, crypt_group, crypt_number, only
from hauberk.auth.passwords.importers.des import encrypt
from hauberk.auth.passwords.reading import Check, Reader, Reading, StoredHashError

DJANGO: Final = re.compile(r"crypt\$[./0-9A-Za-z]*\$([./0-9A-Za-z]{13})")
SUN: Final = re.compile(r"(\$md5(?:,rounds=([0-9]{1,9}))?\$[./0-9A-Za-z]{0,16}\$?)\$([./0-9A-Za-z]{22})")
SUN_ORDER: Final = ((0, 6, 12), (1, 7, 13), (2, 8, 14), (3, 9, 15), (4, 10, 5), (11,))
HAMLET: Final = (
    b"To be, or not to be,--that is the question:--\nWhether 'tis nobler in the mind to suffer\n"
    b"The slings and arrows of outrageous fortune\nOr to take arms against a sea of troubles,\n"
    b"And by opposing end them?--To die,--to sleep,--\nNo more; and by a sleep to say we end\n"
    b"The heartache, and the thousand natural shocks\nThat flesh is heir to,--'tis a consummation\n"
    b"Devoutly to be wish'd. To die,--to sleep;--\nTo sleep! perchance to dream:--ay, there's the rub;\n"
    b"For in that sleep of death what dreams may come,\nWhen we have shuffled off this mortal coil,\n"
    b"Must give us pause: there's the respect\nThat makes calamity of so long life;\n"
    b"For who would bear the whips and scorns of time,\nThe oppressor's wrong, the proud man's contumely,\n"
    b"The pangs of despis'd love, the law's delay,\nThe insolence of office, and the spurns\n"
    b"That patient merit of the unworthy takes,\nWhen he himself might his quietus make\n"
    b"With a bare bodkin? who would these fardels bear,\nTo grunt and sweat under a weary life,\n"
    b"But that the dread of something after death,--\nThe undiscover'd country, from whose bourn\n"
    b"No traveller returns,--puzzles the will,\nAnd makes us rather bear those ills we have\n"
    b"Than fly to others that we know not of?\nThus conscience does make cowards of us all;\n"
    b"And thus the native hue of resolution\nIs sicklied o'er with the pale cast of thought;\n"
    b"And enterprises of great pith and moment,\nWith this regard, their currents turn awry,\n"
    b"And lose the name of action.--Soft you now!\nThe fair Ophelia!--Nymph, in thy orisons\n"
    b"Be all my sins remember'd.\n\x00"
)
"""Act III, scene 1 is part of the algorithm, with the zero octet after it."""


def key_of(eight: bytes) -> int:
    """The low seven bits of each of eight octets, in a key of DES."""
    return int.from_bytes(bytes((octet & 0x7F) << 1 for octet in eight[:8].ljust(8, b"\x00")), "big")


def eleven(block: int) -> bytes:
    """64 bits as eleven letters, highest first."""
    block <<= 2
    return "".join([CRYPT[block >> 60 - 6 * place & 63] for place in range(11)]).encode()


def des(salt: int, password: bytes) -> bytes:
    """The eleven letters of the old crypt(3), of which 8 octets of password count."""
    return eleven(encrypt(key_of(password), 0, salt, 25))


def traditional(stored: str, reading: Reading) -> tuple[Check, ...]:
    """Thirteen letters: two of salt, eleven of digest."""
    only(stored, CRYPT)
    return (Check(partial(des, crypt_number(stored[:2])), stored[2:].encode()),)


def django(stored: str, reading: Reading) -> tuple[Check, ...]:
    """`crypt$salt$thirteen letters`."""
    found = DJANGO.fullmatch(stored)
    if found is None:
        raise StoredHashError("malformed")
    return traditional(found.group(1), reading)


def des_extended(salt: int, rounds: int, password: bytes) -> bytes:
    """The eleven letters of BSDi, of which all of the password counts."""
    key = key_of(password)
    for start in range(8, len(password), 8):
        key = encrypt(key, key) ^ key_of(password[start : start + 8])
    return eleven(encrypt(key, 0, salt, rounds))


def extended(stored: str, reading: Reading) -> tuple[Check, ...]:
    """`_`, four letters of rounds, four of salt, eleven of digest."""
    rounds, salt = crypt_number(stored[1:5]), crypt_number(stored[5:9])
    within(rounds, 1, min(reading.ceilings.rounds, 1 << 18))
    return (Check(partial(des_extended, salt, rounds), stored[9:].encode()),)


def big(salt: str, password: bytes) -> bytes:
    """bigcrypt: each eight octets by the old crypt(3), salted with the beginning of the one before."""
    out = des(crypt_number(salt), password)
    for start in range(8, min(len(password), 128), 8):
        out += des(crypt_number(out[-11:-9].decode()), password[start : start + 8])
    return out


def sixteen(salt: int, password: bytes) -> bytes:
    """crypt16: the first eight octets with 20 rounds, the next with 5."""
    return eleven(encrypt(key_of(password), 0, salt, 20)) + eleven(encrypt(key_of(password[8:]), 0, salt, 5))


def long(stored: str, reading: Reading) -> tuple[Check, ...]:
    """Two letters of salt and a multiple of eleven: bigcrypt, and with two times eleven perhaps crypt16."""
    checks: tuple[Check, ...] = (Check(partial(big, stored[:2]), stored[2:].encode()),)
    if len(stored) == 24:
        checks += (Check(partial(sixteen, crypt_number(stored[:2])), stored[2:].encode()),)
    return checks


def sun_md5(config: bytes, rounds: int, password: bytes) -> bytes:
    """The MD5 of Solaris: bits of the digest so far tell whether the soliloquy is hashed once more."""
    digest = hashlib.md5(password + config, usedforsecurity=False).digest()
    for turn in range(rounds):
        text = digest + (HAMLET if coin(digest, turn) else b"") + b"%d" % turn
        digest = hashlib.md5(text, usedforsecurity=False).digest()
    groups = [(int.from_bytes(bytes(digest[at] for at in group), "big"), len(group) + 1) for group in SUN_ORDER]
    return "".join([crypt_group(*group) for group in groups]).encode()


def coin(digest: bytes, turn: int) -> bool:
    """The toss of one round."""

    def bit(place: int) -> int:
        return digest[place >> 3 & 15] >> (place & 7) & 1

    def seven(start: int) -> int:
        value = 0
        for place in range(8):
            here, there = digest[(start + place) & 15], digest[(start + place + 3) & 15]
            shifted = here >> there % 5
            value |= bit(digest[shifted & 15] >> (there >> (here & 7) & 1) & 0x7F) << place
        return value

    one, two = seven(0), seven(8)
    one = one >> bit(turn) & 0x7F
    two = two >> bit(turn + 64) & 0x7F
    return bool(bit(one) ^ bit(two))


def sun(stored: str, reading: Reading) -> tuple[Check, ...]:
    """`$md5,rounds=904$salt$$...`: the rounds come on top of 4096."""
    found = SUN.fullmatch(stored)
    if found is None:
        raise StoredHashError("malformed")
    config, rounds, digest = found.groups()
    count = within(4096 + int(rounds or 0), 1, reading.ceilings.rounds)
    return (Check(partial(sun_md5, config.encode(), count), digest.encode()),)


READERS: Final[dict[str, Reader]] = {"crypt$": django, "$md5": sun}
