"""What one call of a store costs, in CPU time of the application and in waiting. `python -m bench.stores`

Servers run on loopback on the same machine. The record is a session of ten fields, 530 octets in all. Beside each store
stands its floor: the least that could fetch the same octets from the same engine, written out below. Beside the network
stores stand other clients of theirs, each fetching a value by key from a pool.

`python -m bench.stores --million` grows the stores that survive a process to a million live sessions instead.
"""

from __future__ import annotations

import asyncio
import gc
import os
import socket
import sqlite3
import sys
import tempfile
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from statistics import median
from time import perf_counter_ns, process_time_ns
from typing import Any
from urllib.parse import urlsplit

import msgspec

from bench.harness import report
from hauberk.core.plan import run_inline
from hauberk.core.store import Limit, Store
from hauberk.stores import open_store
from tests.stores.servers import Postgres, Valkey

RECORD = {f"field{n}": os.urandom(47) for n in range(10)}
CHANGE = {"field3": os.urandom(47)}
LIMITS = [Limit(f"limit{n}", interval=0.000_001, burst=1_000_000) for n in range(3)]
TTL = 1_800.0
Call = Callable[[], Awaitable[Any]]


@contextmanager
def servers() -> Iterator[tuple[Path, str, str]]:
    """A folder, and the URLs of a Valkey and a PostgreSQL."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        valkey = Valkey(folder / "valkey").start()
        postgres = Postgres().start()
        try:
            yield folder, valkey.url, postgres.url
        finally:
            valkey.stop()
            postgres.stop()


def measured(
    subjects: dict[str, Call], *, inline: bool, rounds: int = 9, calls: int = 200, finish: Sequence[Call] = ()
) -> dict[str, Any]:
    """Median CPU and wall time of one call of each subject, in µs; subjects are interleaved within each round."""
    figures: dict[str, list[tuple[float, float]]] = {name: [] for name in subjects}
    drive: Callable[[Coroutine[Any, Any, None]], None] = run_inline
    loop = None
    if not inline:
        loop = asyncio.new_event_loop()
        drive = loop.run_until_complete

    async def repeat(call: Call) -> None:
        for _ in range(calls):
            await call()

    async def once(call: Call) -> None:
        await call()

    for call in subjects.values():
        drive(repeat(call))
    gc.collect()
    gc.disable()
    for _ in range(rounds):
        for name, call in subjects.items():
            wall, cpu = perf_counter_ns(), process_time_ns()
            drive(repeat(call))
            figures[name].append(((process_time_ns() - cpu) / calls / 1e3, (perf_counter_ns() - wall) / calls / 1e3))
    gc.enable()
    for last in finish:
        drive(once(last))
    if loop is not None:
        loop.close()
    return {
        name: {"cpu": round(median(r[0] for r in rows), 1), "wall": round(median(r[1] for r in rows), 1)}
        for name, rows in figures.items()
    }


def calls(store: Store) -> dict[str, Call]:
    """What sessions, limits and tokens ask of a store."""
    turn = iter(range(1 << 30))

    async def rotated() -> None:
        key = f"r{next(turn)}"
        await store.save(key, RECORD, ttl=TTL, create=True)

    return {
        "load": lambda: store.load("session"),
        "save_a_change": lambda: store.save("session", CHANGE, ttl=TTL),
        "save_a_new_one": rotated,
        "touch": lambda: store.touch("session", TTL),
        "hit_three_limits": lambda: store.hit(LIMITS),
        "increment": lambda: store.increment("counter", 1, TTL),
    }


async def fill(store: Store) -> None:
    await store.save("session", RECORD, ttl=TTL, create=True, index="user")
    await store.set("value", b"".join(RECORD.values()), TTL)


def of(store: Store, floor: dict[str, Call]) -> dict[str, Any]:
    """A store that never suspends, and its floor."""
    run_inline(fill(store))
    return measured(calls(store) | floor, inline=True, finish=[store.close])


def memory_floor() -> dict[str, Call]:
    kept = {"session": (perf_counter_ns(), RECORD)}

    async def load() -> object:
        _, fields = kept["session"]
        return dict(fields)

    return {"floor_load": load}


def sqlite_floor(path: Path) -> dict[str, Call]:
    link = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL"):
        link.execute(f"PRAGMA {pragma}")
    link.execute("CREATE TABLE t (key TEXT PRIMARY KEY, ends REAL, fields BLOB) WITHOUT ROWID")
    link.execute("INSERT INTO t VALUES ('session', 1e12, ?)", (msgspec.msgpack.encode(RECORD),))
    decode = msgspec.msgpack.Decoder(dict[str, bytes]).decode

    async def load() -> object:
        return decode(link.execute("SELECT fields FROM t WHERE key = ? AND ends > 1", ("session",)).fetchone()[0])

    async def save() -> None:
        link.execute("UPDATE t SET ends = ? WHERE key = ?", (1e12, "session"))

    return {"floor_load": load, "floor_one_update": save}


def valkey_floor(url: str) -> dict[str, Call]:
    """A socket, one command, and its answer."""
    link = socket.create_connection(("127.0.0.1", urlsplit(url).port or 0))
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    async def load() -> object:
        link.sendall(b"*2\r\n$3\r\nGET\r\n$13\r\nhauberk:value\r\n")
        return link.recv(4_096)

    return {"floor_get": load}


def valkey_clients(url: str) -> dict[str, Any]:
    """The same GET by clients of a pool each, blocking and waiting."""
    port = urlsplit(url).port
    found: dict[str, dict[str, Call]] = {"blocking": {}, "waiting": {}}
    closing: list[Call] = []
    for name, library, kind in (("redis-py", "redis", "Redis"), ("valkey-py", "valkey", "Valkey")):
        blocking = getattr(import_module(library), kind)(port=port, socket_timeout=2)
        waiting = getattr(import_module(library + ".asyncio"), kind)(port=port, socket_timeout=2)

        async def get_now(client: Any = blocking) -> object:
            return client.get("hauberk:value")

        async def get(client: Any = waiting) -> object:
            return await client.get("hauberk:value")

        found["blocking"][name], found["waiting"][name] = get_now, get
        closing.append(waiting.aclose)
    store = open_store(url)
    blocking_store = store.blocking()
    closing.append(store.close)
    found["blocking"]["hauberk"] = lambda: blocking_store.get("value")
    found["waiting"]["hauberk"] = lambda: store.get("value")
    return {
        "blocking": measured(found["blocking"] | valkey_floor(url), inline=True),
        "waiting": measured(found["waiting"], inline=False, finish=closing),
    }


def postgres_touch(url: str) -> Call:
    """The statement of `touch`, on one connection that is kept: what waiting for the disk costs here."""
    link = import_module("psycopg").connect(url, autocommit=True, prepare_threshold=1)

    async def touch() -> object:
        return link.execute("SELECT hauberk_touch(%s, %s)", ("session", TTL), binary=True).fetchone()

    return touch


def postgres_clients(url: str) -> dict[str, Any]:
    """The same SELECT by a connection that is kept, by the pool of psycopg, and by the store."""
    psycopg, pools = import_module("psycopg"), import_module("psycopg_pool")
    query = "SELECT value FROM hauberk_entries WHERE key = 'value' AND ends > now()"
    link = psycopg.connect(url, autocommit=True, prepare_threshold=1)
    pool = pools.ConnectionPool(url, kwargs={"autocommit": True, "prepare_threshold": 1}, min_size=1, open=True)
    store = open_store(url)
    blocking = store.blocking()

    async def kept() -> object:
        return link.execute(query, binary=True).fetchone()

    async def pooled() -> object:
        with pool.connection() as connection:
            return connection.execute(query, binary=True).fetchone()

    waiting: dict[str, Any] = {}

    async def pooled_waiting() -> object:
        if "pool" not in waiting:
            options = {"autocommit": True, "prepare_threshold": 1}
            waiting["pool"] = pools.AsyncConnectionPool(url, kwargs=options, min_size=1, open=False)
            await waiting["pool"].open()
        async with waiting["pool"].connection() as connection:
            return await (await connection.execute(query, binary=True)).fetchone()

    async def asynchronous() -> object:
        if "kept" not in waiting:
            kept = await psycopg.AsyncConnection.connect(url, autocommit=True, prepare_threshold=1)
            waiting["kept"] = kept
        return await (await waiting["kept"].execute(query, binary=True)).fetchone()

    found = {
        "blocking": measured(
            {"floor_one_connection": kept, "psycopg_pool": pooled, "hauberk": lambda: blocking.get("value")},
            inline=True,
        ),
        "waiting": measured(
            {
                "floor_one_connection": asynchronous,
                "psycopg_pool": pooled_waiting,
                "hauberk": lambda: store.get("value"),
            },
            inline=False,
            finish=[store.close, lambda: waiting["pool"].close(), lambda: waiting["kept"].close()],
        ),
    }
    pool.close()
    link.close()
    return found


def results() -> dict[str, Any]:
    """Run it all."""
    with servers() as (folder, valkey, postgres):
        found: dict[str, Any] = {
            "memory": of(open_store("memory://"), memory_floor()),
            "sqlite": of(open_store(f"sqlite:///{folder}/store.db"), sqlite_floor(folder / "floor.db")),
        }
        for name, url in (("valkey", valkey), ("postgres", postgres)):
            store = open_store(url)
            blocking = of(store.blocking(), {"floor_touch": postgres_touch(postgres)} if name == "postgres" else {})
            found[name] = {"blocking": blocking, "waiting": measured(calls(store), inline=False, finish=[store.close])}
        return found | {"valkey_clients": valkey_clients(valkey), "postgres_clients": postgres_clients(postgres)}


if __name__ == "__main__":
    if "--million" in sys.argv:
        from bench.stores_million import main

        main([int(word) for word in sys.argv if word.isdecimal()])
    else:
        report("one call of a store", results())
