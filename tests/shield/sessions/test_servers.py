"""Sessions on shared stores: round trips counted before the server, and many writers in four processes."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest

from hauberk.adapters.asgi import ASGIShield, Message, Receive, Scope, Send
from hauberk.core.plan import Plan, run_inline
from hauberk.shield.sessions import Sessions
from hauberk.stores import open_store
from hauberk.stores.sqlite import SQLiteStore
from tests.drivers import serve_wsgi
from tests.shield.sessions.test_sessions import Act, Visitor, put
from tests.stores.servers import Postgres, Relay, Valkey

PROCESSES, CLIENTS, ROUNDS = 4, 16, 6


@pytest.fixture(scope="module")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkey]:
    server = Valkey(tmp_path_factory.mktemp("valkey")).start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    server = Postgres().start()
    yield server
    server.stop()


TRIPS: list[tuple[str, Act, int]] = [
    ("untouched", lambda s: None, 0),
    ("binding and id", lambda s: (s.binding, s.id), 0),
    ("read", lambda s: s["a"], 1),
    ("same value again", put(a=1), 1),
    ("change", put(b=2), 2),
    ("change in place", lambda s: s["list"].append(1), 2),
    ("rotate", lambda s: s.rotate(), 2),
    ("login", lambda s: s.login("ann"), 2),
    ("logout", lambda s: s.logout(), 2),
]


@pytest.mark.slow
@pytest.mark.parametrize("server", ["valkey", "postgres"])
def test_round_trips_of_requests(request: pytest.FixtureRequest, server: str) -> None:
    """A login changes something, and gives a new id as well."""
    real: Valkey | Postgres = request.getfixturevalue(server)
    relay = Relay(real.port)
    store = open_store(real.url.replace(str(real.port), str(relay.port))).blocking()
    visitor = Visitor(serve_wsgi, store)

    def trips(act: Act, cookie: str | None = None) -> int:
        before = relay.turns
        assert visitor(act, cookie=cookie).status == 200
        return relay.turns - before

    try:
        for _ in range(7):  # connections open, scripts loaded, statements prepared
            for act in (put(a=1, list=[]), *(act for _, act, _ in TRIPS)):
                visitor(act)
            run_inline(visitor.sessions._devices(blocking=True).revoke_all("ann"))
            run_inline(visitor.sessions._devices(blocking=True).of("ann"))
            visitor.cookie = ""
        counted = {"nobody who reads": trips(lambda s: s.get("a"), cookie=""), "new": trips(put(a=1, list=[]))}
        counted |= {what: trips(act) for what, act, _ in TRIPS}
        assert counted == {"nobody who reads": 0, "new": 1, **{what: wanted for what, _, wanted in TRIPS}}
        visitor(lambda s: s.login("ann"))
        before = relay.turns
        assert visitor.sessions.revoke_all_sync("ann") == 1
        assert relay.turns - before == 1
    finally:
        run_inline(store.close())
        relay.close()


def test_statements_of_requests_on_sqlite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same, by what SQLite itself says that it was asked: a transaction counts once."""
    said: list[str] = []
    connect = sqlite3.connect

    def traced(*args: Any, **options: Any) -> sqlite3.Connection:
        link: sqlite3.Connection = connect(*args, **options)
        link.set_trace_callback(said.append)
        return link

    monkeypatch.setattr(sqlite3, "connect", traced)
    visitor = Visitor(serve_wsgi, SQLiteStore(str(tmp_path / "sessions.db")))
    visitor(put(a=1))
    counted = []
    for act in (lambda s: None, lambda s: s["a"], put(a=2)):
        said.clear()
        visitor(act)
        writes = sum(text.lstrip().upper().startswith(("BEGIN", "COMMIT")) for text in said)
        counted.append((bool(said), writes > 0))
    assert counted == [(False, False), (True, False), (True, True)]
    run_inline(visitor.store.close())


# 64 clients in four processes change different keys of one session, and lists of their own in place.


def work(url: str, cookie: str, process: int) -> int:
    """What one worker's clients do; how many requests were answered."""
    return asyncio.run(_clients(url, cookie, process))


async def _clients(url: str, cookie: str, process: int) -> int:
    store = open_store(url)
    plan, answered = Plan.of([Sessions(store=store)]), 0

    async def client(number: int) -> None:
        nonlocal answered
        key = f"client-{process}-{number}"

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            session = scope["session"]
            await session
            session.setdefault(key, []).append(len(session.get(key, [])))
            await asyncio.sleep(0.001 * (number % 5))  # others write meanwhile
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b""})

        async def receive() -> Message:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Message) -> None:
            nonlocal answered
            answered += message.get("status") == 200

        shield = ASGIShield(app, plan)
        for _ in range(ROUNDS):
            headers = [(b"host", b"app.example"), (b"cookie", cookie.encode())]
            scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "scheme": "https"}
            await shield({**scope, "client": ("192.0.2.1", 1), "headers": headers}, receive, send)

    await asyncio.gather(*(client(number) for number in range(CLIENTS)))
    await store.close()
    return answered


@pytest.mark.slow
@pytest.mark.parametrize("server", ["valkey", "postgres", "sqlite"])
def test_64_clients_in_four_processes_lose_nothing(request: pytest.FixtureRequest, server: str, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/sessions.db" if server == "sqlite" else request.getfixturevalue(server).url
    face = open_store(url).blocking()
    visitor = Visitor(serve_wsgi, face)
    visitor.sessions = Sessions(store=face)
    visitor.plan = Plan.of([visitor.sessions])
    visitor(put(start=1))
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:
        done = list(pool.map(work, [url] * PROCESSES, [visitor.cookie] * PROCESSES, range(PROCESSES)))
    assert done == [CLIENTS * ROUNDS] * PROCESSES
    kept: dict[str, Any] = {}
    visitor(lambda s: kept.update(s))
    run_inline(face.close())
    expected = {f"client-{p}-{n}": list(range(ROUNDS)) for p in range(PROCESSES) for n in range(CLIENTS)}
    assert kept == {"start": 1, **expected}
