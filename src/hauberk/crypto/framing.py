"""Several byte strings as one, so that no two different lists come out the same."""

from __future__ import annotations


def framed(*parts: bytes) -> bytes:
    """Each part after its length in 8 octets: `framed(b"a", b"bc") != framed(b"ab", b"c")` (CWE-347)."""
    return b"".join([len(part).to_bytes(8, "big") + part for part in parts])
