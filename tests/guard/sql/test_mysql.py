"""MariaDB through MySQL's drivers, in block mode, and the SQL modes that change the grammar."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from hauberk.guard import install
from tests.guard.sql.servers import MariaDB
from tests.guard.sql.test_postgresql import serve

pytestmark = pytest.mark.slow

ATTACK = "x' or '1'='1"
RAW = "select 1 from dual where 'a' = '{}'"
Run = Callable[[dict[str, Any], str], object]


def _blocking(module: str, **more: Any) -> Run:
    def run(options: dict[str, Any], sql: str) -> object:
        driver = pytest.importorskip(module)
        names = {"password": "passwd"} if module == "MySQLdb" else {}
        connection = driver.connect(**{names.get(name, name): value for name, value in (options | more).items()})
        try:
            cursor = connection.cursor()
            cursor.execute(sql)
            return cursor.fetchall()
        finally:
            connection.close()

    return run


def _class(module: str, name: str) -> Run:
    def run(options: dict[str, Any], sql: str) -> object:
        driver = pytest.importorskip(module)
        cursors = pytest.importorskip(f"{module}.cursors")
        connection = driver.connect(**options)
        try:
            cursor = connection.cursor(getattr(cursors, name))
            if not name.startswith("SS"):
                cursor.executemany(sql, [()])
            cursor.execute(sql)
            return cursor.fetchall()
        finally:
            connection.close()

    return run


def _query(module: str) -> Run:
    def run(options: dict[str, Any], sql: str) -> object:
        connection = pytest.importorskip(module).connect(**options)
        try:
            connection.query(sql)
        finally:
            connection.close()
        return None

    return run


def _waiting(module: str, pool: bool = False, kind: str = "") -> Run:
    def run(options: dict[str, Any], sql: str) -> object:
        driver = pytest.importorskip(module)
        cursors = pytest.importorskip(f"{module}.cursors")

        async def talk() -> object:
            held = await driver.create_pool(minsize=1, maxsize=1, **options) if pool else None
            connection = await (held.acquire() if held else driver.connect(**options))
            try:
                async with connection.cursor(*([getattr(cursors, kind)] if kind else [])) as cursor:
                    await cursor.execute(sql)
                    return await cursor.fetchall()
            finally:
                connection.close()
                if held is not None:
                    held.release(connection)
                    held.close()
                    await held.wait_closed()

        return asyncio.run(talk())

    return run


RUNS: dict[str, Run] = {
    "pymysql": _blocking("pymysql"),
    "pymysql DictCursor": _class("pymysql", "DictCursor"),
    "pymysql SSCursor": _class("pymysql", "SSCursor"),
    "pymysql query": _query("pymysql"),
    "mysqlclient": _blocking("MySQLdb"),
    "mysqlclient DictCursor": _class("MySQLdb", "DictCursor"),
    "mysqlclient query": _query("MySQLdb"),
    "aiomysql": _waiting("aiomysql"),
    "aiomysql pool": _waiting("aiomysql", pool=True),
    "aiomysql DictCursor": _waiting("aiomysql", kind="DictCursor"),
    "asyncmy": _waiting("asyncmy"),
    "asyncmy pool": _waiting("asyncmy", pool=True),
    "asyncmy DictCursor": _waiting("asyncmy", kind="DictCursor"),
}


@pytest.mark.parametrize("way", RUNS)
def test_every_way_to_a_statement_is_watched(mariadb: MariaDB, way: str) -> None:
    install()
    assert serve(lambda ex: RUNS[way](mariadb.options, RAW.format(ATTACK)), ATTACK) == 403
    assert serve(lambda ex: RUNS[way](mariadb.options, RAW.format("a; or 1=1")), "a; or 1=1") == 200


@pytest.mark.parametrize(
    ("template", "value", "status"),
    [
        (RAW, "\\' or 1=1 -- ", 200),
        (RAW, "\\\\' or 1=1 -- ", 403),
        (RAW + " or 'b' = ' or 1=1 -- '", "x\\", 403),
        ('select 1 from dual where "a" = "{}"', 'x" or 1=1 #', 403),
        ("select 1 from dual where 1 = {}", "1/*!or*/1", 403),
        ("select 1 from dual where 1 = {}", "1/*!99999or*/+1", 403),
        ("select 1 as `{}`", "x`, version() as `y", 403),
        ("select 1 as `{}`", "it's -- fine", 200),
        ("select 1 from dual where 'a' = N'{}'", "C:\\temp", 200),
    ],
)
@pytest.mark.parametrize("way", ["pymysql", "mysqlclient"])
def test_statements(mariadb: MariaDB, way: str, template: str, value: str, status: int) -> None:
    assert serve(lambda ex: RUNS[way](mariadb.options, template.replace("{}", value)), value) == status


@pytest.mark.parametrize(
    ("mode", "template", "value", "status"),
    [
        ("", RAW, "x\\", 403),
        ("NO_BACKSLASH_ESCAPES", RAW, "x\\", 200),
        ("ANSI_QUOTES", 'select 1 as "{}"', 'x\\", version() as \\"y', 403),
        ("", 'select 1 as "{}"', 'x\\", version() as \\"y', 200),
    ],
)
def test_the_grammar_is_the_sessions_own(mariadb: MariaDB, mode: str, template: str, value: str, status: int) -> None:
    sql = template.replace("{}", value)

    def app(ex: object) -> object:
        pymysql = pytest.importorskip("pymysql")
        try:
            return RUNS["pymysql"](mariadb.options | {"sql_mode": mode}, sql)
        except pymysql.Error:
            return None  # What is let pass may be no statement.

    assert serve(app, value) == status


def test_parameters_that_a_driver_puts_in_itself_are_not_judged(mariadb: MariaDB) -> None:
    pymysql = pytest.importorskip("pymysql")
    value = "x' or 1=1 -- \\"

    def app(ex: object) -> object:
        connection = pymysql.connect(**mariadb.options)
        try:
            cursor = connection.cursor()
            cursor.execute("create database if not exists notes")
            cursor.execute("create temporary table notes.note (text text)")
            cursor.executemany("insert into notes.note (text) values (%s)", [(value,), (value,)])
            cursor.execute("select text from notes.note where text = %s", (value,))
            assert cursor.fetchall() == ((value,), (value,))
            return None
        finally:
            connection.close()

    assert serve(app, value) == 200
