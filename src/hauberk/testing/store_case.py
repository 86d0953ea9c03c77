"""What every test of a store begins with."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from uuid import uuid4

from hauberk.core.plan import run_inline
from hauberk.core.store import Store

LONG = 60.0
SHORT = 0.15
What = Callable[[Store, str], Awaitable[None]]


class StoreCase:
    """A store under test."""

    def make(self) -> Store:
        """The store under test; called for each test, and several times in some: all see the same data."""
        raise NotImplementedError

    def run(self, what: What) -> None:
        """Run `what(store, key)` on both faces, with a fresh key; the loop and the connections are closed again."""
        store = self.make()

        async def waiting() -> None:
            async with store:
                await what(store, uuid4().hex)

        async def at_once() -> None:
            async with store.blocking() as blocking:
                assert not blocking.waits
                await what(blocking, uuid4().hex)

        asyncio.run(waiting())
        run_inline(at_once())


async def pause(seconds: float) -> None:
    """Let time pass: in the loop where there is one, else by sleeping."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        time.sleep(seconds)
    else:
        await asyncio.sleep(seconds)
