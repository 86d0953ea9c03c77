"""Round trips, counted between the store and a real server: how often the store speaks after the server did."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator

import pytest

from hauberk.core.plan import run_inline
from hauberk.core.store import Limit, Store
from hauberk.stores import open_store
from tests.stores.servers import Postgres, Relay, Valkey

LIMITS = [Limit("l1", interval=60, burst=50), Limit("l2", interval=60, burst=50), Limit("l3", interval=60, burst=50)]
TTL = 60.0
CALLS: dict[str, tuple[int, Callable[[Store], Awaitable[object]]]] = {
    "read": (1, lambda store: store.load("s")),
    "read of nothing": (1, lambda store: store.load("none")),
    "new session": (1, lambda store: store.save("new", {"a": b"1"}, ttl=TTL, create=True, index="u")),
    "change": (1, lambda store: store.save("s", {"b": b"2"}, ttl=TTL)),
    "change by the old key": (1, lambda store: store.save("old", {"b": b"2"}, ttl=TTL)),
    "touch": (1, lambda store: store.touch("s", TTL)),
    "rotate at login": (1, lambda store: store.rotate("guest", "user", ttl=TTL, grace=TTL, index="u")),
    "logout": (1, lambda store: store.delete("t")),
    "list": (1, lambda store: store.records("u")),
    "revoke all": (1, lambda store: store.forget("u")),
    "three limits": (1, lambda store: store.hit(LIMITS)),
    "count": (1, lambda store: store.count("s")),
    "once": (1, lambda store: store.add("jti", b"", TTL)),
    "event": (1, lambda store: store.append("log", b"x", most=10, ttl=TTL)),
}


async def prepare(store: Store) -> None:
    """What the calls find; each was made before, so that scripts are loaded, statements prepared, connections open."""
    for _ in range(4):
        for _, call in CALLS.values():
            await call(store)
    for key in ("s", "t", "guest", "old", "new", "user", "jti"):
        await store.delete(key)
    for key in ("s", "t", "guest", "old"):
        await store.save(key, {"a": b"1"}, ttl=TTL, create=True, index="u")
    await store.rotate("old", "its new name", ttl=TTL, grace=TTL)


@pytest.fixture(params=["valkey", "postgres"])
def relayed(request: pytest.FixtureRequest) -> Iterator[tuple[Relay, str]]:
    """A relay before a server, and the URL by which a store reaches it."""
    server: Valkey | Postgres = request.getfixturevalue(request.param)
    relay = Relay(server.port)
    yield relay, server.url.replace(str(server.port), str(relay.port))
    relay.close()


def test_each_call_is_one_round_trip(relayed: tuple[Relay, str]) -> None:
    relay, url = relayed
    store = open_store(url)
    counted: dict[str, dict[str, int]] = {}

    async def count(face: Store, name: str) -> None:
        await prepare(face)
        for what, (_, call) in CALLS.items():
            before = relay.turns
            assert await call(face) not in (False, 0) or what == "read of nothing", what
            counted.setdefault(name, {})[what] = relay.turns - before
        await face.close()

    asyncio.run(count(store, "waiting"))
    run_inline(count(store.blocking(), "blocking"))
    expected = {what: trips for what, (trips, _) in CALLS.items()}
    assert counted == {"waiting": expected, "blocking": expected}


def test_making_a_store_costs_none(relayed: tuple[Relay, str]) -> None:
    relay, url = relayed
    open_store(url).blocking()
    assert relay.turns == 0
