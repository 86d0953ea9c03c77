"""A server is killed, cut off, stalled or full: an error of ours in time, nothing lost, nothing back."""

from __future__ import annotations

import asyncio
import gc
import os
import random
import signal
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from hauberk.core.errors import StoreError
from hauberk.core.plan import run_inline
from hauberk.core.store import Limit, Store
from hauberk.stores import open_store
from hauberk.testing.store_case import pause
from tests.stores.servers import Postgres, Relay, Valkey

TTL = 600.0
TIMEOUT = 0.5
BOUND = {"valkey": TIMEOUT + 1.5, "postgres": 2.0 + 1.5}
"""What a call may take at most: libpq opens connections within two seconds; the rest is this machine's business."""
Server = Valkey | Postgres

CALLS: dict[str, Callable[[Store], Awaitable[object]]] = {
    "get": lambda store: store.get("v"),
    "set": lambda store: store.set("v", b"1", TTL),
    "add": lambda store: store.add("once", b"1", TTL),
    "delete": lambda store: store.delete("x"),
    "touch": lambda store: store.touch("s", TTL),
    "increment": lambda store: store.increment("n", 1, TTL),
    "load": lambda store: store.load("s"),
    "save": lambda store: store.save("s", {"a": b"1"}, ttl=TTL, create=True),
    "rotate": lambda store: store.rotate("x", "y", ttl=TTL, grace=1),
    "members": lambda store: store.members("u"),
    "records": lambda store: store.records("u"),
    "forget": lambda store: store.forget("none"),
    "hit": lambda store: store.hit([Limit("l", interval=1, burst=5)]),
    "append": lambda store: store.append("log", b"x", most=5, ttl=TTL),
    "read": lambda store: store.read("log"),
    "ping": lambda store: store.ping(),
}


