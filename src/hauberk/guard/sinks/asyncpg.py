"""asyncpg: the methods of a connection. A pool's connections pass everything on to them."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from hauberk.guard.imports import when_imported
from hauberk.guard.sinks.statements import watch_methods

METHODS = (
    "execute",
    "executemany",
    "fetch",
    "fetchval",
    "fetchrow",
    "fetchmany",
    "prepare",
    "cursor",
    "copy_from_query",
)


def dialect(connection: Any) -> str:
    """PostgreSQL's grammar as the server has it set."""
    settings = connection.get_settings()
    off = getattr(settings, "standard_conforming_strings", "on") == "off"
    return "postgresql-backslash" if off else "postgresql"


def _condition(connection: Any, where: Any) -> str | None:
    return f"WHERE {where}" if isinstance(where, str) else None


def _patch(module: ModuleType) -> list[str]:
    kind: type = module.Connection
    hooked = watch_methods(kind, METHODS, "asyncpg", dialect)
    # All but the condition of a COPY is quoted by asyncpg itself; it can be named only.
    copying = {"text": _condition, "argument": 99, "keyword": "where"}
    return hooked + watch_methods(kind, ("copy_to_table", "copy_records_to_table"), "asyncpg", dialect, **copying)


def install() -> list[str]:
    """Watch asyncpg where it is imported, now or later; what is hooked."""
    return when_imported("asyncpg", _patch)
