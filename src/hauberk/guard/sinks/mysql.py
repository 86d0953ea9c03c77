"""MySQL and MariaDB: PyMySQL, mysqlclient and aiomysql.

Their cursors put parameters into the text themselves, properly escaped: what is looked at is the statement before that.
"""

from __future__ import annotations

from functools import partial
from types import ModuleType
from typing import Any

from hauberk.guard.imports import when_imported
from hauberk.guard.sinks.statements import watch_methods

CURSOR = ("execute", "executemany")
NO_BACKSLASH_ESCAPES = 0x200
"""A flag of the server's status, sent with every answer (MySQL internals, `SERVER_STATUS_NO_BACKSLASH_ESCAPES`)."""
_NAMES = {"PIPES_AS_CONCAT", "ANSI", "ORACLE", "MSSQL", "POSTGRESQL", "DB2", "MAXDB"}


def dialect(owner: Any) -> str:
    """MySQL's grammar as far as the driver knows the session's SQL mode: quotes for names, backslashes for nothing."""
    connection = getattr(owner, "connection", None) or getattr(owner, "_connection", None) or owner
    connection = connection() if callable(connection) else connection
    mode = str(getattr(connection, "sql_mode", None) or "").upper()
    ansi = "ANSI_QUOTES" in mode or bool(_NAMES - {"PIPES_AS_CONCAT"} & set(mode.replace(" ", "").split(",")))
    status = getattr(connection, "server_status", 0)
    literal = "NO_BACKSLASH_ESCAPES" in mode or (isinstance(status, int) and bool(status & NO_BACKSLASH_ESCAPES))
    return "mysql" + ("-ansi" if ansi else "") + ("-literal" if literal else "")


def _patch_cursors(public: str, cursor: str, module: ModuleType) -> list[str]:
    return watch_methods(vars(module)[cursor], CURSOR, public, dialect, inside=public)


def _patch_connections(public: str, module: ModuleType) -> list[str]:
    """What an application sends past the cursors."""
    return watch_methods(module.Connection, ("query",), public, dialect, keyword="sql", inside=public)


PATCHES = {
    "pymysql.cursors": partial(_patch_cursors, "pymysql", "Cursor"),
    "pymysql.connections": partial(_patch_connections, "pymysql"),
    "MySQLdb.cursors": partial(_patch_cursors, "MySQLdb", "BaseCursor"),
    "MySQLdb.connections": partial(_patch_connections, "MySQLdb"),
    "aiomysql.cursors": partial(_patch_cursors, "aiomysql", "Cursor"),
    "aiomysql.connection": partial(_patch_connections, "aiomysql"),
}
"""By the module that defines the class: a package may import it late."""


def install() -> list[str]:
    """Watch the drivers where they are imported, now or later; what is hooked."""
    return [name for module, patch in PATCHES.items() for name in when_imported(module, patch)]
