"""`valkey://`: a real server on loopback."""

from __future__ import annotations

import asyncio
import gc

import pytest

from hauberk.core.store import Store
from hauberk.stores import open_store
from hauberk.testing import StoreContract


class TestValkey(StoreContract):
    @pytest.fixture(autouse=True)
    def _server(self, valkey_url: str) -> None:
        self.url = valkey_url

    def make(self) -> Store:
        return open_store(self.url)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")
def test_a_loop_that_closed_without_us_leaves_nothing_to_stumble_over(valkey_url: str) -> None:
    store = open_store(valkey_url)
    for n in range(3):
        asyncio.run(store.set("k", b"%d" % n, 60))
    assert asyncio.run(store.get("k")) == b"2"
    assert len(store._line._clients) == 1  # type: ignore[attr-defined]
    del store
    gc.collect()
