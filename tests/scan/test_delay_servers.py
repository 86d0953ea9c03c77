"""The values that make a database wait, against the databases that they are for."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest

from hauberk.scan import Operation
from hauberk.scan.checks.active.sql_delay import by_time
from hauberk.scan.lab import Lab
from hauberk.scan.messages import Request, Response
from hauberk.scan.surface import Parameter
from hauberk.scan.trial import Kit, Point, Shot, canary, filled
from tests.guard.sql.servers import MariaDB
from tests.stores.servers import Postgres

pytestmark = pytest.mark.slow

Run = Callable[[str], object]


def postgres() -> Iterator[Run]:
    import psycopg

    server = Postgres().start()
    try:
        with psycopg.connect(server.url, autocommit=True) as connection:
            yield connection.execute
    finally:
        server.stop()


def mariadb() -> Iterator[Run]:
    driver = pytest.importorskip("pymysql")
    server = MariaDB().start()
    try:
        connection: Any = driver.connect(**server.options, autocommit=True)
        cursor = connection.cursor()
        cursor.execute("CREATE DATABASE shop")
        cursor.execute("USE shop")
        yield cursor.execute
        connection.close()
    finally:
        server.stop()


def sqlite() -> Iterator[Run]:
    connection = sqlite3.connect(":memory:")

    def run(statement: str) -> object:
        return connection.execute(statement).fetchall()

    yield run
    connection.close()


SERVERS = {"PostgreSQL": postgres, "MySQL": mariadb, "SQLite": sqlite}


@pytest.fixture(scope="module", params=list(SERVERS))
def database(request: pytest.FixtureRequest) -> Iterator[tuple[str, Run]]:
    for run in SERVERS[request.param]():
        run("CREATE TABLE people (id INTEGER, name VARCHAR(50))")
        run("INSERT INTO people VALUES (1, 'ada'), (2, 'bob'), (3, 'eve')")
        yield request.param, run


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO people VALUES (7, '{}')",
        "SELECT name FROM people WHERE id = {}",
    ],
)
def test_each_database_waits(database: tuple[str, Run], statement: str) -> None:
    name, run = database
    took = [0.0]

    def fire(template: str) -> Shot:
        word = canary()
        value = filled(template, word)
        begun = time.monotonic()
        with suppress(Exception):  # what the database says of it is never told
            run(statement.replace("{}", value))
        took[0] = time.monotonic() - begun
        return Shot(value=value, canary=word, request=Request(), response=Response(status=200))

    point = Point(operation=Operation(method="GET", path="/"), parameter=Parameter(name="q", place="query"))
    lab = Lab(
        point=point,
        kit=Kit(origin="", bait="", secret=""),
        fire=fire,
        among=lambda one, _: fire(one),
        timed=True,
        took=lambda: took[0],
    )
    found = next((proof for _ in range(4) if (proof := by_time(lab))), None)  # the machine may be busy
    assert found is not None
    assert f"tells {name} to wait" in found.reason