@pytest.fixture(scope="module", params=["valkey", "postgres"])
def victim(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of this file's own, which keeps what it acknowledged."""
    folder = tmp_path_factory.mktemp("victim")
    # `everysec` would not do: while its thread waits for the disk, the server acknowledges what it has not written yet.
    flags = ("--appendonly", "yes", "--appendfsync", "always")
    server: Server = Valkey(folder, *flags) if request.param == "valkey" else Postgres()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def bound(victim: Server) -> float:
    return BOUND[type(victim).__name__.lower()]


def with_timeout(server: Server, port: int | None = None, timeout: float = TIMEOUT) -> Store:
    url = server.url.replace(str(server.port), str(port or server.port))
    return open_store(url + "&?"["?" not in url] + f"timeout={timeout}&connections=8")


async def failing(call: Awaitable[object], bound: float) -> StoreError | None:
    """The store's error, if there is one; nothing else may come, and not late."""
    start = time.monotonic()
    try:
        await call
    except StoreError as error:
        return error
    finally:
        assert time.monotonic() - start < bound
    return None


class Told:
    """What a store acknowledged."""

    def __init__(self) -> None:
        self.kept: dict[str, int] = {}
        self.gone: set[str] = set()
        self.errors: list[StoreError] = []
        self.done = 0


async def client(store: Store, number: int, told: Told, until: float, bound: float) -> None:
    """Logs in, changes, logs out, and notes what was acknowledged."""
    turn = 0
    while time.monotonic() < until:
        turn += 1
        key = f"c{number}-{turn}"
        if await noted(store.save(key, {"n": b"0"}, ttl=TTL, create=True, index=f"u{number}"), told, bound):
            told.kept[key] = 0
            if await noted(store.save(key, {"n": b"1"}, ttl=TTL), told, bound):
                told.kept[key] = 1
        if turn % 3 == 0 and key in told.kept:
            del told.kept[key]  # while it is under way nobody knows
            if await noted(store.delete(key), told, bound):
                told.gone.add(key)
        await asyncio.sleep(0)


async def noted(call: Awaitable[object], told: Told, bound: float) -> bool:
    error = await failing(call, bound)
    if error is None:
        told.done += 1
        return True
    told.errors.append(error)
    await asyncio.sleep(0.02)
    return False


def test_a_server_that_is_killed_under_load_loses_nothing_and_brings_nothing_back(victim: Server, bound: float) -> None:
    told = Told()

    async def load() -> int:
        async with with_timeout(victim) as store:
            until = time.monotonic() + 3.0 + bound
            clients = [asyncio.create_task(client(store, n, told, until, bound)) for n in range(6)]
            await asyncio.sleep(0.7)
            await asyncio.to_thread(victim.kill)
            await asyncio.sleep(0.3)
            await asyncio.to_thread(victim.start)
            before = told.done
            await asyncio.gather(*clients)
            return told.done - before

    afterwards = asyncio.run(load())
    assert afterwards > 0, "the store did not recover by itself"
    assert told.errors
    assert {error.kind for error in told.errors} <= {"unavailable", "timeout"}

    async def check() -> None:
        async with with_timeout(victim) as store:
            for key, least in told.kept.items():
                found = await store.load(key)
                assert found is not None, key
                assert int(found["n"]) >= least
            for key in told.gone:
                assert await store.load(key) is None, key

    asyncio.run(check())
    assert told.kept
    assert told.gone


def test_a_stalled_server_is_a_timeout_on_both_faces(victim: Server, bound: float) -> None:
    store = with_timeout(victim)
    blocking = store.blocking()

    async def warmed(face: Store) -> None:
        for call in CALLS.values():
            await call(face)

    async def stalled(face: Store) -> None:
        for name in ("load", "save", "hit", "delete", "ping"):
            error = await failing(CALLS[name](face), bound)
            assert error is not None, name
            assert error.kind == "timeout", error

    async def waiting() -> None:
        await warmed(store)
        victim.send(signal.SIGSTOP)
        try:
            await stalled(store)
        finally:
            victim.send(signal.SIGCONT)
        await asyncio.sleep(0.2)
        await warmed(store)
        await store.close()

    asyncio.run(waiting())
    run_inline(warmed(blocking))
    victim.send(signal.SIGSTOP)
    try:
        run_inline(stalled(blocking))
    finally:
        victim.send(signal.SIGCONT)
    time.sleep(0.2)
    run_inline(warmed(blocking))
    run_inline(blocking.close())


def test_a_connection_that_is_reset_is_opened_again(victim: Server, bound: float) -> None:
    relay = Relay(victim.port)
    store = with_timeout(victim, relay.port)

    async def cut(face: Store) -> None:
        for call in CALLS.values():
            await call(face)
            relay.reset()
            await pause(0.1)
            assert await failing(call(face), bound) is None, "an idle connection that is gone is not used"

    async def cut_while_it_waits() -> None:
        await store.ping()
        victim.send(signal.SIGSTOP)
        try:
            asked = asyncio.create_task(failing(store.load("s"), bound))
            await asyncio.sleep(0.1)
            relay.reset()
            error = await asked
        finally:
            victim.send(signal.SIGCONT)
        assert error is not None
        assert await failing(store.ping(), bound) is None

    async def waiting() -> None:
        await cut(store)
        await cut_while_it_waits()
        await store.close()

    asyncio.run(waiting())
    blocking = store.blocking()
    run_inline(cut(blocking))
    run_inline(blocking.close())
    relay.close()


def test_nobody_listens(bound: float, victim: Server) -> None:
    store = with_timeout(victim, 1)

    async def refused(face: Store) -> None:
        for call in CALLS.values():
            error = await failing(call(face), bound)
            assert error is not None
            assert error.kind == "unavailable"
            assert isinstance(error.__cause__, Exception)

    asyncio.run(refused(store))
    run_inline(refused(store.blocking()))


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")
def test_an_answer_never_reaches_another_request(victim: Server) -> None:
    """Requests are cancelled, many times, while their answers are on the way; those after them get their own."""
    relay = Relay(victim.port)
    turns = 1_000 if isinstance(victim, Valkey) else 200

    async def run() -> int:
        cancelled = 0
        async with with_timeout(victim, relay.port, timeout=20) as store:
            for n in range(50):
                await store.save(f"own{n}", {"n": b"%d" % n}, ttl=TTL, create=True)
            relay.delay = 0.002
            for turn in range(turns):
                task = asyncio.ensure_future(store.load(f"own{turn % 50}"))
                await asyncio.sleep(random.uniform(0, 0.002))
                task.cancel()
                try:
                    await task
                except asyncio.CancelledError:
                    cancelled += 1
                if turn % 5 == 0:
                    n = random.randrange(50)
                    assert await store.load(f"own{n}") == {"n": b"%d" % n}
        return cancelled

    assert asyncio.run(run()) > turns / 8  # how many depends on the machine; most of them, while answers are held back
    relay.close()
    gc.collect()  # what the libraries were opening when they were cancelled


def test_connections_are_bounded_and_shared_out(victim: Server) -> None:
    relay = Relay(victim.port)
    store = with_timeout(victim, relay.port, timeout=20)

    async def many() -> None:
        async with store:
            await asyncio.gather(*(store.increment("many", 1, TTL) for _ in range(100)))

    asyncio.run(many())
    assert relay.accepted <= 8
    blocking, before = store.blocking(), relay.accepted
    threads = [threading.Thread(target=lambda: run_inline(blocking.increment("many", 1, TTL))) for _ in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert relay.accepted - before <= 8
    assert run_inline(blocking.delete("many"))
    run_inline(blocking.close())
    relay.close()


def test_a_forked_worker_opens_connections_of_its_own(victim: Server) -> None:
    relay = Relay(victim.port)
    store = with_timeout(victim, relay.port).blocking()
    run_inline(store.set("fork", b"parent", TTL))
    before = relay.accepted
    for n in range(2):
        child = os.fork()
        if child == 0:
            code = 1
            try:
                run_inline(store.set(f"fork{n}", b"child", TTL))
                code = 0
            finally:
                os._exit(code)
        assert os.waitpid(child, 0)[1] == 0
    assert relay.accepted == before + 2
    assert run_inline(store.get("fork")) == b"parent"
    assert run_inline(store.get("fork1")) == b"child"
    assert relay.accepted == before + 2
    run_inline(store.close())
    relay.close()


def test_two_event_loops_at_once_have_connections_of_their_own(victim: Server) -> None:
    store = with_timeout(victim)
    failed: list[BaseException] = []

    async def work(number: int) -> None:
        for n in range(50):
            await store.set(f"loop{number}", b"%d" % n, TTL)
            assert await store.get(f"loop{number}") == b"%d" % n
        await store.close()

    def loop(number: int) -> None:
        try:
            asyncio.run(work(number))
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=loop, args=(n,)) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


def test_a_valkey_without_memory_left_still_reads_and_logs_out(tmp_path: Path) -> None:
    server = Valkey(tmp_path, "--maxmemory", "6mb", "--maxmemory-policy", "noeviction").start()
    try:
        store = open_store(server.url).blocking()
        run_inline(store.save("s", {"a": b"1"}, ttl=TTL, create=True, index="u"))

        def fill() -> None:
            for n in range(10_000):
                run_inline(store.save(f"s{n}", {"a": b"x" * 2_000}, ttl=TTL, create=True))

        with pytest.raises(StoreError) as caught:
            fill()
        assert caught.value.kind == "full"
        assert run_inline(store.load("s")) == {"a": b"1"}
        assert run_inline(store.delete("s"))
        assert run_inline(store.load("s")) is None
        assert run_inline(store.members("u")) == []
        run_inline(store.close())
    finally:
        server.stop()


def test_a_password_that_is_wrong_is_an_error_that_does_not_show_it(tmp_path: Path) -> None:
    server = Valkey(tmp_path, "--requirepass", "right").start()
    try:
        right = open_store(f"valkey://:right@127.0.0.1:{server.port}/0").blocking()
        run_inline(right.ping())
        run_inline(right.close())
        with pytest.raises(StoreError) as caught:
            run_inline(open_store(f"valkey://:s3cret@127.0.0.1:{server.port}/0").blocking().ping())
        assert caught.value.kind == "unavailable"
        assert "s3cret" not in str(caught.value)
    finally:
        server.stop()
