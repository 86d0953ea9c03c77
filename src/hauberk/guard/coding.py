"""Content codings of an answer, undone as its parts come (RFC 9110, section 8.4.1)."""

from __future__ import annotations

import sys
import zlib
from typing import Any


class Decoder:
    """Undoes one coding: call it with each part. None once what comes is not what it says it is."""

    plain = False
    """Whether the octets are as they came."""

    def __call__(self, part: bytes, most: int) -> bytes | None:
        """The next octets, no more than so many."""
        raise NotImplementedError


class _Identity(Decoder):
    plain = True

    def __call__(self, part: bytes, most: int) -> bytes | None:
        return part


class _Inflate(Decoder):
    """gzip and zlib's format, and deflate without a wrapping, which some send."""

    def __init__(self) -> None:
        self._inflate = zlib.decompressobj(zlib.MAX_WBITS | 32)
        self._begun = False

    def __call__(self, part: bytes, most: int) -> bytes | None:
        if self._inflate.unconsumed_tail:  # more than anybody looks at
            return b""
        try:
            octets = self._inflate.decompress(part, most)
        except zlib.error:
            if self._begun:
                return None
            self._begun, self._inflate = True, zlib.decompressobj(-zlib.MAX_WBITS)
            return self(part, most)
        self._begun = True
        return octets


class _Brotli(Decoder):
    """By the module that the application itself compresses with."""

    def __init__(self, module: Any) -> None:
        self._decompressor = module.Decompressor()
        self._process = getattr(self._decompressor, "process", None) or self._decompressor.decompress
        self._error = getattr(module, "error", ValueError)

    def __call__(self, part: bytes, most: int) -> bytes | None:
        try:
            octets: bytes = self._process(part)
        except self._error:
            return None
        return octets[:most]


def decoder(coding: str) -> Decoder | None:
    """For what stands in Content-Encoding; None for a coding that cannot be undone here."""
    name = coding.strip().lower()
    if name in {"", "identity"}:
        return _Identity()
    if name in {"gzip", "x-gzip", "deflate"}:
        return _Inflate()
    module = sys.modules.get("brotli") or sys.modules.get("brotlicffi")
    return _Brotli(module) if name == "br" and module is not None else None
