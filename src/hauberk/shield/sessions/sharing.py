"""What caches on the way are told of a response that depends on a session (RFC 9111, sections 4.1 and 5.2.2)."""

from __future__ import annotations

from hauberk.core.encoded import RawHead
from hauberk.core.exchange import Head

PRIVATE = "private, no-store"
_BYTES = ((b"vary", b"Cookie"), (b"cache-control", PRIVATE.encode("ascii")))
_SAID = frozenset((b"vary", b"cache-control"))


def vary_by_cookie(head: Head) -> None:
    """Another visitor gets another response."""
    for value in head.values("vary"):
        if "*" in value or "cookie" in value.lower():
            return
    head.append("vary", "Cookie")


def give(head: Head, line: str) -> None:
    """Send a session's cookie: the response is nobody else's; what the application says of that itself counts."""
    if isinstance(head, RawHead) and _SAID.isdisjoint(head.names):
        # As in nearly every response by ASGI: all at once. (By WSGI the names are texts, and it comes to the same.)
        head.append("set-cookie", line)
        if type(head.raw[-1][0]) is bytes:
            head.extend(_BYTES)
            return
    else:
        head.append("set-cookie", line)
    vary_by_cookie(head)
    values = head.values("cache-control")
    if not values:
        head.append("cache-control", PRIVATE)
    elif not any("no-store" in value or "private" in value for value in values):
        head.set("cache-control", PRIVATE)
