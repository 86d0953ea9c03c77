"""Octets that a request holds, in whatever coding: for sinks that read octets and not text. Made when asked for."""

from __future__ import annotations

import base64
import binascii
import bz2
import re
import zlib
from collections.abc import Iterator
from urllib.parse import unquote_to_bytes

from hauberk.core.exchange import Exchange
from hauberk.guard.inputs import every

MOST = 2_000
"""How many values of a request are decoded."""
ROUNDS = 3
"""How many codings may lie in one another: base64 of compressed octets in a cookie are three with its percent signs."""
LONGEST = 4 * 1024 * 1024
"""Octets beyond which nothing is unpacked any further."""
SHORTEST = 4

_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{4,}={0,2}")
_HEX = re.compile(rb"(?:[0-9A-Fa-f]{2}){4,}")
_PARTS = re.compile(rb"[.:|!?,; \"'&]")
"""What a signature is separated with from what it signs."""


def blobs(ex: Exchange) -> Iterator[tuple[str, bytes]]:
    """The body, each part of it, and each value, with everything that decoding and unpacking makes of them."""
    seen: set[bytes] = set()
    for name, blob in _sources(ex):
        for form in _forms(blob, ROUNDS):
            if form not in seen:
                seen.add(form)
                yield name, form


def _sources(ex: Exchange) -> Iterator[tuple[str, bytes]]:
    body = ex.kept_body()
    if body:
        yield "body", body
        if body.startswith(b"--"):
            boundary = body.partition(b"\r\n")[0]
            for part in body.split(boundary)[1 : MOST + 1]:
                yield "body", part.partition(b"\r\n\r\n")[2].removesuffix(b"\r\n")
    for count, (name, value) in enumerate(every(ex)):
        if count >= MOST:
            return
        if len(value) >= SHORTEST:
            yield from ((name, octets) for octets in _octets(value))


def _octets(value: str) -> Iterator[bytes]:
    yield value.encode("utf-8", "surrogateescape" if value.isascii() else "surrogatepass")
    if not value.isascii():
        try:
            yield value.encode("latin-1")
        except UnicodeEncodeError:
            return


def _forms(blob: bytes, rounds: int) -> Iterator[bytes]:
    yield blob
    if not rounds or len(blob) > LONGEST:
        return
    for decoded in _decoded(blob):
        if len(decoded) >= SHORTEST:
            yield from _forms(decoded, rounds - 1)


def _decoded(blob: bytes) -> Iterator[bytes]:
    yield from _unpacked(blob)
    if b"%" in blob:
        yield unquote_to_bytes(blob)
    for part in (blob, *(_PARTS.split(blob)[:16] if _PARTS.search(blob) else ())):
        text = b"".join(part.split())
        if _HEX.fullmatch(text):
            yield bytes.fromhex(text.decode("ascii"))
        if _BASE64.fullmatch(text):
            bare = text.rstrip(b"=").translate(_PLAIN)
            try:
                yield base64.b64decode(bare + b"=" * (-len(bare) % 4))
            except binascii.Error:
                continue


_PLAIN = bytes.maketrans(b"-_", b"+/")


def _unpacked(blob: bytes) -> Iterator[bytes]:
    """What is compressed, if it is: zlib, gzip, bzip2, and bare deflate."""
    if blob.startswith(b"BZh"):
        try:
            yield bz2.BZ2Decompressor().decompress(blob, LONGEST)
        except OSError:
            return
    elif blob[:1] == b"\x78" or blob.startswith(b"\x1f\x8b"):
        try:
            yield zlib.decompressobj(zlib.MAX_WBITS | 32).decompress(blob, LONGEST)
        except zlib.error:
            return
