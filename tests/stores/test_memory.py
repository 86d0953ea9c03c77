"""`memory://`."""

from __future__ import annotations

from hauberk.core.plan import run_inline
from hauberk.core.store import Limit, Store
from hauberk.stores.memory import MemoryStore
from hauberk.testing import StoreContract


class TestMemory(StoreContract):
    def make(self) -> Store:
        return MemoryStore()


def test_it_is_bounded_and_what_was_used_longest_ago_goes_first() -> None:
    store = MemoryStore(most=100)
    for n in range(1_000):
        run_inline(store.hit([Limit(f"k{n}", interval=60, burst=5)]))
        run_inline(store.get("k0"))
    assert len(store._entries) == 100


def test_a_clock_that_is_set_back_limits_nobody_for_longer_than_a_burst() -> None:
    now = 10_000.0
    store = MemoryStore(clock=lambda: now)
    limit = Limit("k", interval=1, burst=2)
    for _ in range(3):
        run_inline(store.hit([limit]))
    now -= 3_600
    (room,) = run_inline(store.hit([limit]))
    assert room.retry_after <= 1
