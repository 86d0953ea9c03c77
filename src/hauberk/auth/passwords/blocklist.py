"""A list of breached passwords as a file that is asked in microseconds and never loaded.

Kept are the first 32 to 64 bits of each SHA-1, sorted, with an index by their first bits: four octets a password. A
Bloom filter of that size errs more often, a binary fuse filter is smaller but must be built in memory as a whole; this
one is built from lists larger than memory and merged with `sort`. It says yes to everything in the list, and by chance
to one password in millions that is not.
"""

from __future__ import annotations

import hashlib
import mmap
import os
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Final, final
from unicodedata import normalize

from hauberk.core.errors import InputError

MAGIC: Final = b"hauberk passwords 1\n"
HEAD: Final = len(MAGIC) + 8 + 8
ENTRY: Final = 4
DIGEST: Final = re.compile(rb"([0-9A-Fa-f]{40})(?::([0-9]+))?\s*")
SORTED_AT_ONCE: Final = 256
"""Parts that are sorted one after the other, so that one of them has to fit into memory."""


@final
class Blocklist:
    """Ask a file that `hauberk passwords build` made: `blocklist(password)` is True for what is in the list."""

    __slots__ = ("_bits", "_count", "_file", "_map", "_start")

    def __init__(self, path: str | os.PathLike[str]) -> None:
        try:
            with Path(path).open("rb") as file:
                self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except (OSError, ValueError) as error:
            raise InputError(
                str(path), f"cannot be opened: {error}", "build it: hauberk passwords build LIST FILE"
            ) from None
        self._count = int.from_bytes(self._map[len(MAGIC) : len(MAGIC) + 8], "big")
        self._bits = int.from_bytes(self._map[len(MAGIC) + 8 : HEAD], "big")
        self._start = HEAD + 8 * ((1 << min(self._bits, 40)) + 1)
        if self._map[: len(MAGIC)] != MAGIC or len(self._map) != self._start + ENTRY * self._count:
            raise InputError(
                str(path), "is not a whole list of passwords", "build it: hauberk passwords build LIST FILE"
            )

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> Blocklist:
        """Map the file. Raises InputError if it is missing, cut, or something else."""
        return cls(path)

    def __call__(self, password: str) -> bool:
        """Whether the list has the password, in its normal form, or in small letters."""
        normal = normalize("NFKC", password)
        return any(map(self.has, {digest_of(form) for form in (password, normal, normal.casefold())}))

    def has(self, digest: bytes) -> bool:
        """Whether the list has this SHA-1."""
        value = int.from_bytes(digest[:8], "big")
        bucket = value >> 64 - self._bits
        place = HEAD + 8 * bucket
        low, high = (int.from_bytes(self._map[at : at + 8], "big") for at in (place, place + 8))
        wanted = kept(value, self._bits)
        found = bisect_left(range(high), wanted, low, high, key=self._entry)
        return found < high and self._entry(found) == wanted

    def _entry(self, number: int) -> bytes:
        at = self._start + ENTRY * number
        return self._map[at : at + ENTRY]

    def __len__(self) -> int:
        return self._count

    def close(self) -> None:
        """Let go of the file."""
        self._map.close()


def digest_of(password: str) -> bytes:
    """SHA-1, as the published lists of breached passwords have it."""
    return hashlib.sha1(password.encode("utf-8", "surrogatepass"), usedforsecurity=False).digest()


def kept(value: int, bits: int) -> bytes:
    """The four octets after the bits of the index."""
    return (value >> 32 - bits & 0xFFFFFFFF).to_bytes(ENTRY, "big")


def digests(lines: Iterable[bytes], *, hashed: bool, least: int) -> Iterator[bytes]:
    """The SHA-1 of each line: of a password, or as it stands before `:count`, if it was seen at least so often."""
    for line in lines:
        if not hashed:
            text = line.rstrip(b"\r\n")
            if text:
                yield hashlib.sha1(text, usedforsecurity=False).digest()
            continue
        found = DIGEST.fullmatch(line)
        if found is not None and int(found.group(2) or least) >= least:
            yield bytes.fromhex(found.group(1).decode())


def looks_hashed(sample: Iterable[bytes]) -> bool:
    """Whether the lines are SHA-1 and not passwords."""
    lines = [line for line in sample if line.strip()]
    return bool(lines) and all(DIGEST.fullmatch(line) for line in lines)


def build(found: Iterable[bytes], target: Path) -> int:
    """Write the file, whole or not at all; how many passwords it has. Raises InputError if there are none."""
    with TemporaryDirectory(dir=target.parent, prefix=f".{target.name}.") as folder:
        parts = [Path(folder) / f"{number:02x}" for number in range(SORTED_AT_ONCE)]
        total = spread(found, parts)
        if not total:
            raise InputError(str(target), "would be empty", "the list has no line that could be read")
        # Some 256 entries to each place in the index; never more than 32 bits, which leaves 64 together.
        bits = min(max(total.bit_length() - 8, 8), 32)
        entries, counts = Path(folder) / "entries", [0] * (1 << bits)
        with entries.open("wb") as out:
            count = sum(write_sorted(part, out, counts, bits) for part in parts)
        whole = Path(folder) / "whole"
        with whole.open("wb") as out:
            out.write(MAGIC + count.to_bytes(8, "big") + bits.to_bytes(8, "big"))
            at = 0
            for number in [0, *counts]:
                at += number
                out.write(at.to_bytes(8, "big"))
            with entries.open("rb") as source:
                while block := source.read(1 << 20):
                    out.write(block)
        whole.replace(target)
    return count


def spread(found: Iterable[bytes], parts: list[Path]) -> int:
    """Put each digest, cut to eight octets, into the part of its first octet; how many there were."""
    buffers = [bytearray() for _ in parts]
    total = 0
    for digest in found:
        total += 1
        buffer = buffers[digest[0]]
        buffer += digest[:8]
        if len(buffer) >= 1 << 16:
            append(parts[digest[0]], buffer)
    for part, buffer in zip(parts, buffers, strict=True):
        if buffer:
            append(part, buffer)
    return total


def append(part: Path, buffer: bytearray) -> None:
    """Write the buffer out and empty it."""
    with part.open("ab") as out:
        out.write(buffer)
    buffer.clear()


def write_sorted(part: Path, out: IO[bytes], counts: list[int], bits: int) -> int:
    """The entries of one part, sorted, each once, counted for the index; how many."""
    raw = part.read_bytes() if part.exists() else b""
    values = sorted({int.from_bytes(raw[at : at + 8], "big") >> 32 - bits for at in range(0, len(raw), 8)})
    for value in values:
        counts[value >> 32] += 1
    out.write(b"".join([(value & 0xFFFFFFFF).to_bytes(ENTRY, "big") for value in values]))
    return len(values)
