"""SQLAlchemy: it knows which statements it wrote itself. What the application wrote into one is still judged.

Statements reach a driver, and are looked at there. Drivers that no sink knows are covered here instead.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from functools import wraps
from types import ModuleType
from typing import Any

from hauberk.guard.carry import MARK, listened
from hauberk.guard.imports import HOOKED, when_imported
from hauberk.guard.seen import COMPILED
from hauberk.guard.sinks.statements import KNOWN, look

RAW = "hauberk_raw"
"""An attribute of a compiled statement into which went text of the application's own."""
WRITING = (
    "visit_custom_op_binary",
    "visit_custom_op_unary_operator",
    "visit_custom_op_unary_modifier",
    "format_from_hint_text",
    "get_statement_hint_text",
)
"""Methods of a compiler that put the application's text into the statement as it is."""
_WATCHED = {
    "pysqlite": "sqlite3",
    "aiosqlite": "sqlite3",
    "psycopg": "psycopg",
    "psycopg_async": "psycopg",
    "psycopg2": "psycopg2",
    "asyncpg": "asyncpg",
    "pymysql": "pymysql.cursors",
    "mysqldb": "MySQLdb.cursors",
    "aiomysql": "aiomysql.cursors",
    "asyncmy": "asyncmy",
}
"""Which module runs the statements of one of SQLAlchemy's dialects."""


def _marking(original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    def writing(self: Any, /, *args: Any, **kwargs: Any) -> Any:
        vars(self)[RAW] = True
        return original(self, *args, **kwargs)

    setattr(writing, MARK, True)
    return writing


_ONE_WORD = re.compile(r"\*|[\w.]+")
"""SQLAlchemy writes `literal_column("*")` itself, and one word is no more than a name whoever wrote it."""


def _text(attribute: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """`text` and `literal_column`: elements that are an expression of the application's own."""

    def wrapper(original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        def visit(self: Any, element: Any, /, *args: Any, **kwargs: Any) -> Any:
            if getattr(element, "is_literal", True) and not _ONE_WORD.fullmatch(str(getattr(element, attribute, ""))):
                vars(self)[RAW] = True
            return original(self, element, *args, **kwargs)

        setattr(visit, MARK, True)
        return visit

    return wrapper


def _before(
    connection: Any, cursor: object, statement: str, parameters: object, context: Any, executemany: bool
) -> None:
    """About to run: say who wrote it, and look at it if nobody will later."""
    if not listened():
        return
    compiled = getattr(context, "compiled", None)
    if (
        compiled is not None
        and not getattr(context, "isddl", False)
        and RAW not in vars(compiled)
        and not COMPILED.knows("sql", statement)
    ):
        COMPILED.add("sql", statement)
    if statement in KNOWN:
        return
    dialect = connection.dialect
    if not _runs_watched(str(dialect.driver)):
        look(f"sqlalchemy.{dialect.driver}", statement, str(dialect.name))


def _runs_watched(driver: str) -> bool:
    module = _WATCHED.get(driver, "")
    return module == "sqlite3" or module in HOOKED


def _patch(module: ModuleType) -> list[str]:
    compiler: type = module.sql.compiler.SQLCompiler
    for name in WRITING:
        if not getattr(vars(compiler)[name], MARK, False):
            setattr(compiler, name, _marking(vars(compiler)[name]))
    for name, attribute in (("visit_column", "name"), ("visit_textclause", "text")):
        if not getattr(vars(compiler)[name], MARK, False):
            setattr(compiler, name, _text(attribute)(vars(compiler)[name]))
    extension = sys.modules.get("sqlalchemy.ext.compiler")
    if extension is not None:
        _patch_extension(extension)
    engine: type = module.engine.Engine
    if not module.event.contains(engine, "before_cursor_execute", _before):
        module.event.listen(engine, "before_cursor_execute", _before)
    return ["sqlalchemy.engine.Engine"]


def _patch_extension(module: ModuleType) -> list[str]:
    """Constructs with a compiler of the application's own (`sqlalchemy.ext.compiler`) may write anything."""
    kind: type = vars(module)["_dispatcher"]
    original: Callable[..., Any] = vars(kind)["__call__"]
    if not getattr(original, MARK, False):

        @wraps(original)
        def dispatching(self: Any, element: Any, compiler: Any, /, **options: Any) -> Any:
            vars(compiler)[RAW] = True
            return original(self, element, compiler, **options)

        setattr(dispatching, MARK, True)
        setattr(kind, "__call__", dispatching)  # noqa: B010
    return ["sqlalchemy.ext.compiler"]


def install() -> list[str]:
    """Watch SQLAlchemy where it is imported, now or later; what is hooked."""
    return [*when_imported("sqlalchemy", _patch), *when_imported("sqlalchemy.ext.compiler", _patch_extension)]
