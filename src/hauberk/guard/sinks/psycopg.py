"""psycopg 3: cursors of all kinds, blocking and not; statements as text, octets or compositions of `psycopg.sql`."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from hauberk.guard.imports import when_imported
from hauberk.guard.sinks.statements import text_of, watch_methods

CLASSES = ("Cursor", "ServerCursor", "AsyncCursor", "AsyncServerCursor")
"""All others inherit their methods. A connection's `execute` makes a cursor and uses it."""
METHODS = ("execute", "executemany", "stream", "copy")


def _text(cursor: Any, statement: Any) -> str | None:
    composed = getattr(statement, "as_string", None)
    if composed is not None:
        # Identifiers and literals of a composition are quoted here as they will be in the statement.
        text: str = composed(cursor)
        return text
    return text_of(cursor, statement)


def dialect(cursor: Any) -> str:
    """PostgreSQL's grammar as the server has it set: it reports `standard_conforming_strings` (manual, 55.2.7)."""
    status = cursor.connection.pgconn.parameter_status(b"standard_conforming_strings")
    return "postgresql-backslash" if status == b"off" else "postgresql"


def _patch(module: ModuleType) -> list[str]:
    return [
        name
        for kind in CLASSES
        for name in watch_methods(getattr(module, kind), METHODS, "psycopg", dialect, text=_text)
    ]


def install() -> list[str]:
    """Watch psycopg where it is imported, now or later; what is hooked."""
    return when_imported("psycopg", _patch)
