"""DES (FIPS 46-3) with the salted expansion of crypt(3), which no library offers: to check old hashes, no more."""

from __future__ import annotations

from functools import cache
from typing import Final, NamedTuple

PC1: Final = (
    *(57, 49, 41, 33, 25, 17, 9, 1, 58, 50, 42, 34, 26, 18, 10, 2, 59, 51, 43, 35, 27, 19, 11, 3, 60, 52, 44, 36),
    *(63, 55, 47, 39, 31, 23, 15, 7, 62, 54, 46, 38, 30, 22, 14, 6, 61, 53, 45, 37, 29, 21, 13, 5, 28, 20, 12, 4),
)
PC2: Final = (
    *(14, 17, 11, 24, 1, 5, 3, 28, 15, 6, 21, 10, 23, 19, 12, 4, 26, 8, 16, 7, 27, 20, 13, 2),
    *(41, 52, 31, 37, 47, 55, 30, 40, 51, 45, 33, 48, 44, 49, 39, 56, 34, 53, 46, 42, 50, 36, 29, 32),
)
TURNS: Final = (1, 1, 2, 2, 2, 2, 2, 2, 1, 2, 2, 2, 2, 2, 2, 1)
IP: Final = tuple(start - 8 * step for start in (58, 60, 62, 64, 57, 59, 61, 63) for step in range(8))
FP: Final = tuple(start - column for column in range(8) for start in (40, 8, 48, 16, 56, 24, 64, 32))
E: Final = tuple((4 * group + place - 1) % 32 + 1 for group in range(8) for place in range(6))
P: Final = (
    *(16, 7, 20, 21, 29, 12, 28, 17, 1, 15, 23, 26, 5, 18, 31, 10),
    *(2, 8, 24, 14, 32, 27, 3, 9, 19, 13, 30, 6, 22, 11, 4, 25),
)
S: Final = (  # four rows of sixteen in each box, as hexadecimal digits
    "e4d12fb83a6c5907 0f74e2d1a6cb9538 41e8d62bfc973a50 fc8249175b3ea06d",
    "f18e6b34972dc05a 3d47f28ec01a69b5 0e7ba4d158c6932f d8a13f42b67c05e9",
    "a09e63f51dc7b428 d709346a285ecbf1 d6498f30b12c5ae7 1ad069874fe3b52c",
    "7de3069a1285bc4f d8b56f03472c1ae9 a690cb7df13e5284 3f06a1d8945bc72e",
    "2c417ab6853fd0e9 eb2c47d150fa3986 421bad78f9c5630e b8c71e2d6f09a453",
    "c1af92680d34e75b af427c9561de0b38 9ef528c3704a1db6 432c95fabe17608d",
    "4b2ef08d3c975a61 d0b7491ae35c2f86 14bdc37eaf680592 6bd814a7950fe23c",
    "d2846fb1a93e50c7 1fd8a374c56b0e92 7b419ce206adf358 21e74a8dfc90356b",
)


def permuted(value: int, size: int, order: tuple[int, ...]) -> int:
    """The bits in the given order; bit 1 is the highest of `size`, as in the standard."""
    out = 0
    for place in order:
        out = out << 1 | value >> size - place & 1
    return out


class Tables(NamedTuple):
    """Expansion by octets, and what the boxes and P make of each six bits."""

    expand: tuple[tuple[int, ...], ...]
    boxes: tuple[tuple[int, ...], ...]


@cache
def tables() -> Tables:
    """Made when first needed, which for most never comes."""
    expand = tuple(tuple(permuted(octet << 8 * place, 32, E) for octet in range(256)) for place in range(4))
    boxes = []
    for number, text in enumerate(S):
        rows = text.split()
        row_of = [int(rows[(six >> 4 & 2) | (six & 1)][six >> 1 & 15], 16) for six in range(64)]
        boxes.append(tuple(permuted(four << 28 - 4 * number, 32, P) for four in row_of))
    return Tables(expand, tuple(boxes))


def schedule(key: int) -> tuple[int, ...]:
    """The sixteen keys of 48 bits."""
    whole = permuted(key, 64, PC1)
    c, d = whole >> 28, whole & 0xFFFFFFF
    keys = []
    for turn in TURNS:
        c, d = (c << turn | c >> 28 - turn) & 0xFFFFFFF, (d << turn | d >> 28 - turn) & 0xFFFFFFF
        keys.append(permuted(c << 28 | d, 56, PC2))
    return tuple(keys)


def encrypt(key: int, block: int, salt: int = 0, times: int = 1) -> int:
    """The block encrypted so many times in turn. Each bit of the salt, 24 at most, swaps two bits of the expansion."""
    expand, boxes = tables()
    (e0, e1, e2, e3), (s1, s2, s3, s4, s5, s6, s7, s8) = expand, boxes
    swaps = int(f"{salt:024b}"[::-1], 2)
    keys = schedule(key)
    whole = permuted(block, 64, IP)
    left, right = whole >> 32, whole & 0xFFFFFFFF
    for _ in range(times):
        for subkey in keys:
            wide = e0[right & 255] | e1[right >> 8 & 255] | e2[right >> 16 & 255] | e3[right >> 24]
            both = (wide >> 24 ^ wide) & 0xFFFFFF & swaps
            wide ^= both << 24 | both
            wide ^= subkey
            mixed = s1[wide >> 42] | s2[wide >> 36 & 63] | s3[wide >> 30 & 63] | s4[wide >> 24 & 63]
            mixed |= s5[wide >> 18 & 63] | s6[wide >> 12 & 63] | s7[wide >> 6 & 63] | s8[wide & 63]
            left, right = right, left ^ mixed
        left, right = right, left
    return permuted(left << 32 | right, 64, FP)
