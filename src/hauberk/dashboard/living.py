"""How many sessions live, asked of their store now and then, so that no page's reader costs it anything."""

from __future__ import annotations

import asyncio

from hauberk.core.errors import StoreError
from hauberk.core.log import LOGGER
from hauberk.core.store import Count, Store

PREFIX = "session:"
"""Of the keys of sessions in a store."""
PAUSE = 10.0
"""Seconds between two questions: for some engines each is a look at every key."""


class Living:
    """One task that asks; `count` is what it was told last, None where it could not be asked."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.count: Count | None = None

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(PAUSE)

    async def look(self) -> None:
        """Ask once. A store that cannot be reached is one warning, and no number."""
        try:
            self.count = await self.store.count(PREFIX)
        except StoreError as error:
            if self.count is not None:
                LOGGER.warning("dashboard: sessions cannot be counted: %s", error)
            self.count = None

    def shown(self) -> str:
        """`1204`, `about 13000`, or a dash."""
        if self.count is None:
            return "–"
        return f"{'' if self.count.exact else 'about '}{self.count.number}"
