"""Whom a counter is for: accounts and networks, neither of them readable in a store."""

from __future__ import annotations

import hmac
from ipaddress import IPv6Address, ip_network
from typing import final
from unicodedata import normalize

from hauberk.crypto.framing import framed
from hauberk.wire.forwarded import address_of

IPV6_PREFIX = 64
"""What one customer of a provider gets at least (RFC 6177): the addresses below it are his to choose."""
LONGEST_ACCOUNT = 1_024
"""Characters of an account's name that count; who sends more shares a counter with others who do."""


def folded(account: str) -> str:
    """One form for all spellings of a name: compatibility forms, case, and spaces around it do not make another."""
    text = normalize("NFKC", account[:LONGEST_ACCOUNT]).casefold()
    return normalize("NFKC", text).strip()


def network_of(address: str) -> str:
    """An IPv4 address for itself, also one in the form of IPv6; an IPv6 address for its /64; other text for itself."""
    found = address_of(address)
    if found is None:
        return f"peer:{address[:64]}"
    if isinstance(found, IPv6Address):
        return f"net:{ip_network((found, IPV6_PREFIX), strict=False)}"
    return f"ip:{found}"


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
