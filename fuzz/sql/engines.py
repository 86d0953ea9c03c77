"""Real engines that run what the fuzzer makes up: the rows and column names of a statement, or None where it fails."""

from __future__ import annotations

import sqlite3
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

Result = tuple[list[tuple[Any, ...]], list[str]] | None


class Run(Protocol):
    """Runs a text on an engine."""

    refused: bool
    """Whether the engine could make no sense of the last text. It may fail for data, time or rights all the same."""

    def __call__(self, sql: str) -> Result: ...


GRAMMAR = {"sqlite": "sqlite", "postgres": "postgresql", "mariadb": "mysql"}
"""Which grammar the guard has for an engine."""


@contextmanager
def sqlite() -> Iterator[Run]:
    """SQLite in memory. All statements of a text are run, as `executescript` would."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    yield _SQLite(connection)
    connection.close()


class _SQLite:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._execute = connection.execute
        self.refused = False

    def __call__(self, sql: str) -> Result:
        self.refused = False
        try:
            cursor = self._execute(sql)
            return cursor.fetchall(), [column[0] for column in cursor.description or ()]
        except sqlite3.Warning:
            return [], ["several statements"]
        except sqlite3.ProgrammingError as error:
            # "You can only execute one statement at a time": the first ran to its end, and the second is there.
            if "one statement" in str(error):
                return [], ["several statements"]
            self.refused = True
        except (sqlite3.Error, OverflowError, UnicodeError):
            self.refused = True
        return None


@contextmanager
def postgres() -> Iterator[Run]:
    """PostgreSQL by the simple protocol, in which a text may be several statements; nothing is kept."""
    import psycopg

    from tests.stores.servers import Postgres

    server = Postgres().start()
    try:
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute("create role visitor login")
            connection.execute("grant create, usage on schema public to visitor")
        # Not the superuser: he may run programs.
        with psycopg.connect(server.url.replace("postgres@", "visitor@"), autocommit=True) as connection:
            connection.execute("set statement_timeout = 30")
            yield _Postgres(connection.pgconn)
    finally:
        server.stop()


class _Postgres:
    def __init__(self, link: Any) -> None:
        self._link = link
        self.refused = False

    def __call__(self, sql: str) -> Result:
        from psycopg.pq import DiagnosticField, ExecStatus

        result = self._link.exec_(b"BEGIN;" + sql.encode("utf-8", "replace") + b"\n")
        status, rows = result.status, None
        if status == ExecStatus.TUPLES_OK:
            columns = range(result.nfields)
            octets = [tuple(result.get_value(row, at) for at in columns) for row in range(result.ntuples)]
            text = [tuple(None if value is None else value.decode() for value in row) for row in octets]
            rows = text, [(result.fname(at) or b"").decode() for at in columns]
        elif status == ExecStatus.COMMAND_OK:
            rows = [], ["a command"]
        elif status in {ExecStatus.COPY_IN, ExecStatus.COPY_OUT}:
            raise RuntimeError(f"a COPY was made up: {sql!r}")
        # Class 42 is of syntax, names and rights (manual, appendix A); 42501 is of rights alone.
        code = result.error_field(DiagnosticField.SQLSTATE) or b""
        self.refused = code.startswith(b"42") and code != b"42501"
        self._link.exec_(b"ROLLBACK")
        return rows


@contextmanager
def mariadb() -> Iterator[Run]:
    """MariaDB, one statement or several; nothing is kept."""
    import pymysql

    from tests.guard.sql.servers import MariaDB

    server = MariaDB().start()
    connection = pymysql.connect(**server.options, autocommit=True)
    with connection.cursor() as cursor:
        for statement in (
            "create database shop",
            "create user visitor@'127.0.0.1'",
            "grant all on shop.* to visitor@'127.0.0.1'",
            "set global max_statement_time = 0.05",
        ):
            cursor.execute(statement)
    connection.close()
    options = server.options | {"user": "visitor", "database": "shop"}
    connection = pymysql.connect(**options, charset="utf8mb4", client_flag=1 << 16, autocommit=False, read_timeout=20)
    try:
        yield _MariaDB(connection)
    finally:
        connection.close()
        server.stop()


class _MariaDB:
    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self.refused = False

    def __call__(self, sql: str) -> Result:
        import pymysql

        self.refused = False
        cursor = self._connection.cursor()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                cursor.execute(sql)
                rows, names = cursor.fetchall(), [column[0] for column in cursor.description or ()]
                return ([], ["several statements"]) if cursor.nextset() else ([*rows], names)
        except pymysql.OperationalError as error:
            if error.args[0] in {2006, 2013}:
                raise
            self.refused = error.args[0] in _UNREADABLE
        except (pymysql.Error, UnicodeError) as error:
            self.refused = bool(error.args) and error.args[0] in _UNREADABLE
        return None


_UNREADABLE = {1054, 1064, 1065, 1109, 1146, 1149, 1210, 1222, 1247, 1305, 1327}
"""Errors of syntax and names (MariaDB, "Error codes"): 1064 first of all."""

ENGINES = {"sqlite": sqlite, "postgres": postgres, "mariadb": mariadb}
