"""The site of a host: what one owner registered, such as `shop.example` of `www.shop.example` (HTML, section 7.1.1)."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import ip_address

SECOND_LEVELS = frozenset({"ac", "co", "com", "edu", "gov", "ltd", "me", "net", "or", "org", "plc"})
"""Under a country's own domain these are registries, as in `shop.co.uk`."""


@lru_cache(maxsize=256)
def site(host: str) -> str | None:
    """The registrable domain; None for an address or a name of one label.

    With the package publicsuffixlist (the extra `cors`) it is exact; without, a rule of thumb.
    """
    name = host.strip(".").lower().strip("[]")
    if not name or "." not in name or _is_address(name):
        return None
    try:
        from publicsuffixlist import PublicSuffixList
    except ImportError:
        return _by_thumb(name)
    found: str | None = PublicSuffixList(only_icann=True).privatesuffix(name)
    return found


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def _by_thumb(name: str) -> str | None:
    labels = name.split(".")
    country = len(labels[-1]) == 2
    keep = 3 if country and labels[-2] in SECOND_LEVELS else 2
    return ".".join(labels[-keep:]) if len(labels) >= keep else None
