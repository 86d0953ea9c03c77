"""What caches on the way are told of a response that depends on a session (RFC 9111, sections 4.1 and 5.2.2)."""

from __future__ import annotations

from typing import TypeGuard

from hauberk.core.encoded import RawHead
from hauberk.core.exchange import Head

PRIVATE = "private, no-store"
_VARY = ((b"vary", b"Cookie"),)
_SHARED_BY_NOBODY = (*_VARY, (b"cache-control", PRIVATE.encode("ascii")))
_SAYING = frozenset((b"vary", b"cache-control"))


def vary_by_cookie(head: Head) -> None:
    """Another visitor gets another response."""
    if _silent(head):
        head.extend(_VARY)
        return
    for value in head.values("vary"):
        if "*" in value or "cookie" in value.lower():
            return
    head.append("vary", "Cookie")


def give(head: Head, line: str) -> None:
    """Send a session's cookie: the response is nobody else's; what the application says of that itself counts."""
    if _silent(head):
        head.extend(((b"set-cookie", line.encode("latin-1")), *_SHARED_BY_NOBODY))
        return
    head.append("set-cookie", line)
    vary_by_cookie(head)
    values = head.values("cache-control")
    if not values:
        head.append("cache-control", PRIVATE)
    elif not any("no-store" in value or "private" in value for value in values):
        head.set("cache-control", PRIVATE)


def _silent(head: Head) -> TypeGuard[RawHead[bytes]]:
    """Whether it is one of ASGI's that says nothing of this so far, as nearly every one: then all is added at once."""
    # Which only a RawHead has; to ask an object for its class costs more where that one is abstract.
    names: frozenset[str | bytes] = getattr(head, "names", frozenset())
    return bool(names) and type(next(iter(names))) is bytes and _SAYING.isdisjoint(names)
