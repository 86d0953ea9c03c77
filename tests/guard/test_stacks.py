"""Real stacks on top of sqlite3, each with a vulnerable and a sound handler, in block mode."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from hauberk.adapters.asgi import ASGIShield
from hauberk.adapters.wsgi import WSGIShield
from hauberk.core.plan import Plan
from hauberk.guard import Guard, install
from hauberk.guard.seen import SEEN
from tests.drivers import Answer, serve_asgi, serve_django, serve_wsgi

BLOCK = Plan.of([Guard(mode="block")])
ATTACK = "' or 1=1--"
STATUSES = [(ATTACK, 403), ("a", 200), ("a; -- or 1=1", 200)]


@pytest.fixture(autouse=True)
def _forget() -> None:
    SEEN.clear()


def fill(path: Path) -> str:
    with sqlite3.connect(path) as connection:
        connection.executescript("create table t (id, n); insert into t values (1, 'a'), (2, 'b');")
    connection.close()
    return str(path)


@pytest.mark.parametrize(("value", "status"), STATUSES)
@pytest.mark.parametrize("route", ["/sync", "/async", "/aiosqlite"])
def test_fastapi(tmp_path: Path, value: str, status: int, route: str) -> None:
    from fastapi import FastAPI
    from fastapi.testclient import TestClient

    app, path = FastAPI(), fill(tmp_path / "db")

    def rows(n: str) -> list[Any]:
        connection = sqlite3.connect(path)
        try:
            return connection.execute(f"select id from t where n = '{n}'").fetchall()
        finally:
            connection.close()

    @app.get("/sync")
    def in_pool(n: str) -> list[Any]:
        return rows(n)

    @app.get("/async")
    async def in_loop(n: str) -> list[Any]:
        return await asyncio.get_running_loop().run_in_executor(None, rows, n)

    @app.get("/aiosqlite")
    async def in_own_thread(n: str) -> list[Any]:
        aiosqlite = pytest.importorskip("aiosqlite")
        async with aiosqlite.connect(path) as connection:
            return [*await connection.execute_fetchall(f"select id from t where n = '{n}'")]

    app_under_test = ASGIShield(app, BLOCK)
    with TestClient(app_under_test) as client:
        assert client.get(route, params={"n": value}).status_code == status
        assert client.get(route, params={"n": "b"}).json() == [[2]]


def test_a_kept_aiosqlite_connection_serves_each_request_as_its_own(tmp_path: Path) -> None:
    aiosqlite = pytest.importorskip("aiosqlite")
    from fastapi import FastAPI
    from fastapi.testclient import TestClient

    app, path = FastAPI(), fill(tmp_path / "db")
    kept: list[Any] = []

    @app.get("/")
    async def rows(n: str) -> list[Any]:
        if not kept:
            kept.append(await aiosqlite.connect(path))
        cursor = await kept[0].execute(f"select id from t where n = '{n}'")
        return [*await cursor.fetchall()]

    @app.get("/close")
    async def close() -> None:
        await kept.pop().close()

    with TestClient(ASGIShield(app, BLOCK)) as client:
        statuses = [client.get("/", params={"n": n}).status_code for n in ("a", ATTACK, "b", ATTACK)]
        assert statuses == [200, 403, 200, 403]
        client.get("/close")


def flask_client(path: str) -> Any:
    from flask import Flask, request

    app = Flask(__name__)

    @app.get("/<n>")
    @app.post("/")
    def rows(n: str = "") -> dict[str, Any]:
        connection = sqlite3.connect(path)
        try:
            name = n or request.form["n"]
            return {"rows": connection.execute(f"select id from t where n = '{name}'").fetchall()}
        finally:
            connection.close()

    app.wsgi_app = WSGIShield(app.wsgi_app, BLOCK)  # type: ignore[method-assign]
    return app.test_client()


@pytest.mark.parametrize(("value", "status"), STATUSES)
def test_flask(tmp_path: Path, value: str, status: int) -> None:
    assert flask_client(fill(tmp_path / "db")).get("/" + quote(value)).status_code == status


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data"])
@pytest.mark.parametrize(("value", "status"), STATUSES)
def test_flask_forms(tmp_path: Path, value: str, status: int, kind: str) -> None:
    client = flask_client(fill(tmp_path / "db"))
    assert client.post("/", data={"n": value}, content_type=kind).status_code == status


@pytest.mark.parametrize(("value", "status"), STATUSES)
def test_sqlalchemy(tmp_path: Path, value: str, status: int) -> None:
    sqlalchemy = pytest.importorskip("sqlalchemy")
    engine = sqlalchemy.create_engine(f"sqlite:///{fill(tmp_path / 'db')}")

    def raw(ex: object) -> Answer:
        with engine.connect() as connection:
            connection.execute(sqlalchemy.text(f"select id from t where n = '{value}'"))
        return Answer()

    def bound(ex: object) -> Answer:
        with engine.connect() as connection:
            connection.execute(sqlalchemy.text("select id from t where n = :n"), {"n": value})
        return Answer()

    assert serve_wsgi(BLOCK, raw, query="n=" + quote(value)).status == status
    assert serve_wsgi(BLOCK, bound, query="n=" + quote(value)).status == 200
    engine.dispose()


@pytest.mark.parametrize(("value", "status"), STATUSES)
def test_django_database(tmp_path: Path, value: str, status: int) -> None:
    serve_django(BLOCK)  # Gives Django its settings.
    from django.db.backends.sqlite3.base import DatabaseWrapper

    database = DatabaseWrapper(
        {
            "NAME": fill(tmp_path / "db"), "OPTIONS": {}, "TIME_ZONE": None, "CONN_MAX_AGE": 0, "AUTOCOMMIT": True,
            "ATOMIC_REQUESTS": False, "CONN_HEALTH_CHECKS": False, "TEST": {"NAME": None}, "HOST": "", "PORT": "",
        },
        "guarded",
    )  # fmt: skip

    def raw(ex: object) -> Answer:
        with database.cursor() as cursor:
            cursor.execute(f"select id from t where n = '{value}'")
        return Answer()

    def bound(ex: object) -> Answer:
        with database.cursor() as cursor:
            cursor.execute("select id from t where n = %s", [value])
        return Answer()

    try:
        assert serve_wsgi(BLOCK, raw, query="n=" + quote(value)).status == status
        assert serve_wsgi(BLOCK, bound, query="n=" + quote(value)).status == 200
    finally:
        database.close()


def test_names_that_a_module_imported_before_are_replaced() -> None:
    """`from sqlite3 import connect` keeps a reference that patching the module would not reach."""
    import sys
    from types import ModuleType

    from hauberk.guard.sinks import sqlite

    stale = ModuleType("stale_reference")
    vars(stale).update(connect=sqlite._CONNECT, Db=sqlite._CONNECTION)
    sys.modules["stale_reference"] = stale
    try:
        hooked = install().hooked
        assert {"stale_reference.connect", "stale_reference.Db"} <= set(hooked)
        for way in (stale.connect, stale.Db):

            def app(ex: object, way: Any = way) -> Answer:
                connection = way(":memory:")
                try:
                    return Answer(body=str(connection.execute(f"select '{ATTACK}'").fetchall()).encode())
                finally:
                    connection.close()

            SEEN.clear()
            assert serve_asgi(BLOCK, app, query="n=" + quote(ATTACK)).status == 403
            assert serve_asgi(BLOCK, app, query="n=1").status == 200
    finally:
        del sys.modules["stale_reference"]


class OwnCursor(sqlite3.Cursor):
    """Defined by an application, perhaps before hauberk came."""


class OwnConnection(sqlite3.Connection):
    def cursor(self, factory: Any = OwnCursor) -> Any:
        return super().cursor(factory)

    def execute(self, sql: str, /, *args: Any) -> Any:
        return super().execute(sql, *args)


def plain(**options: Any) -> sqlite3.Connection:
    connection: sqlite3.Connection = sqlite3.connect(":memory:", **options)
    return connection


def positional() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # From Python 3.13 on.
        return sqlite3.connect(":memory:", 5.0, 0, None, True, OwnConnection)


WAYS: dict[str, Callable[[], Any]] = {
    "connect": lambda: plain(),
    "positional": lambda: positional(),
    "factory": lambda: plain(factory=OwnConnection),
    "function": lambda: plain(factory=lambda *args, **options: OwnConnection(*args)),
    "dbapi2": lambda: sqlite3.dbapi2.connect(":memory:"),
    "class": lambda: sqlite3.Connection(":memory:"),
}
CALLS: dict[str, Callable[[Any, str], Any]] = {
    "connection.execute": lambda c, sql: c.execute(sql),
    "connection.executescript": lambda c, sql: c.executescript(sql),
    "cursor.execute": lambda c, sql: c.cursor().execute(sql),
    "cursor.executescript": lambda c, sql: c.cursor().executescript(sql),
    "cursor of execute": lambda c, sql: c.execute("select 1").execute(sql),
    "Cursor()": lambda c, sql: sqlite3.Cursor(c).execute(sql),
    "cursor(factory)": lambda c, sql: c.cursor(OwnCursor).execute(sql),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("call", CALLS)
def test_every_way_to_a_statement_is_watched(way: str, call: str) -> None:
    install()

    def app(ex: object) -> Answer:
        connection = WAYS[way]()
        assert isinstance(connection, sqlite3.Connection)
        try:
            CALLS[call](connection, f"select '{ATTACK}'")
        finally:
            connection.close()
        return Answer()

    assert serve_asgi(BLOCK, app, query="n=" + quote(ATTACK)).status == 403
    assert serve_asgi(BLOCK, app, query="n=1").status == 200


def test_connections_stay_what_they_were() -> None:
    install()
    connection = sqlite3.connect(":memory:")
    connection.row_factory = sqlite3.Row
    assert connection.execute("select 1 as a").fetchone()["a"] == 1
    assert type(connection).__name__ == "Connection"
    assert isinstance(connection.cursor(), sqlite3.Cursor)
    assert issubclass(OwnConnection, sqlite3.Connection)
    assert not isinstance(3, sqlite3.Connection)
    with pytest.raises(sqlite3.OperationalError, match="syntax error"):
        connection.execute("selec")
    with pytest.raises(TypeError):
        connection.execute(3)  # type: ignore[arg-type]
    connection.close()


def test_modules_that_only_say_so_are_left_alone() -> None:
    """cffi's libraries claim the class of a module and have no `__dict__`: the hooks go in all the same."""
    program = """
import sys
from types import ModuleType
class Library:
    __slots__ = ()
    __class__ = property(lambda self: ModuleType)
sys.modules["a_library"] = Library()
import hauberk.guard
assert not hauberk.guard.install().failed
"""
    subprocess.run([sys.executable, "-W", "error", "-c", program], check=True)
