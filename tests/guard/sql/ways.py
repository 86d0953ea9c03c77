"""Every way that a statement takes to PostgreSQL: given the server's address and a statement, each runs it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

Run = Callable[[str, str], object]


def _psycopg(url: str, sql: str) -> object:
    psycopg = pytest.importorskip("psycopg")
    with psycopg.connect(url) as connection:
        return connection.execute(sql).fetchall()


def _psycopg_octets(url: str, sql: str) -> object:
    psycopg = pytest.importorskip("psycopg")
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        return cursor.execute(sql.encode()).fetchall()


def _psycopg_server_cursor(url: str, sql: str) -> object:
    psycopg = pytest.importorskip("psycopg")
    with psycopg.connect(url) as connection, connection.cursor(name="one") as cursor:
        return cursor.execute(sql).fetchall()


def _psycopg_client_cursor(url: str, sql: str) -> object:
    psycopg = pytest.importorskip("psycopg")
    with psycopg.connect(url, cursor_factory=psycopg.ClientCursor) as connection:
        return connection.execute(sql).fetchall()


def _psycopg_many(url: str, sql: str) -> object:
    psycopg = pytest.importorskip("psycopg")
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        return cursor.executemany(sql, [()])


def _psycopg_stream(url: str, sql: str) -> object:
    psycopg = pytest.importorskip("psycopg")
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        return [*cursor.stream(sql)]


def _psycopg_copy(url: str, sql: str) -> object:
    psycopg = pytest.importorskip("psycopg")
    copying = f"copy ({sql}) to stdout"
    with psycopg.connect(url) as connection, connection.cursor() as cursor, cursor.copy(copying) as copy:
        return [*copy]


def _psycopg_composed(url: str, sql: str) -> object:
    psycopg = pytest.importorskip("psycopg")
    from psycopg import sql as composition

    with psycopg.connect(url) as connection:
        return connection.execute(composition.SQL(sql) + composition.SQL(" limit 1")).fetchall()


def _psycopg_async(url: str, sql: str) -> object:
    psycopg = pytest.importorskip("psycopg")

    async def run() -> object:
        async with await psycopg.AsyncConnection.connect(url) as connection:
            cursor = await connection.execute(sql)
            return await cursor.fetchall()

    return asyncio.run(run())


def _psycopg_async_server_cursor(url: str, sql: str) -> object:
    psycopg = pytest.importorskip("psycopg")

    async def run() -> object:
        connection = await psycopg.AsyncConnection.connect(url)
        async with connection, connection.cursor(name="one") as cursor:
            await cursor.execute(sql)
            return await cursor.fetchall()

    return asyncio.run(run())


def _psycopg_pool(url: str, sql: str) -> object:
    pool = pytest.importorskip("psycopg_pool")
    with pool.ConnectionPool(url, min_size=1, max_size=1) as connections, connections.connection() as connection:
        return connection.execute(sql).fetchall()


def _psycopg2(url: str, sql: str) -> object:
    psycopg2 = pytest.importorskip("psycopg2")
    connection = psycopg2.connect(url)
    try:
        cursor = connection.cursor()
        cursor.execute(sql)
        return cursor.fetchall()
    finally:
        connection.close()


def _psycopg2_factory(url: str, sql: str) -> object:
    psycopg2, extras = (pytest.importorskip(name) for name in ("psycopg2", "psycopg2.extras"))
    connection = psycopg2.connect(url, connection_factory=extras.RealDictConnection)
    try:
        cursor = connection.cursor()
        assert isinstance(cursor, extras.RealDictCursor)
        cursor.execute(sql)
        return cursor.fetchall()
    finally:
        connection.close()


def _psycopg2_dict(url: str, sql: str) -> object:
    psycopg2, extras = (pytest.importorskip(name) for name in ("psycopg2", "psycopg2.extras"))
    connection = psycopg2.connect(url, cursor_factory=extras.DictCursor)
    try:
        cursor = connection.cursor()
        assert isinstance(cursor, extras.DictCursor)
        cursor.execute(sql.encode())
        return cursor.fetchall()
    finally:
        connection.close()


def _psycopg2_named(url: str, sql: str) -> object:
    psycopg2, extras = (pytest.importorskip(name) for name in ("psycopg2", "psycopg2.extras"))
    connection = psycopg2.connect(url)
    try:
        cursor = connection.cursor("one", extras.NamedTupleCursor)
        cursor.execute(sql)
        return cursor.fetchall()
    finally:
        connection.close()


def _asyncpg(method: str) -> Run:
    def run(url: str, sql: str) -> object:
        asyncpg = pytest.importorskip("asyncpg")

        async def talk() -> object:
            connection = await asyncpg.connect(url)
            try:
                if method == "cursor":
                    async with connection.transaction():
                        return [row async for row in connection.cursor(sql)]
                if method == "executemany":
                    return await connection.executemany(sql, [()])
                return await getattr(connection, method)(sql)
            finally:
                await connection.close()

        return asyncio.run(talk())

    return run


def _asyncpg_pool(url: str, sql: str) -> object:
    asyncpg = pytest.importorskip("asyncpg")

    async def talk() -> object:
        async with asyncpg.create_pool(url, min_size=1, max_size=1) as pool:
            await pool.fetch(sql)
            async with pool.acquire() as connection:
                return await connection.fetch(sql)

    return asyncio.run(talk())


def _sqlalchemy(driver: str) -> Run:
    def run(url: str, sql: str) -> object:
        sqlalchemy = pytest.importorskip("sqlalchemy")
        pytest.importorskip(driver)
        engine = sqlalchemy.create_engine(url.replace("postgresql://", f"postgresql+{driver}://"))
        try:
            with engine.connect() as connection:
                return connection.execute(sqlalchemy.text(sql.replace("\\", "\\\\").replace(":", "\\:"))).fetchall()
        finally:
            engine.dispose()

    return run


def _sqlalchemy_asyncpg(url: str, sql: str) -> object:
    sqlalchemy = pytest.importorskip("sqlalchemy")
    pytest.importorskip("asyncpg")
    from sqlalchemy.ext.asyncio import create_async_engine

    async def talk() -> object:
        address = url.partition("?")[0].replace("postgresql://", "postgresql+asyncpg://")
        engine = create_async_engine(address, connect_args={"ssl": False})
        try:
            async with engine.connect() as connection:
                return (await connection.exec_driver_sql(sql)).fetchall()
        finally:
            await engine.dispose()

    assert sqlalchemy
    return asyncio.run(talk())


RUNS: dict[str, Run] = {
    "psycopg": _psycopg,
    "psycopg octets": _psycopg_octets,
    "psycopg server cursor": _psycopg_server_cursor,
    "psycopg client cursor": _psycopg_client_cursor,
    "psycopg executemany": _psycopg_many,
    "psycopg stream": _psycopg_stream,
    "psycopg copy": _psycopg_copy,
    "psycopg composed": _psycopg_composed,
    "psycopg async": _psycopg_async,
    "psycopg async server cursor": _psycopg_async_server_cursor,
    "psycopg pool": _psycopg_pool,
    "psycopg2": _psycopg2,
    "psycopg2 connection factory": _psycopg2_factory,
    "psycopg2 cursor factory": _psycopg2_dict,
    "psycopg2 named": _psycopg2_named,
    **{
        f"asyncpg {method}": _asyncpg(method)
        for method in ("execute", "executemany", "fetch", "fetchrow", "fetchval", "prepare", "cursor")
    },
    "asyncpg pool": _asyncpg_pool,
    "sqlalchemy psycopg": _sqlalchemy("psycopg"),
    "sqlalchemy psycopg2": _sqlalchemy("psycopg2"),
    "sqlalchemy asyncpg": _sqlalchemy_asyncpg,
}
