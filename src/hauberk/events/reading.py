"""Events out of a store: all that are kept, or those since the last time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from hauberk.core.plan import run_inline
from hauberk.core.store import Store

PAGE = 200
"""Entries of the log in one call."""
BEGINNING = "0"
Event = dict[str, Any]


class Tail:
    """Follows a log: each `read` gives what came since."""

    def __init__(self, store: Store, log: str = "events", *, after: str = BEGINNING) -> None:
        self.store, self.log, self.after = store, log, after

    async def read(self) -> list[Event]:
        """At most a page of what is new, oldest first; empty when there is nothing. Raises StoreError."""
        entries = await self.store.read(self.log, after=self.after, most=PAGE)
        if entries:
            self.after = entries[-1][0]
        return [event for _, entry in entries for event in _events(entry)]


def read(store: Store, log: str = "events") -> Iterator[Event]:
    """Everything that is kept, oldest first. Raises StoreError."""
    tail = Tail(store.blocking(), log)
    while events := run_inline(tail.read()):
        yield from events


def _events(entry: bytes) -> list[Event]:
    """An entry that somebody else wrote there is passed over."""
    try:
        return [event for event in msgspec.json.decode(entry, type=list[Event]) if isinstance(event.get("event"), str)]
    except msgspec.MsgspecError:
        return []
