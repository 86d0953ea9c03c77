"""A throttle whose time the test tells, and a store that is away when the test says so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hauberk import Secrets
from hauberk.auth.throttle import Attempt, Throttle
from hauberk.core.errors import StoreError
from hauberk.core.store import Limit, Room
from hauberk.stores.memory import MemoryStore

SECRETS = Secrets.of("throttle-tests-0123456789abcdefghijklmnopqrstuvwxyz")


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


class Watched(MemoryStore):
    """A real store that counts its calls, and fails when told to."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.calls: list[str] = []
        self.away = False

    def _called(self, name: str) -> None:
        self.calls.append(name)
        if self.away:
            raise StoreError("memory://", "unavailable", "told to be")

    async def hit(self, limits: Sequence[Limit]) -> list[Room]:
        self._called("hit")
        return await super().hit(limits)

    async def get(self, key: str) -> bytes | None:
        self._called("get")
        return await super().get(key)

    async def add(self, key: str, value: bytes, ttl: float) -> bool:
        self._called("add")
        return await super().add(key, value, ttl)

    async def set(self, key: str, value: bytes, ttl: float) -> None:
        self._called("set")
        await super().set(key, value, ttl)

    async def delete(self, key: str) -> bool:
        self._called("delete")
        return await super().delete(key)

    async def increment(self, key: str, amount: int, ttl: float) -> int:
        self._called("increment")
        return await super().increment(key, amount, ttl)


class Bench:
    """One throttle, its store and its clock."""

    def __init__(self, **options: Any) -> None:
        self.clock = Clock()
        self.store = Watched(clock=self.clock, **({"most": options.pop("most")} if "most" in options else {}))
        self.throttle = Throttle(store=self.store, secrets=SECRETS, clock=self.clock, **options)

    def fail(self, account: str, address: str, device: str = "", times: int = 1) -> int:
        """How many of these wrong passwords were looked at."""
        return sum(self._fail(account, address, device) for _ in range(times))

    def _fail(self, account: str, address: str, device: str) -> bool:
        attempt = self.throttle.check_sync(account, address, device)
        if attempt:
            attempt.failed_sync()
        return attempt.allowed

    def check(self, account: str, address: str, device: str = "") -> Attempt:
        return self.throttle.check_sync(account, address, device)

    def login(self, account: str, address: str, device: str = "") -> str:
        """The cookie after a right password."""
        return self.throttle.check_sync(account, address, device).succeeded_sync()


def addresses(count: int) -> list[str]:
    """Different ones, none of them anybody's home."""
    return [f"198.18.{number // 256}.{number % 256}" for number in range(count)]
