"""sqlite3: subclasses of Connection and Cursor, given out by everything that gives those out.

Django, SQLAlchemy and aiosqlite go through them. No audit event shows a statement, so nothing less would do.
"""

from __future__ import annotations

import re
import sqlite3
import sys
import warnings
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache, wraps
from sqlite3 import dbapi2
from types import ModuleType
from typing import Any

from hauberk.core.events import RUNNING
from hauberk.guard.carry import MARK, listened
from hauberk.guard.path import without_scheme
from hauberk.guard.sinks import aiosqlite
from hauberk.guard.sinks.files import look_at_path
from hauberk.guard.sinks.statements import KNOWN, look

_CONNECT: Callable[..., sqlite3.Connection] = sqlite3.connect
_CONNECTION, _CURSOR = sqlite3.Connection, sqlite3.Cursor
_FACTORY = 5
"""Position of `factory` among the arguments of `connect`."""


class _StandIn(type):
    """Of a class that takes the place of a class of sqlite3: its instances are those of the other, as ever."""

    replaces: type | None

    def __instancecheck__(cls, instance: object) -> bool:
        replaced = cls.__dict__.get("replaces")
        return isinstance(instance, replaced) if replaced is not None else super().__instancecheck__(instance)

    def __subclasscheck__(cls, subclass: type) -> bool:
        replaced = cls.__dict__.get("replaces")
        return issubclass(subclass, replaced) if replaced is not None else super().__subclasscheck__(subclass)


def _watching(base: type, names: tuple[str, ...]) -> dict[str, Any]:
    """The methods of a class that run a statement, each with a look at it first."""
    return {name: _method(getattr(base, name), f"sqlite3.{_kind(base)}.{name}") for name in names}


_OPENS = re.compile(r"\s*(?:(?:--[^\n]*\n|/\*.*?\*/|;)\s*)*(?:attach|vacuum)\b", re.IGNORECASE | re.DOTALL)
_OTHERS = frozenset("sSiIuUdDcCwWpPrRbB")
"""What nearly every statement begins with, and none of those."""
_LITERAL = re.compile(r"'((?:[^']|'')*)'|\"((?:[^\"]|\"\")*)\"")


def _look(target: str, sql: str, parameters: Any = ()) -> None:
    """Say what is about to run, and which file it opens (SQLite documentation, ATTACH, VACUUM INTO)."""
    if sql[:1] in _OTHERS or _OPENS.match(sql) is None:
        look(target, sql, "sqlite")
        return
    if listened():
        values = parameters.values() if isinstance(parameters, Mapping) else parameters
        bound = [value for value in values if isinstance(value, str)] if isinstance(values, Iterable) else []
        written = [(one or other).replace("''", "'") for one, other in _LITERAL.findall(sql)]
        for path in (*written, *bound):
            if path and path != ":memory:":
                look_at_path(target, without_scheme(path))
    look(target, sql, "sqlite")
    # With parameters the same statement opens another file each time.
    KNOWN.pop(sql, None)


def _method(original: Callable[..., Any], target: str) -> Callable[..., Any]:
    watched = _quick(original, target) if original is _CURSOR.execute else _general(original, target)
    setattr(watched, MARK, True)
    return watched


def _quick(original: Callable[..., Any], target: str) -> Callable[..., Any]:
    """For sqlite3's own method, which takes two arguments and no keywords."""

    @wraps(original)
    def watched(self: Any, sql: Any, parameters: Any = (), /) -> Any:
        # What is known needs no look, unless somebody writes everything down.
        if (type(sql) is not str or sql not in KNOWN or RUNNING) and isinstance(sql, str):
            _look(target, sql, parameters)
        return original(self, sql, parameters)

    return watched


def _general(original: Callable[..., Any], target: str) -> Callable[..., Any]:
    """For methods of an application's own class, whatever they take."""

    @wraps(original)
    def watched(self: Any, /, *args: Any, **kwargs: Any) -> Any:
        if args and isinstance(args[0], str) and (args[0] not in KNOWN or RUNNING):
            _look(target, args[0], args[1] if len(args) > 1 else ())
        return original(self, *args, **kwargs)

    return watched


def _kind(base: type) -> str:
    return "Cursor" if _CURSOR in base.__mro__ else "Connection"


_STATEMENTS = ("execute", "executemany", "executescript")


@lru_cache(maxsize=256)
def guarded_cursor(base: type) -> type:
    """A subclass that watches statements; the class itself if it does already, or is no cursor."""
    if _CURSOR not in base.__mro__ or MARK in vars(base):
        return base
    names = tuple(name for name in _STATEMENTS if not getattr(getattr(base, name), MARK, False))
    return _subclass(base, _watching(base, names) | {MARK: True})


@lru_cache(maxsize=256)
def guarded_connection(base: type) -> type:
    """A subclass that watches statements and gives out cursors that do; as `guarded_cursor` otherwise."""
    if _CONNECTION not in base.__mro__ or MARK in vars(base):
        return base
    names = tuple(name for name in _STATEMENTS if not getattr(getattr(base, name), MARK, False))
    own = [name for name in names if getattr(base, name) is not getattr(_CONNECTION, name)]
    methods = _watching(base, tuple(own))
    # sqlite3's own shortcuts would give out cursors of its own.
    methods |= {name: _shortcut(name) for name in names if name not in own}
    if not getattr(base.cursor, MARK, False):  # type: ignore[attr-defined]
        methods["cursor"] = _cursor(base)
    return _subclass(base, methods | {MARK: True})


