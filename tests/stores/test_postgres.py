"""`postgresql://`: a real server on loopback."""

from __future__ import annotations

import asyncio
import multiprocessing
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest

from hauberk.core.errors import StoreError
from hauberk.core.plan import run_inline
from hauberk.core.store import Store
from hauberk.stores import open_store
from hauberk.stores import postgres_schema as sql
from hauberk.stores.addresses import Server
from hauberk.stores.postgres import SWEEP_EVERY
from hauberk.stores.postgres_client import BlockingLine
from hauberk.testing import StoreContract
from tests.stores.servers import Postgres
from tests.stores.tls import TLSRelay, certificate

TTL = 60.0


class TestPostgres(StoreContract):
    @pytest.fixture(autouse=True)
    def _server(self, postgres_url: str) -> None:
        self.url = postgres_url

    def make(self) -> Store:
        return open_store(self.url)


class TestBehindPgBouncer(StoreContract):
    """No prepared statements and no options; unlogged tables too, in a database of its own."""

    @pytest.fixture(autouse=True)
    def _server(self, database: str) -> None:
        self.url = database + "&pgbouncer=true&unlogged=true"

    def make(self) -> Store:
        return open_store(self.url)


@pytest.fixture
def database(postgres_url: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """An empty database."""
    name = "d" + str(abs(hash(request.node.nodeid)))
    with psycopg.connect(postgres_url, autocommit=True) as link:
        link.execute(f"CREATE DATABASE {name}".encode())
        yield postgres_url.replace("/postgres?", f"/{name}?")
        link.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def say(url: str, *statements: str) -> Any:
    with psycopg.connect(url, autocommit=True) as link:
        rows: Any = None
        for statement in statements:
            cursor = link.execute(statement.encode())
            rows = cursor.fetchall() if cursor.description else None
        return rows


def test_an_old_schema_is_brought_up_to_date_with_what_it_holds(database: str) -> None:
    old = [statement.replace("{unlogged}", "") for statement in sql.MIGRATIONS[0]]
    say(database, *old, "INSERT INTO hauberk_schema VALUES (1)")
    say(database, "SELECT hauberk_save('s', 60, '{\"a\": \"MQ==\"}', '{}', 'u', true)")

    async def use() -> None:
        async with open_store(database) as store:
            assert await store.records("u") == {"s": {"a": b"1"}}
            await store.append("log", b"x", most=5, ttl=TTL)

    asyncio.run(use())
    assert say(database, "SELECT max(version) FROM hauberk_schema") == [(sql.VERSION,)]


def test_a_newer_schema_is_not_touched(database: str) -> None:
    say(
        database,
        "CREATE TABLE hauberk_schema (version integer)",
        f"INSERT INTO hauberk_schema VALUES ({sql.VERSION + 1})",
    )
    store = open_store(database)
    with pytest.raises(StoreError, match="upgrade") as caught:
        run_inline(store.blocking().ping())
    assert caught.value.kind == "corrupt"
    with pytest.raises(StoreError, match="upgrade"):
        asyncio.run(store.ping())


def begin(url: str, worker: int) -> None:
    store = open_store(url + "&timeout=20").blocking()
    run_inline(store.set(f"w{worker}", b"x", TTL))
    run_inline(store.close())


def eventually(holds: Callable[[], bool]) -> None:
    for _ in range(100):
        if holds():
            return
        time.sleep(0.05)
    raise AssertionError("it never came to hold")


def test_workers_that_start_together_make_the_tables_once(database: str) -> None:
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        pool.starmap(begin, [(database, worker) for worker in range(4)])
    assert say(database, "SELECT count(*) FROM hauberk_schema") == [(1,)]
    assert say(database, "SELECT count(*) FROM hauberk_entries") == [(4,)]


def test_many_requests_at_once_on_an_empty_database(database: str) -> None:
    async def use() -> None:
        async with open_store(database + "&timeout=20") as store:
            assert sorted(await asyncio.gather(*(store.increment("n", 1, TTL) for _ in range(20)))) == [*range(1, 21)]

    asyncio.run(use())


def test_threads_that_begin_together_share_their_connections(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made = BlockingLine.__init__

    def slowly(self: BlockingLine, server: Server) -> None:
        time.sleep(0.05)  # as long as the library takes to be loaded
        made(self, server)

    monkeypatch.setattr(BlockingLine, "__init__", slowly)
    store = open_store(database + "&connections=2").blocking()
    together = threading.Barrier(8)

    def use(number: int) -> None:
        together.wait()
        run_inline(store.increment(f"n{number}", 1, TTL))

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(use, range(8)))
    ours = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    assert say(database, ours)[0][0] <= 2
    run_inline(store.close())
    eventually(lambda: say(database, ours) == [(0,)])


def test_a_migration_that_fails_is_tried_again(database: str) -> None:
    say(database, "CREATE VIEW hauberk_entries AS SELECT 1 AS one")
    store = open_store(database).blocking()
    for _ in range(2):
        with pytest.raises(StoreError, match="already exists"):
            run_inline(store.ping())
    say(database, "DROP VIEW hauberk_entries")
    run_inline(store.set("k", b"v", TTL))
    assert run_inline(store.get("k")) == b"v"
    run_inline(store.close())


@pytest.mark.parametrize(("option", "kind"), [("", "p"), ("&unlogged=true", "u")])
def test_tables_may_be_left_out_of_the_log(database: str, option: str, kind: str) -> None:
    begin(database + option, 0)
    found = say(
        database, "SELECT relpersistence::text FROM pg_class WHERE relname IN ('hauberk_entries', 'hauberk_log')"
    )
    assert found == [(kind,), (kind,)]


def test_what_is_over_is_swept_as_others_write(database: str) -> None:
    store = open_store(database).blocking()
    for n in range(30):
        run_inline(store.set(f"k{n}", b"x", 0.001))
        run_inline(store.append(f"l{n}", b"x", most=5, ttl=0.001))
    for n in range(SWEEP_EVERY):
        run_inline(store.set(f"m{n % 3}", b"x", TTL))
    assert say(database, "SELECT count(*) FROM hauberk_entries") == [(3,)]
    assert say(database, "SELECT count(*) FROM hauberk_log") == [(0,)]
    run_inline(store.close())


def test_a_server_without_a_connection_left_is_full(database: str) -> None:
    begin(database, 0)
    say(database, "DROP ROLE IF EXISTS narrow", "CREATE ROLE narrow LOGIN CONNECTION LIMIT 1")
    url = database.replace("postgres@", "narrow@")
    try:
        with psycopg.connect(url), pytest.raises(StoreError) as caught:
            run_inline(open_store(url).blocking().ping())
        assert caught.value.kind == "full"
    finally:
        say(database, "DROP ROLE narrow")


def test_a_lock_that_is_held_is_a_timeout_and_the_next_call_works(database: str) -> None:
    store = open_store(database + "&timeout=1").blocking()
    run_inline(store.set("k", b"v", TTL))
    with psycopg.connect(database) as link:
        link.execute("LOCK TABLE hauberk_entries IN EXCLUSIVE MODE")
        with pytest.raises(StoreError) as caught:
            run_inline(store.set("k", b"w", TTL))
        assert caught.value.kind == "timeout"
        link.rollback()
    run_inline(store.set("k", b"w", TTL))
    run_inline(store.close())


def test_tls_is_verified(postgres: Postgres, tmp_path: Path) -> None:
    (cert, key), (other, _) = certificate(tmp_path), certificate(tmp_path, "other")
    relay = TLSRelay(postgres.port, cert, key, asked=True)
    url = f"postgresql://postgres@localhost:{relay.port}/postgres?gssencmode=disable&sslmode=verify-full&sslrootcert="
    asyncio.run(_once(open_store(f"{url}{cert}")))
    run_inline(_once(open_store(f"{url}{cert}").blocking()))
    stranger = open_store(f"{url}{other}")
    with pytest.raises(StoreError, match="certificate verify failed"):
        run_inline(stranger.blocking().ping())
    with pytest.raises(StoreError, match="certificate verify failed"):
        asyncio.run(stranger.ping())
    relay.close()


async def _once(store: Store) -> None:
    async with store:
        await store.set("k", b"v", TTL)
        assert await store.get("k") == b"v"
