"""`valkey://...?cluster=true` and `?sentinel=`: three machines and a replica on loopback, one of which is killed."""

from __future__ import annotations

import asyncio
import gc
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from hauberk.core.errors import StoreError
from hauberk.core.plan import run_inline
from hauberk.core.store import Limit, Store
from hauberk.stores import open_store
from hauberk.stores.valkey_cluster import ValkeyClusterStore
from hauberk.testing import StoreContract
from tests.stores.servers import Valkey, wait_for
from tests.stores.test_faults import Told, client

pytestmark = pytest.mark.slow
FLAGS = ("--cluster-enabled", "yes", "--cluster-node-timeout", "1000", "--appendonly", "yes", "--appendfsync", "always")
TTL = 600.0


class Cluster:
    """Three masters, and a replica of the first."""

    def __init__(self, folder: Path) -> None:
        self.nodes = [Valkey(folder / str(n), *FLAGS).start() for n in range(4)]
        first, *others = self.nodes
        for node, (low, high) in zip(self.nodes, ((0, 5460), (5461, 10922), (10923, 16383)), strict=False):
            assert node.say("CLUSTER", "ADDSLOTSRANGE", str(low), str(high)).startswith(b"+OK")
        for node in others:
            assert first.say("CLUSTER", "MEET", "127.0.0.1", str(node.port)).startswith(b"+OK")
        name = first.say("CLUSTER", "MYID").decode()
        replica = self.nodes[3]
        wait_for(lambda: all(b"cluster_state:ok" in node.say("CLUSTER", "INFO") for node in self.nodes))
        wait_for(lambda: replica.say("CLUSTER", "REPLICATE", name).startswith(b"+OK"))
        wait_for(lambda: b"master_link_status:up" in replica.say("INFO", "replication"))

    @property
    def url(self) -> str:
        return "valkey://" + ",".join(f"127.0.0.1:{node.port}" for node in self.nodes) + "/?cluster=true"

    def stop(self) -> None:
        for node in self.nodes:
            node.stop()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    cluster = Cluster(tmp_path_factory.mktemp("cluster"))
    yield cluster
    cluster.stop()


