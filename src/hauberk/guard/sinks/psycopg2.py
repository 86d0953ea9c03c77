"""psycopg2: its classes are written in C and can't be changed, so connections are given out that are subclasses."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import lru_cache, wraps
from types import ModuleType
from typing import Any

from hauberk.guard.carry import MARK
from hauberk.guard.imports import when_imported
from hauberk.guard.sinks.statements import text_of, watched

METHODS = ("execute", "executemany", "copy_expert", "mogrify")
_FACTORY = 1
"""Position of `cursor_factory` among the arguments of `connection.cursor`, and of its like in `_connect`."""


def _text(cursor: Any, statement: Any) -> str | None:
    composed = getattr(statement, "as_string", None)
    if composed is not None:
        text: str = composed(cursor)
        return text
    return text_of(cursor, statement)


def _procedure(cursor: Any, name: Any) -> str | None:
    # The name goes into the statement as it is.
    text = text_of(cursor, name)
    return None if text is None else "SELECT * FROM " + text + "()"  # noqa: S608


def dialect(cursor: Any) -> str:
    """PostgreSQL's grammar as the server has it set."""
    off = cursor.connection.get_parameter_status("standard_conforming_strings") == "off"
    return "postgresql-backslash" if off else "postgresql"


@lru_cache(maxsize=256)
def guarded_cursor(base: type) -> type:
    """A subclass that looks at statements; the class itself if it does already."""
    if getattr(base, MARK, False):
        return base
    methods: dict[str, Any] = {
        name: watched(getattr(base, name), f"psycopg2.cursor.{name}", dialect, text=_text, keyword=keyword)
        for name, keyword in (("execute", "query"), ("executemany", "query"), ("copy_expert", "sql"))
    }
    call = watched(base.callproc, "psycopg2.cursor.callproc", dialect, text=_procedure, keyword="procname")  # type: ignore[attr-defined]
    return _subclass(base, methods | {"callproc": call})


@lru_cache(maxsize=256)
def guarded_connection(base: type, plain: type) -> type:
    """A subclass that gives out cursors which look at statements. `plain` is psycopg2's own cursor."""
    if getattr(base, MARK, False):
        return base
    original: Callable[..., Any] = base.cursor  # type: ignore[attr-defined]

    @wraps(original)
    def cursor(self: Any, /, *args: Any, **kwargs: Any) -> Any:
        given = args[_FACTORY] if len(args) > _FACTORY else kwargs.get("cursor_factory")
        if given is None and isinstance(original, type(plain.execute)):  # type: ignore[attr-defined]
            given = self.cursor_factory or plain
        if given is None:
            # A class of the application or of psycopg2.extras chooses: see what, and ask for that again, guarded.
            chosen = original(self, *args, **kwargs)
            given = type(chosen)
            if getattr(given, MARK, False):
                return chosen
            chosen.close()
        factory = guarded_cursor(given) if isinstance(given, type) else given
        if len(args) > _FACTORY:
            args = (*args[:_FACTORY], factory, *args[_FACTORY + 1 :])
        else:
            kwargs["cursor_factory"] = factory
        return original(self, *args, **kwargs)

    return _subclass(base, {"cursor": cursor})


def _subclass(base: type, methods: dict[str, Any]) -> type:
    names = {"__module__": base.__module__, "__qualname__": base.__qualname__, "__doc__": base.__doc__, MARK: True}
    return type(base)(base.__name__, (base,), names | methods)


def _connecting(connect: Callable[..., Any], module: ModuleType) -> Callable[..., Any]:
    connection: type = module.extensions.connection
    plain: type = module.extensions.cursor

    @wraps(connect)
    def guarded(dsn: Any, connection_factory: Any = None, **options: Any) -> Any:
        factory = connection_factory or connection
        if isinstance(factory, type):
            return connect(dsn, connection_factory=guarded_connection(factory, plain), **options)
        made = connect(dsn, connection_factory=factory, **options)
        kind: Any = type(made)
        try:
            made.__class__ = guarded_connection(kind, plain)
        except TypeError:
            warnings.warn(f"hauberk cannot watch the connections of {factory!r}", RuntimeWarning, stacklevel=3)
        return made

    setattr(guarded, MARK, True)
    return guarded


def _patch(module: ModuleType) -> list[str]:
    # `psycopg2.connect` looks this up at each call, so references to it that were taken before are guarded too.
    if not getattr(vars(module)["_connect"], MARK, False):
        setattr(module, "_connect", _connecting(vars(module)["_connect"], module))  # noqa: B010
    return ["psycopg2.connect"]


def install() -> list[str]:
    """Watch psycopg2 where it is imported, now or later; what is hooked."""
    return when_imported("psycopg2", _patch)
