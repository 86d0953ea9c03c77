"""Django's ORM: it knows which statements it wrote itself. `raw`, `extra`, `RawSQL` and cursors are still judged.

Statements reach a driver, and are looked at there. Back ends whose driver no sink knows are covered here instead.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import wraps
from types import ModuleType
from typing import Any

from hauberk.guard.carry import MARK, listened
from hauberk.guard.imports import HOOKED, when_imported
from hauberk.guard.seen import COMPILED
from hauberk.guard.sinks.statements import KNOWN, look, text_of


class _Writing(threading.local):
    """One entry for each statement and subquery being written in this thread: whether raw text went in."""

    def __init__(self) -> None:
        self.raw: list[bool] = []


_WRITING = _Writing()
_DRIVERS = {
    "sqlite": ("sqlite3",),
    "postgresql": ("psycopg", "psycopg2"),
    "mysql": ("MySQLdb.cursors", "pymysql.cursors"),
}
"""Which modules run the statements of a back end, by its vendor."""
_GRAMMARS = {"microsoft": "mssql"}


def _as_sql(original: Callable[..., Any]) -> Callable[..., Any]:
    """`SQLCompiler.as_sql` and its like: what it gives was written by the ORM, unless raw text went in."""

    @wraps(original)
    def as_sql(self: Any, /, *args: Any, **kwargs: Any) -> Any:
        if not listened():
            return original(self, *args, **kwargs)
        raw = _WRITING.raw
        raw.append(bool(self.query.extra_tables))
        try:
            made = original(self, *args, **kwargs)
        finally:
            tainted = raw.pop()
            if tainted and raw:
                raw[-1] = True
        if not tainted:
            for sql, _ in made if isinstance(made, list) else [made]:
                COMPILED.add("sql", sql)
        return made

    setattr(as_sql, MARK, True)
    return as_sql


def _raw(original: Callable[..., Any]) -> Callable[..., Any]:
    """`RawSQL.as_sql` and its like: they put the application's text into the statement."""

    @wraps(original)
    def as_sql(self: Any, /, *args: Any, **kwargs: Any) -> Any:
        _taint()
        return original(self, *args, **kwargs)

    setattr(as_sql, MARK, True)
    return as_sql


def _function(original: Callable[..., Any]) -> Callable[..., Any]:
    """`Func`: with a template of the application's own."""

    @wraps(original)
    def as_sql(self: Any, /, *args: Any, **kwargs: Any) -> Any:
        if {"template", "function"} & {*self.extra, *kwargs} or len(args) > 2:
            _taint()
        return original(self, *args, **kwargs)

    setattr(as_sql, MARK, True)
    return as_sql


def _taint() -> None:
    if _WRITING.raw:
        _WRITING.raw[-1] = True


def _converted(original: Callable[..., Any]) -> Callable[..., Any]:
    """SQLite's own marks for parameters take the place of Django's: the statement is still the same one."""

    @wraps(original)
    def convert_query(self: Any, query: str, /, *args: Any, **kwargs: Any) -> str:
        converted: str = original(self, query, *args, **kwargs)
        if COMPILED.knows("sql", query):
            COMPILED.add("sql", converted)
        return converted

    setattr(convert_query, MARK, True)
    return convert_query


def _execute(original: Callable[..., Any]) -> Callable[..., Any]:
    """A cursor of a back end whose driver is not watched."""

    @wraps(original)
    def execute(self: Any, sql: Any, /, *args: Any, **kwargs: Any) -> Any:
        vendor = str(self.db.vendor)
        if listened() and sql not in KNOWN and not any(name in HOOKED for name in _DRIVERS.get(vendor, ())):
            text = None if vendor == "sqlite" else text_of(self, sql)
            if text:
                look(f"django.{vendor}", text, _GRAMMARS.get(vendor, vendor))
        return original(self, sql, *args, **kwargs)

    setattr(execute, MARK, True)
    return execute


def _wrap(owner: Any, name: str, wrapper: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
    original = vars(owner).get(name)
    if original is not None and not getattr(original, MARK, False):
        setattr(owner, name, wrapper(original))


def _patch_compiler(module: ModuleType) -> list[str]:
    for name in ("SQLCompiler", "SQLInsertCompiler", "SQLDeleteCompiler", "SQLUpdateCompiler", "SQLAggregateCompiler"):
        _wrap(getattr(module, name), "as_sql", _as_sql)
    return ["django.db.models.sql.compiler.SQLCompiler"]


def _patch_expressions(module: ModuleType) -> list[str]:
    _wrap(module.RawSQL, "as_sql", _raw)
    _wrap(module.Func, "as_sql", _function)
    return ["django.db.models.expressions.RawSQL"]


def _patch_where(module: ModuleType) -> list[str]:
    _wrap(module.ExtraWhere, "as_sql", _raw)
    return ["django.db.models.sql.where.ExtraWhere"]


def _patch_sqlite(module: ModuleType) -> list[str]:
    _wrap(module.SQLiteCursorWrapper, "convert_query", _converted)
    return ["django.db.backends.sqlite3.base.SQLiteCursorWrapper"]


def _patch_cursors(module: ModuleType) -> list[str]:
    for name in ("_execute", "_executemany"):
        _wrap(module.CursorWrapper, name, _execute)
    return ["django.db.backends.utils.CursorWrapper"]


PATCHES = {
    "django.db.models.sql.compiler": _patch_compiler,
    "django.db.models.expressions": _patch_expressions,
    "django.db.models.sql.where": _patch_where,
    "django.db.backends.sqlite3.base": _patch_sqlite,
    "django.db.backends.utils": _patch_cursors,
}


def install() -> list[str]:
    """Watch Django's ORM where it is imported, now or later; what is hooked."""
    return [name for module, patch in PATCHES.items() for name in when_imported(module, patch)]