@pytest.fixture(autouse=True)
def _forgotten() -> Iterator[None]:
    """redis-py forgets to close what it had to a machine that is gone, or that it was opening when it was cancelled."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


class TestCluster(StoreContract):
    @pytest.fixture(autouse=True)
    def _server(self, cluster: Cluster) -> None:
        self.url = cluster.url

    def make(self) -> Store:
        return open_store(self.url)


def test_a_logout_between_the_halves_of_a_rotation_is_a_logout(cluster: Cluster) -> None:
    """The record is copied already when its user logs out by the old key."""
    store = open_store(cluster.url).blocking()
    assert isinstance(store, ValkeyClusterStore)
    script = store._line.script

    async def logs_out_first(text: str, keys: list[str], *arguments: object, again: bool = False) -> object:
        if "'changed'" in text:
            assert await store.delete("old")
        return await script(text, keys, *arguments, again=again)

    run_inline(store.save("old", {"a": b"1"}, ttl=TTL, create=True, index="u"))
    store._line.script = logs_out_first  # type: ignore[method-assign, assignment]
    assert not run_inline(store.rotate("old", "new", ttl=TTL, grace=TTL))
    store._line.script = script  # type: ignore[method-assign]
    assert run_inline(store.load("old")) is run_inline(store.load("new")) is None
    assert run_inline(store.members("u")) == []
    run_inline(store.close())


def test_a_change_between_the_halves_of_a_rotation_is_kept(cluster: Cluster) -> None:
    store = open_store(cluster.url).blocking()
    assert isinstance(store, ValkeyClusterStore)
    script, turns = store._line.script, iter(range(100))

    async def changes_first(text: str, keys: list[str], *arguments: object, again: bool = False) -> object:
        if "'changed'" in text and next(turns) < 2:
            assert await store.save("old2", {"b": b"2"}, ttl=TTL)
        return await script(text, keys, *arguments, again=again)

    run_inline(store.save("old2", {"a": b"1"}, ttl=TTL, create=True))
    store._line.script = changes_first  # type: ignore[method-assign, assignment]
    assert run_inline(store.rotate("old2", "new2", ttl=TTL, grace=TTL))
    store._line.script = script  # type: ignore[method-assign]
    assert run_inline(store.load("new2")) == {"a": b"1", "b": b"2"}
    run_inline(store.close())


def test_limits_of_several_keys_are_charged_together(cluster: Cluster) -> None:
    store = open_store(cluster.url).blocking()
    limits = [Limit(f"address{n}", interval=60, burst=n) for n in (1, 5, 9)]
    assert all(room.allowed for room in run_inline(store.hit(limits)))
    assert [room.remaining for room in run_inline(store.hit(limits))] == [0, 4, 8]
    run_inline(store.close())


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")
def test_a_master_that_dies_is_replaced_and_nothing_is_lost(cluster: Cluster) -> None:
    """The replica takes over within the time of the cluster; what was acknowledged before, and since, is there."""
    told = Told()
    first, replica = cluster.nodes[0], cluster.nodes[3]

    async def load() -> int:
        async with open_store(cluster.url + "&timeout=1") as store:
            until = time.monotonic() + 9
            clients = [asyncio.create_task(client(store, n, told, until, 1.6)) for n in range(4)]
            await asyncio.sleep(1)
            await asyncio.to_thread(first.kill)
            await asyncio.to_thread(wait_for, lambda: b"role:master" in replica.say("INFO", "replication"))
            before = told.done
            await asyncio.gather(*clients)
            return told.done - before

    afterwards = asyncio.run(load())
    assert told.errors
    assert afterwards > 20, "the store did not find the new master by itself"

    async def check() -> None:
        async with open_store(cluster.url + "&timeout=1") as store:
            for key, least in told.kept.items():
                found = await store.load(key)
                assert found is not None, key
                assert int(found["n"]) >= least
            for key in told.gone:
                assert await store.load(key) is None, key
            keys = await store.members("u0")
            assert {key for key in told.kept if key.startswith("c0-")} <= set(keys)

    asyncio.run(check())
    blocking = open_store(cluster.url + "&timeout=1").blocking()
    for key in list(told.kept)[:50]:
        assert run_inline(blocking.load(key)) is not None
    run_inline(blocking.close())
    assert told.gone


def test_sentinel_leads_to_the_new_master(tmp_path: Path) -> None:
    master = Valkey(tmp_path / "master", "--appendonly", "yes").start()
    replica = Valkey(tmp_path / "replica", "--replicaof", "127.0.0.1", str(master.port)).start()
    sentinel = Valkey(tmp_path / "sentinel", sentinel=True).start()
    servers = [master, replica, sentinel]
    try:
        sentinel.say("SENTINEL", "MONITOR", "shop", "127.0.0.1", str(master.port), "1")
        sentinel.say("SENTINEL", "SET", "shop", "down-after-milliseconds", "500", "failover-timeout", "3000")
        wait_for(lambda: b"master_link_status:up" in replica.say("INFO", "replication"))
        wait_for(lambda: str(replica.port).encode() in sentinel.say("SENTINEL", "REPLICAS", "shop"))
        # The first sentinel that is named does not answer: the next one is asked.
        url = f"valkey://127.0.0.1:1,127.0.0.1:{sentinel.port}/0?sentinel=shop&timeout=1"
        store = open_store(url)
        blocking = store.blocking()
        run_inline(blocking.save("s", {"a": b"1"}, ttl=TTL, create=True, index="u"))
        time.sleep(0.2)
        master.kill()
        wait_for(lambda: b"role:master" in replica.say("INFO", "replication"))

        async def read() -> dict[str, bytes] | None:
            async with store:
                return await store.load("s")

        end = time.monotonic() + 10
        while True:
            try:
                assert run_inline(blocking.load("s")) == {"a": b"1"}
                break
            except StoreError:
                assert time.monotonic() < end
                time.sleep(0.1)
        assert asyncio.run(read()) == {"a": b"1"}
        assert run_inline(blocking.save("s", {"b": b"2"}, ttl=TTL))
        run_inline(blocking.close())
    finally:
        for server in servers:
            server.stop()
