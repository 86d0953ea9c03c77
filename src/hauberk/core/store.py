"""Where sessions, limits, revocations and events are kept: one protocol, several engines."""

from __future__ import annotations

from typing import Protocol, runtime_checkable


@runtime_checkable
class Store(Protocol):
    """Keys to bytes, with a lifetime. Every method is atomic."""

    waits: bool
    """Whether a call may really suspend. Such a store cannot be driven from WSGI; the adapter says so when built."""

    async def get(self, key: str) -> bytes | None:
        """The value, or None when there is none or its time is over."""

    async def set(self, key: str, value: bytes, ttl: float) -> None:
        """Keep the value for `ttl` seconds."""

    async def delete(self, key: str) -> bool:
        """Forget the key; True if it was there."""

    async def touch(self, key: str, ttl: float) -> bool:
        """Start its lifetime again; False if it is not there (then nothing is made)."""

    async def increment(self, key: str, amount: int, ttl: float) -> int:
        """Add to a counter that lives `ttl` seconds from its first increment; the new sum."""
