"""Did an input choose the host that a redirect leads to? Judged as a browser reads the address (CWE-601)."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from urllib.parse import unquote

from hauberk.guard.verdict import ABSENT, Judgement
from hauberk.wire.location import cleaned, normal_host, web_authority

CHOSEN = Judgement("attack", "the input chose the host that the redirect leads to")
_DEFAULT_PORTS = {"http": "80", "https": "443"}
_WHOLE = frozenset({"header:referer", "header:origin"})
"""Fields in which browsers name where the visitor comes from: a part of those chooses nothing."""


def foreign(location: str, own: Iterable[str]) -> str:
    """The host that a Location leads to; empty where that is one of its own, or none of the web."""
    authority = web_authority(location)
    if authority is None or not authority[1] or authority[1] in own:
        return ""
    return authority[1]


def judge(location: str, name: str, value: str, host: str) -> Judgement:
    """Judge one input, by name, in one Location that leads to a foreign host. Never raises.

    The input has it if everything in it up to the host stands in the Location, however that is encoded there.
    """
    low, where = _normal(value), _normal(location)
    at = low.find(host)
    if at < 0 or low[: at + len(host)] not in where:
        return ABSENT
    if name in _WHOLE and low.rstrip("/") != where.rstrip("/"):
        return ABSENT
    return CHOSEN


def _normal(text: str) -> str:
    once = unquote(cleaned(text))
    return unicodedata.normalize("NFKC", once).replace("\u3002", ".").lower()


def origin_key(address: str) -> tuple[str, str, str] | None:
    """Scheme, host and port of an address, by which it is compared with those that are allowed."""
    authority = web_authority(address)
    if authority is None:
        return None
    scheme, host, port = authority
    return scheme, host, port or _DEFAULT_PORTS.get(scheme, "")


def own_hosts(fields: Iterable[str]) -> frozenset[str]:
    """Hosts by which the request says that it came: of Host, and of what proxies add to it."""
    names: set[str] = set()
    for field in fields:
        for part in field.replace(";", ",").split(","):
            host = part.strip().removeprefix("host=").strip('"')
            authority = web_authority(f"//{host}") if host else None
            if authority is not None:
                names.add(normal_host(authority[1]))
    return frozenset(names - {""})
