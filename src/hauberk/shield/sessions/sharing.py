"""What caches on the way are told of a response that gives a visitor his session."""

from __future__ import annotations

from hauberk.core.exchange import PRIVATE, Head


def give(head: Head, line: str) -> None:
    """Send a session's cookie: the response is nobody else's; what the application says of that itself counts."""
    if head.give(line):
        return
    values = head.values("cache-control")
    if not any("no-store" in value or "private" in value for value in values):
        head.set("cache-control", PRIVATE)
