"""PostgreSQL through its drivers, in block mode: what the guard stops never reaches the server, and the rest does."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from hauberk.core.plan import Plan
from hauberk.guard import Guard, install
from tests.drivers import Answer, serve_asgi
from tests.guard.sql.ways import RUNS
from tests.stores.servers import Postgres

BLOCK = Plan.of([Guard(mode="block")])
ATTACK = "x' or '1'='1"
RAW = "select 1 where 'a' = '{}'"
STATEMENTS: list[tuple[str, str, int]] = [
    (RAW, ATTACK, 403),
    (RAW, "1' union select 2 --", 403),
    (RAW, "a; -- or 1=1", 200),
    ("select 1 where 'a' = E'{}'", "\\\\' or 1=1 --", 403),
    ("select 1 where 'a' = E'{}'", "\\' or 1=1 --", 200),
    ("select 1 where 'a' = '{}'", "C:\\temp or $$", 200),
    ("select 1 where 'a' = $${}$$", "it's -- fine", 200),
    ("select 1 where 'a' = $${}$$", "$$ or $$a$$=$$a", 403),
    ('select 1 as "{}"', 'x", version() as "y', 403),
]


@pytest.mark.parametrize("way", RUNS)
def test_every_way_to_a_statement_is_watched(postgres: Postgres, way: str) -> None:
    install()

    def app(value: str) -> Callable[[object], Answer]:
        def handler(ex: object) -> Answer:
            RUNS[way](postgres.url, RAW.format(value))
            return Answer()

        return handler

    assert serve(app(ATTACK), ATTACK) == 403
    assert serve(app("a; -- or 1=1"), "a; -- or 1=1") == 200


@pytest.mark.parametrize(("template", "value", "status"), STATEMENTS)
@pytest.mark.parametrize("way", ["psycopg", "psycopg2", "asyncpg fetch"])
def test_statements(postgres: Postgres, way: str, template: str, value: str, status: int) -> None:
    def app(ex: object) -> Answer:
        RUNS[way](postgres.url, template.replace("{}", value))
        return Answer()

    assert serve(app, value) == status


@pytest.mark.parametrize("way", ["psycopg", "psycopg2", "asyncpg"])
@pytest.mark.parametrize(("setting", "status"), [("off", 403), ("on", 200)])
def test_the_grammar_is_the_sessions_own(postgres: Postgres, way: str, setting: str, status: int) -> None:
    """With `standard_conforming_strings` off, a backslash takes the closing quote with it."""
    pytest.importorskip(way)
    value = "x\\"
    options = f"&options=-c%20standard_conforming_strings%3D{setting}"

    def app(ex: object) -> Answer:
        sql = f"select 1 where 'a' = '{value}' and 'b' = ' or 1=1'"
        if way == "asyncpg":
            asyncpg = pytest.importorskip("asyncpg")

            async def talk() -> None:
                server = {"standard_conforming_strings": setting}
                connection = await asyncpg.connect(postgres.url, server_settings=server)
                try:
                    await connection.fetch(sql)
                finally:
                    await connection.close()

            asyncio.run(talk())
        else:
            RUNS[way](postgres.url + options, sql)
        return Answer()

    assert serve(app, value) == status


@pytest.mark.parametrize("driver", ["psycopg", "psycopg2"])
def test_compositions_quote_what_they_are_given(postgres: Postgres, driver: str) -> None:
    package: Any = pytest.importorskip(driver)
    from importlib import import_module

    sql: Any = import_module(f"{driver}.sql")
    value = 'it\'s "quoted" -- \\'

    def app(ex: object) -> Answer:
        connection = package.connect(postgres.url)
        try:
            cursor = connection.cursor()
            cursor.execute(sql.SQL("select {} as {}").format(sql.Literal(value), sql.Identifier(value)))
            assert cursor.fetchall() == [(value,)]
        finally:
            connection.close()
        return Answer()

    assert serve(app, value) == 200


def test_psycopg2s_own_shortcuts_are_watched(postgres: Postgres) -> None:
    psycopg2 = pytest.importorskip("psycopg2")
    install()
    value = "version(); select"

    def called(name: str, *arguments: Any) -> Callable[[object], Answer]:
        def app(ex: object) -> Answer:
            connection = psycopg2.connect(postgres.url)
            try:
                with connection, connection.cursor() as cursor:
                    getattr(cursor, name)(*arguments)
            finally:
                connection.close()
            return Answer()

        return app

    assert serve(called("callproc", value), value) == 403
    assert serve(called("copy_expert", f"copy (select {value}) to stdout", io.StringIO()), value) == 403
    assert serve(called("callproc", "version"), value) == 200
    assert serve(called("copy_expert", "copy (select 1) to stdout", io.StringIO()), value) == 200


@pytest.mark.parametrize(("where", "status"), [("n > 0 or true", 403), ("n > 0", 200)])
def test_asyncpg_conditions_of_a_copy_are_watched(postgres: Postgres, where: str, status: int) -> None:
    asyncpg = pytest.importorskip("asyncpg")
    value = "0 or true"

    def app(ex: object) -> Answer:
        async def talk() -> None:
            connection = await asyncpg.connect(postgres.url)
            try:
                await connection.execute("create temporary table t (n int)")
                await connection.copy_records_to_table("t", records=[(1,)], columns=["n"], where=where)
            finally:
                await connection.close()

        asyncio.run(talk())
        return Answer()

    assert serve(app, value) == status


def serve(app: Callable[[Any], object], value: str) -> int:
    """In a thread, because asyncio is run in it; the guard goes along."""
    from concurrent.futures import ThreadPoolExecutor

    def threaded(ex: object) -> Answer:
        with ThreadPoolExecutor(1) as pool:
            pool.submit(app, ex).result()
        return Answer()

    return serve_asgi(BLOCK, threaded, query="n=" + quote(value)).status
