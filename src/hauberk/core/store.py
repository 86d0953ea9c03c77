"""Where sessions, limits, revocations and events are kept: one protocol, several engines.

What a store of your own has to keep is tested by `hauberk.testing.StoreContract`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple, Protocol, Self, runtime_checkable

NOTHING: Mapping[str, bytes] = MappingProxyType({})
"""No fields."""


@dataclass(frozen=True, slots=True)
class Limit:
    """One rate limit as the generic cell rate algorithm sees it (ITU-T I.371): a key, and how fast it may be hit."""

    key: str
    interval: float
    """Seconds between two hits at the sustained rate."""
    burst: int
    """How many hits may come at once."""
    cost: int = 1
    """How many hits this one counts for."""


class Room(NamedTuple):
    """What one limit said of a hit."""

    allowed: bool
    remaining: int
    """Hits that could follow at once."""
    retry_after: float
    """Seconds until this hit would be allowed; 0 if it was. Infinite if its cost is more than the burst."""
    reset_after: float
    """Seconds until the limit is as if it had never been hit."""


class Count(NamedTuple):
    """How many records there are."""

    number: int
    exact: bool
    """False where it is an estimate, of a sample."""


@runtime_checkable
class Store(Protocol):
    """Keys to values with a lifetime, records that are merged by field, limits, and logs. Every method is atomic.

    Keys and the names of fields are texts of at most 512 octets in UTF-8, without NUL; a key is used for one of the
    four kinds only. Lifetimes are seconds, more than 0. Every method raises StoreError, and nothing else, when the
    engine cannot be reached, is full, or takes longer than the store's time limit: it is not known then whether a
    change was made.
    """

    waits: bool
    """Whether a call may really suspend. Such a store cannot be driven from WSGI; `blocking` gives one that can."""
    shared: bool
    """Whether other processes see what this one keeps."""

    def blocking(self) -> Store:
        """The same data, by calls that never suspend: for WSGI, and for the rare synchronous access."""

    async def get(self, key: str) -> bytes | None:
        """The value, or None when there is none or its time is over."""

    async def set(self, key: str, value: bytes, ttl: float) -> None:
        """Keep the value for `ttl` seconds."""

    async def add(self, key: str, value: bytes, ttl: float) -> bool:
        """Keep the value if there is none; False, and nothing is changed, if there is one. For what may happen once."""

    async def delete(self, key: str) -> bool:
        """Forget a value or a record; True if it was there."""

    async def touch(self, key: str, ttl: float) -> bool:
        """Start the lifetime of a value or a record again; False if it is not there (then nothing is made)."""

    async def increment(self, key: str, amount: int, ttl: float) -> int:
        """Add to a counter that lives `ttl` seconds from its first increment; the new sum."""

    async def load(self, key: str) -> dict[str, bytes] | None:
        """The fields of a record, or None. A key that was rotated leads to its successor while the grace lasts."""

    async def save(
        self,
        key: str,
        fields: Mapping[str, bytes],
        *,
        ttl: float,
        remove: Collection[str] = (),
        create: bool = False,
        index: str | None = None,
    ) -> bool:
        """Merge these fields into a record, take others away, and start its lifetime again.

        Fields that are not named stay as somebody else may have left them. Without `create`, a record that is not
        there stays away: False then, so that nobody brings back what was destroyed. `index` files it under a name.
        """

    async def rotate(
        self,
        old: str,
        new: str,
        *,
        ttl: float,
        grace: float,
        fields: Mapping[str, bytes] = NOTHING,
        remove: Collection[str] = (),
        index: str | None = None,
    ) -> bool:
        """Give a record another key; for `grace` seconds the old one leads to it. False if it is not there.

        In the same step these fields are merged into it and others taken away, as by `save`: nobody finds it under its
        new key as it was under the old one.
        """

    async def members(self, index: str) -> list[str]:
        """The keys of all records that are filed under a name and still live."""

    async def records(self, index: str) -> dict[str, dict[str, bytes]]:
        """The same with their fields, in one call: for a list of a user's devices."""

    async def forget(self, index: str) -> int:
        """Destroy all records that are filed under a name; how many there were."""

    async def count(self, prefix: str) -> Count:
        """How many records live whose keys begin with this; one that was rotated counts once.

        For a dashboard, once in a while: in one call the engine looks at every key, or at a sample of them.
        """

    async def hit(self, limits: Sequence[Limit]) -> list[Room]:
        """Charge all these limits, or none of them if one refuses; by the engine's clock, in one round trip."""

    async def append(self, log: str, entry: bytes, *, most: int, ttl: float) -> None:
        """Write an entry at the end of a log that keeps the newest `most`, each for `ttl` seconds."""

    async def read(self, log: str, *, after: str = "", most: int = 100) -> list[tuple[str, bytes]]:
        """Entries of a log with their positions, oldest first: those after a position, or the newest without one.

        The last position of an answer is the `after` of the next call; one that is none counts as the beginning.
        """

    async def ping(self) -> None:
        """Reach the engine, or raise StoreError."""

    async def close(self) -> None:
        """Give back connections and files. The store may be used again; it then opens new ones."""

    async def __aenter__(self) -> Self:
        """Itself."""

    async def __aexit__(self, *error: object) -> None:
        """Close."""
