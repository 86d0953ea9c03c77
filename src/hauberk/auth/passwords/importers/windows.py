"""Digests that no cryptographic library offers any more, for old tables only: MD4, NT, LAN Manager, old databases."""

from __future__ import annotations

import struct
from typing import Final

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes

WORD: Final = 0xFFFFFFFF
STARTS: Final = (0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476)
SHIFTS: Final = ((3, 7, 11, 19), (3, 5, 9, 13), (3, 9, 11, 15))
ORDERS: Final = (
    tuple(range(16)),
    tuple(4 * (step % 4) + step // 4 for step in range(16)),
    (0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15),
)
ADDED: Final = (0, 0x5A827999, 0x6ED9EBA1)


def md4(message: bytes) -> bytes:
    """MD4 as RFC 1320 defines it: broken since 1995, needed to check hashes of that age until they are replaced."""
    padded = message + b"\x80" + bytes(-(len(message) + 9) % 64) + struct.pack("<Q", 8 * len(message))
    a, b, c, d = STARTS
    for start in range(0, len(padded), 64):
        words = struct.unpack_from("<16I", padded, start)
        before = a, b, c, d
        for turn in range(3):
            for step in range(16):
                mixed = (
                    b & c | ~b & d if turn == 0 else b & c | b & d | c & d if turn == 1 else b ^ c ^ d  # F, G, H
                )
                total = (a + (mixed & WORD) + words[ORDERS[turn][step]] + ADDED[turn]) & WORD
                shift = SHIFTS[turn][step % 4]
                a, b, c, d = d, (total << shift | total >> 32 - shift) & WORD, b, c
        a, b, c, d = ((old + new) & WORD for old, new in zip(before, (a, b, c, d), strict=True))
    return struct.pack("<4I", a, b, c, d)


def nt(password: bytes) -> bytes:
    """The NT hash: MD4 of the password as UTF-16. Raises ValueError for octets that are no UTF-8."""
    return md4(password.decode().encode("utf-16-le"))


def single_des(key: bytes) -> TripleDES:
    """DES, as triple DES under one key used three times."""
    return TripleDES(key * 3)


def lan_manager(password: bytes) -> bytes:
    """The LM hash: 14 capitals, of which each half encrypts a constant. Raises ValueError for no UTF-8."""
    capitals = password.decode().upper().encode("cp437", "replace")[:14].ljust(14, b"\x00")
    return b"".join([half(capitals[:7]), half(capitals[7:])])


def half(seven: bytes) -> bytes:
    """One half of it: seven octets spread over the eight of a key."""
    value = int.from_bytes(seven, "big")
    key = bytes((value >> 7 * place & 0x7F) << 1 for place in range(7, -1, -1))
    return Cipher(single_des(key), modes.ECB()).encryptor().update(b"KGS!@#$%")  # noqa: S305 - by definition


def mysql_323(password: bytes) -> bytes:
    """PASSWORD() of MySQL before 4.1; blanks and tabs do not count."""
    one, two, more = 0x50305735, 0x12345671, 7
    for octet in password:
        if octet in b" \t":
            continue
        one ^= ((one & 63) + more) * octet + (one << 8) & WORD
        two = two + ((two << 8 & WORD) ^ one) & WORD
        more += octet
    return struct.pack(">2I", one & 0x7FFFFFFF, two & 0x7FFFFFFF)


def oracle_10(user: str, password: bytes) -> bytes:
    """Oracle before 11: two passes of DES-CBC over name and password in capitals, of which the last block counts."""
    text = (user + password.decode()).upper().encode("utf-16-be")
    text += bytes(-len(text) % 8)
    key = bytes.fromhex("0123456789ABCDEF")
    for _ in range(2):
        encryptor = Cipher(single_des(key), modes.CBC(bytes(8))).encryptor()
        key = encryptor.update(text)[-8:]
    return key
