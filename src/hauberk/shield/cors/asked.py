"""What a preflight asks for, read with bounded work."""

from __future__ import annotations

from hauberk.shield.cors.names import is_token

MAX_LENGTH = 4096
"""Octets of Access-Control-Request-Headers that are read. Browsers list what a page sets itself: a handful."""
MAX_NAMES = 128


def asked_names(field: str) -> tuple[str, ...] | None:
    """The names in Access-Control-Request-Headers, in lower case; None if it is malformed or larger than any page's.

    Spaces and empty members are let through, as RFC 9110, section 5.6.1.2 asks: proxies put them there.
    """
    if len(field) > MAX_LENGTH or field.count(",") >= MAX_NAMES:
        return None
    names = tuple(name for part in field.split(",") if (name := part.strip(" \t").lower()))
    return names if all(map(is_token, names)) else None
