"""Follows the log into a board, and tells whoever waits that something came."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from hauberk.core.errors import StoreError
from hauberk.core.log import LOGGER
from hauberk.dashboard.board import Board, Row
from hauberk.events import Tail

BUSY, IDLE, FAILED = 0.0, 0.5, 5.0
"""Seconds until the next look: after a full page, after an empty one, after an error."""
Told = Callable[[list[Row]], Awaitable[None]]


class Feed:
    """One task that reads; any number of pages that wait for `version` to change."""

    def __init__(self, tail: Tail, board: Board, told: Told | None = None) -> None:
        self.tail, self.board, self.told = tail, board, told
        self.version = 0
        self.problem = ""
        """Why the store cannot be read at the moment; the page shows it."""
        self._changed = asyncio.Event()
        self._live = time.time() - 60

    async def run(self) -> None:
        """Until cancelled. Events that were there before are counted, but nobody is alerted of them."""
        while True:
            try:
                events = await self.tail.read()
            except StoreError as error:
                self._say(f"the store cannot be reached: {error}")
                await asyncio.sleep(FAILED)
                continue
            if self.problem:
                self._say("")
            if events:
                rows = self.board.take(events)
                self._tell()
                if self.told is not None and (fresh := [row for row in rows if row.at >= self._live]):
                    await self.told(fresh)
            await asyncio.sleep(BUSY if events else IDLE)

    def _say(self, problem: str) -> None:
        if problem != self.problem:
            self.problem = problem
            LOGGER.log(logging.WARNING if problem else logging.INFO, "dashboard: %s", problem or "the store is back")
            self._tell()

    def _tell(self) -> None:
        self.version += 1
        self._changed.set()
        self._changed = asyncio.Event()

    async def changed(self, version: int, most: float) -> bool:
        """Wait until there is something newer than this version; False if that takes more than `most` seconds."""
        if self.version != version:
            return True
        try:
            await asyncio.wait_for(self._changed.wait(), most)
        except TimeoutError:
            return False
        return True
