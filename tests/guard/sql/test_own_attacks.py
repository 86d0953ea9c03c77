"""Attacks on PostgreSQL that work on the bare application, each shown to work there, and stopped in block mode."""

from __future__ import annotations

import asyncio
import base64
import html
import json
import unicodedata
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote, urlencode

import pytest

from hauberk.guard import install
from tests.guard.sites import BLOCK, site
from tests.guard.test_own_attacks import BARE, SECRET
from tests.stores.servers import Postgres

Run = Callable[[str, str], object]
SETUP = (
    f"create temp table users as select 3 as id, 'root' as name, '{SECRET}' as secret, '{{\"a\": 1}}'::jsonb as doc;"
)


def by_psycopg(url: str, sql: str) -> object:
    psycopg = pytest.importorskip("psycopg")
    with psycopg.connect(url) as connection:
        connection.execute(SETUP)
        return connection.execute(sql).fetchall()


def by_psycopg2(url: str, sql: str) -> object:
    psycopg2 = pytest.importorskip("psycopg2")
    connection = psycopg2.connect(url)
    try:
        with connection.cursor() as cursor:
            cursor.execute(SETUP)
            cursor.execute(sql)
            return cursor.fetchall()
    finally:
        connection.close()


def by_asyncpg(url: str, sql: str) -> object:
    asyncpg = pytest.importorskip("asyncpg")

    async def talk() -> object:
        connection = await asyncpg.connect(url)
        try:
            await connection.execute(SETUP)
            return [tuple(row) for row in await connection.fetch(sql)]
        finally:
            await connection.close()

    return asyncio.run(talk())


def by_sqlalchemy(url: str, sql: str) -> object:
    sa = pytest.importorskip("sqlalchemy")
    engine = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"), poolclass=sa.pool.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql(SETUP)
        return connection.execute(sa.text(sql)).fetchall()


ALL = "' union select secret from users --"
ATTACKS: list[tuple[str, Callable[[str], str], str]] = [
    ("quoted", lambda v: f"select name from users where name = '{v}'", ALL),
    ("number", lambda v: f"select name from users where id = {v}", "0 union select secret from users"),
    ("E-string", lambda v: f"select name from users where name = E'{v}'", "\\'" + ALL),
    (
        "E-string, escaped wrongly",
        lambda v: "select name from users where name = E'" + v.replace("'", "''") + "'",
        "\\" + ALL,
    ),
    ("dollars", lambda v: f"select name from users where name = $${v}$$", "$$ union select secret from users --"),
    (
        "tagged dollars",
        lambda v: f"select name from users where name = $q${v}$q$",
        "$q$ union select secret from users --",
    ),
    ("name", lambda v: f'select "{v}" from users', 'name", secret as "x'),
    ("ilike", lambda v: f"select name from users where name ilike '%{v}%'", "zz" + ALL),
    ("cast", lambda v: f"select ('{v}')::text", "x')::text union select secret from users --"),
    ("any", lambda v: f"select name from users where id = any('{{{v}}}')", "}') union select secret from users --"),
    ("array", lambda v: f"select name from users where id = any(array[{v}])", "0]) union select secret from users --"),
    ("jsonb path", lambda v: f"select doc->>'{v}' from users", "a' from users union select secret from users --"),
    (
        "jsonb value",
        lambda v: f'select name from users where doc @> \'{{"a": "{v}"}}\'',
        "\"}' union select secret from users --",
    ),
    (
        "interval",
        lambda v: f"select (now() - interval '{v} days')::text",
        "1 days')::text union select secret from users --",
    ),
    ("block comment", lambda v: f"select name from users /* {v} */", "*/ union select secret from users /*"),
    ("nested comment", lambda v: f"select name from users /* {v} */", "/* */ */ union select secret from users /*"),
    ("line comment", lambda v: f"select name from users -- {v}", "x\nunion select secret from users"),
    ("function", lambda v: f"select {v}(name) from users", "upper(secret) || upper"),
    (
        "at time zone",
        lambda v: f"select (now() at time zone '{v}')::text",
        "utc')::text union select secret from users --",
    ),
    ("returning", lambda v: f"update users set name = '{v}' returning name", "' || secret || '"),
    (
        "with",
        lambda v: f"with a as (select '{v}' as n) select n from a",
        "' as n union select secret from users union select '",
    ),
    ("decoded", lambda v: f"select name from users where name = '{unquote(v)}'", ALL.replace("'", "%27")),
    (
        "base64",
        lambda v: f"select name from users where name = '{base64.b64decode(v).decode()}'",
        base64.b64encode(ALL.encode()).decode(),
    ),
    ("entities", lambda v: f"select name from users where name = '{html.unescape(v)}'", ALL.replace("'", "&apos;")),
    (
        "compatible",
        lambda v: f"select name from users where name = '{unicodedata.normalize('NFKC', v)}'",
        ALL.replace("'", "＇"),
    ),
    ("JSON inside", lambda v: f"select name from users where name = '{json.loads(v)['n']}'", json.dumps({"n": ALL})),
]


DRIVERS = [by_psycopg, by_psycopg2, by_asyncpg, by_sqlalchemy]


@pytest.mark.parametrize(
    ("run", "make", "value"),
    [pytest.param(DRIVERS[at % 4], make, value, id=name) for at, (name, make, value) in enumerate(ATTACKS)],
)
def test_statements(postgres: Postgres, run: Run, make: Callable[[str], str], value: str) -> None:
    install()

    def handler(request: Any) -> object:
        return run(postgres.url, make(request.args["v"]))

    query = "/?" + urlencode({"v": value})
    bare = site(handler, BARE).get(query)
    assert SECRET in bare.get_data(as_text=True)
    assert site(handler, BLOCK).get(query).status_code == 403
