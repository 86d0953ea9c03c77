"""Counters in the store, and what counts while it is away."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from math import ceil
from time import monotonic
from typing import Final, final

from hauberk.auth.throttle.attempt import By
from hauberk.auth.throttle.local import Local
from hauberk.core.errors import StoreError
from hauberk.core.log import decision
from hauberk.core.store import Limit, Room, Store

QUIET: Final = 60.0
"""Seconds between two lines about the same store."""


@final
class Counting:
    """The store; where it fails, this process alone, or nothing at all. Says so in the log, once a minute."""

    __slots__ = ("_complained", "_local", "_refuse", "_store")

    def __init__(self, store: Store, *, refuse: bool, local: Local | None = None) -> None:
        self._store, self._refuse = store, refuse
        self._local = Local() if local is None else local
        self._complained = -QUIET

    def blocking(self) -> Counting:
        """The same, by calls that never suspend; both share what is counted without the store."""
        return Counting(
            self._store.blocking() if self._store.waits else self._store, refuse=self._refuse, local=self._local
        )

    async def charge(self, charged: Sequence[tuple[By, Sequence[Limit]]]) -> tuple[By, int]:
        """Charge all or none, in one round trip. What refused, and whole seconds to wait; empty and 0 if nothing did.

        `store` and 0 where the store is away and nobody is to pass without it.
        """
        limits = [limit for _, group in charged for limit in group]
        kinds = [by for by, group in charged for _ in group]
        try:
            rooms = await self._store.hit(limits)
        except StoreError as error:
            self._complain(error)
            if self._refuse:
                return "store", 0
            rooms = self._local.hit(limits)
        return _longest(kinds, rooms)

    async def increment(self, key: str, amount: int, ttl: float) -> int | None:
        """Add to a counter; None where the store is away and nobody is to pass without it."""
        try:
            return await self._store.increment(key, amount, ttl)
        except StoreError as error:
            self._complain(error)
            return None if self._refuse else self._local.increment(key, amount)

    async def get(self, key: str) -> bytes | None:
        """A value, or None, also where the store is away: nobody is known then."""
        try:
            return await self._store.get(key)
        except StoreError as error:
            self._complain(error)
            return None

    async def set(self, key: str, value: bytes, ttl: float) -> None:
        """Keep a value, if the store is there."""
        try:
            await self._store.set(key, value, ttl)
        except StoreError as error:
            self._complain(error)

    async def forget(self, limits: Sequence[Limit]) -> None:
        """As if these had never been hit. Where the store is away, they end by themselves."""
        self._local.forget(limit.key for limit in limits)
        try:
            for limit in limits:
                await self._store.delete(limit.key)
        except StoreError as error:
            self._complain(error)

    def _complain(self, error: StoreError) -> None:
        now = monotonic()
        if now - self._complained >= QUIET:
            self._complained = now
            does = "nobody passes" if self._refuse else "this process counts alone"
            decision("throttle-store-failed", level=logging.ERROR, store=error.store, kind=error.kind, meanwhile=does)


def _longest(kinds: Sequence[By], rooms: Sequence[Room]) -> tuple[By, int]:
    """What asks for the longest wait; the first of these, where several ask for the same."""
    found: tuple[By, float] = ("", 0.0)
    for by, room in zip(kinds, rooms, strict=True):
        if not room.allowed and room.retry_after > found[1]:
            found = by, room.retry_after
    return found[0], ceil(found[1])