def _shortcut(name: str) -> Callable[..., Any]:
    """`connection.execute` and its like: a new cursor's method (Python documentation, sqlite3)."""
    run: Callable[..., Any] = getattr(_CURSOR, name)
    cursor: Callable[..., Any] = vars(_CONNECTION)["cursor"]
    guarded = guarded_cursor(_CURSOR)
    target = f"sqlite3.Cursor.{name}"

    def batch(self: Any, sql: Any, /, *args: Any) -> Any:
        if isinstance(sql, str):
            _look(target, sql)
        return run(cursor(self, guarded), sql, *args)

    def statement(self: Any, sql: Any, parameters: Any = (), /) -> Any:
        if (type(sql) is not str or sql not in KNOWN or RUNNING) and isinstance(sql, str):
            _look(target, sql, parameters)
        return run(cursor(self, guarded), sql, parameters)

    original = getattr(_CONNECTION, name)
    watched = wraps(original)(statement if name == "execute" else batch)
    setattr(watched, MARK, True)
    return watched


def _cursor(base: type) -> Callable[..., Any]:
    original: Callable[..., Any] = base.cursor  # type: ignore[attr-defined]
    shortcut = vars(_CONNECTION)["cursor"]
    inherited = original is shortcut

    @wraps(original)
    def cursor(self: Any, /, *args: Any, **kwargs: Any) -> Any:
        if inherited:
            given = args[0] if args else kwargs.get("factory", _CURSOR)
            return original(self, guarded_cursor(given) if isinstance(given, type) else given)
        return _turned(self, original(self, *args, **kwargs))

    setattr(cursor, MARK, True)
    return cursor


def _turned(connection: sqlite3.Connection, made: Any) -> Any:
    """A cursor that a class of the application made, watched: turned into the subclass, or made again as one."""
    kind: type = type(made)
    wanted = guarded_cursor(kind)
    if wanted is kind:
        return made
    try:
        made.__class__ = wanted
    except TypeError:  # sqlite3's own class is immutable.
        return _CONNECTION.cursor(connection, wanted)
    return made


def _subclass(base: type, methods: dict[str, Any]) -> type:
    names = {"__module__": base.__module__, "__qualname__": base.__qualname__, "__doc__": base.__doc__, "__slots__": ()}
    kind = type(base)
    meta = _StandIn if kind is type else kind
    return meta(base.__name__, (base,), names | methods)


_PLAIN = guarded_connection(_CONNECTION)


@wraps(_CONNECT)
def _connect(*args: Any, **kwargs: Any) -> sqlite3.Connection:
    """`sqlite3.connect`, with a factory that is guarded."""
    aiosqlite.install()  # It may have been imported since.
    if not kwargs and len(args) <= _FACTORY:
        return _CONNECT(*args, factory=_PLAIN)
    if len(args) > _FACTORY:
        args = (*args[:_FACTORY], _guarded_factory(args[_FACTORY]), *args[_FACTORY + 1 :])
    else:
        kwargs["factory"] = _guarded_factory(kwargs.get("factory", _CONNECTION))
    return _CONNECT(*args, **kwargs)


def _guarded_factory(factory: Any) -> Any:
    if isinstance(factory, type):
        return guarded_connection(factory)

    @wraps(factory)
    def making(*args: Any, **kwargs: Any) -> Any:
        made = factory(*args, **kwargs)
        kind: type = type(made)
        if (wanted := guarded_connection(kind)) is not kind:
            try:
                made.__class__ = wanted
            except TypeError:
                warnings.warn(f"hauberk cannot watch the connections of {factory!r}", RuntimeWarning, stacklevel=3)
        return made

    return making


def install() -> list[str]:
    """Put the guarded ones in place, in sqlite3 and wherever its names were imported to; what was replaced."""
    connection, cursor = guarded_connection(_CONNECTION), guarded_cursor(_CURSOR)
    for stand_in, original in ((connection, _CONNECTION), (cursor, _CURSOR)):
        setattr(stand_in, "replaces", original)  # noqa: B010
    replacements: dict[int, Any] = {id(_CONNECT): _connect, id(_CONNECTION): connection, id(_CURSOR): cursor}
    hooked = [f"sqlite3.{name}" for name in ("connect", "dbapi2.connect", "Connection", "Cursor")]
    modules = list(sys.modules.values())
    for module in modules:
        # By the type and not by isinstance: cffi's libraries say that they are modules, and have no names of their own.
        if issubclass(type(module), ModuleType) and module.__name__ not in {"_sqlite3", __name__}:
            hooked += _replace_in(module, replacements)
    for owner, name in ((m, n) for m in (sqlite3, dbapi2) for n in ("connect", "Connection", "Cursor")):
        if getattr(owner, name) not in {_connect, connection, cursor}:
            raise RuntimeError(f"{owner.__name__}.{name} was replaced by something else")
    return hooked


def _replace_in(module: ModuleType, replacements: dict[int, Any]) -> list[str]:
    """Names that a module imported before; sqlite3's own are not told one by one."""
    # Not `vars`: it would load a module that is to be loaded lazily.
    names: dict[str, Any] = object.__getattribute__(module, "__dict__")
    found = [(name, replacements[id(value)]) for name, value in list(names.items()) if id(value) in replacements]
    for name, replacement in found:
        setattr(module, name, replacement)
    own = module in {sqlite3, dbapi2}
    return [] if own else [f"{module.__name__}.{name}" for name, _ in found]
