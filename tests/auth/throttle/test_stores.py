"""The throttle over real servers, one of them a cluster: atomic, in one round trip, and never across slots."""

from __future__ import annotations

import asyncio
import gc
import warnings
from collections.abc import Iterator

import pytest

from hauberk.auth.throttle import Throttle
from hauberk.core.plan import run_inline
from hauberk.core.store import Store
from hauberk.stores import open_store
from tests.auth.throttle.clocks import SECRETS
from tests.stores.conftest import postgres, postgres_url  # noqa: F401 - fixtures
from tests.stores.test_cluster import Cluster, cluster  # noqa: F401 - a fixture

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _forgotten() -> Iterator[None]:
    """redis-py forgets to close what it had; see tests/stores/test_cluster.py."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


def law(url: str) -> None:
    """Five of many attempts at the same moment; a success forgets them; the same from blocking code."""

    async def run(store: Store) -> None:
        throttle = Throttle(store=store, secrets=SECRETS)
        attempts = await asyncio.gather(*(throttle.check("ann", "203.0.113.5") for _ in range(25)))
        allowed = [attempt for attempt in attempts if attempt]
        assert len(allowed) == 5
        cookie = await allowed[0].succeeded()
        assert await throttle.check("ann", "203.0.113.5")
        assert await throttle.check("ann", "198.51.100.7", cookie)
        login = throttle.begin_second_factor("ann")
        codes = await asyncio.gather(*(throttle.check_code(login, "ann") for _ in range(20)))
        assert sum(map(bool, codes)) == 5
        await store.close()

    asyncio.run(run(open_store(url)))
    store = open_store(url).blocking()
    throttle = Throttle(store=store, secrets=SECRETS)
    assert sum(bool(throttle.check_sync("bob", "203.0.113.6")) for _ in range(20)) == 5
    run_inline(store.close())


def test_valkey(valkey_url: str) -> None:
    law(valkey_url)


def test_postgres(postgres_url: str) -> None:  # noqa: F811 - the fixture
    law(postgres_url)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")
def test_cluster(cluster: Cluster) -> None:  # noqa: F811 - the fixture
    law(cluster.url)
