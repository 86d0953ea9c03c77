"""Sixty-four clients in four worker processes change one session: nothing is lost, on any store that they can share."""

from __future__ import annotations

import asyncio
import multiprocessing
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hauberk.core.plan import run_inline
from hauberk.core.store import Limit, Store
from hauberk.stores import open_store

TTL = 600.0
WORKERS, CLIENTS, TURNS = 4, 16, 4
LIMIT = Limit("law-limit", interval=3_600, burst=50)


async def turn(store: Store, name: str) -> int:
    """One client's changes; how many hits of the limit all share were allowed."""
    allowed = 0
    for n in range(TURNS):
        assert await store.save("law", {f"{name}-{n}": name.encode()}, ttl=TTL)
        await store.increment("count", 1, TTL)
        allowed += (await store.hit([LIMIT]))[0].allowed
    return allowed


def work(url: str, worker: int, waits: bool) -> int:
    store = open_store(url)
    names = [f"{worker}-{n}" for n in range(CLIENTS)]

    async def together() -> int:
        async with store:
            return sum(await asyncio.gather(*(turn(store, name) for name in names)))

    if waits and store.waits:
        return asyncio.run(together())
    blocking = store.blocking()
    with ThreadPoolExecutor(CLIENTS) as pool:
        return sum(pool.map(lambda name: run_inline(turn(blocking, name)), names))


@pytest.mark.slow
@pytest.mark.parametrize("face", ["waiting", "blocking"])
@pytest.mark.parametrize("engine", ["sqlite", "valkey", "postgres"])
def test_nothing_is_lost(engine: str, face: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    if engine == "sqlite":
        url = f"sqlite:///{tmp_path}/store.db?timeout=20"
    else:
        url = request.getfixturevalue(f"{engine}_url")
        url += "&?"["?" not in url] + "timeout=20&connections=8"
    store = open_store(url).blocking()
    for key in ("law", "count", LIMIT.key):
        run_inline(store.delete(key))
    run_inline(store.save("law", {}, ttl=TTL, create=True))
    before = run_inline(store.hit([LIMIT]))[0].remaining
    with multiprocessing.get_context("spawn").Pool(WORKERS) as pool:
        allowed = pool.starmap(work, [(url, worker, face == "waiting") for worker in range(WORKERS)])
    found = run_inline(store.load("law"))
    names = [f"{worker}-{client}" for worker in range(WORKERS) for client in range(CLIENTS)]
    assert found == {f"{name}-{n}": name.encode() for name in names for n in range(TURNS)}
    assert run_inline(store.increment("count", 0, TTL)) == WORKERS * CLIENTS * TURNS
    assert sum(allowed) == before
    run_inline(store.close())
