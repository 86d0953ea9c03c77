"""Whom a counter is for: accounts and networks, neither of them readable in a store."""

from __future__ import annotations

import hmac
from typing import final
from unicodedata import normalize

from hauberk.crypto.framing import framed

LONGEST_ACCOUNT = 1_024
"""Characters of an account's name that count; who sends more shares a counter with others who do."""


def folded(account: str) -> str:
    """One form for all spellings of a name: compatibility forms, case, and spaces around it do not make another."""
    text = normalize("NFKC", account[:LONGEST_ACCOUNT]).casefold()
    return normalize("NFKC", text).strip()


@final
class Names:
    """Names under a key of their own: who reads the store learns neither names nor addresses, nor can he try them."""

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        self._key = key

    def of(self, *parts: str) -> str:
        """32 hexadecimal digits for some texts."""
        message = framed(*(part.encode("utf-8", "surrogatepass") for part in parts))
        return hmac.digest(self._key, message, "sha256")[:16].hex()
