"""What the sinks of all database drivers share: a look at each statement before the driver's own method runs it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from functools import partial, wraps
from inspect import iscoroutinefunction
from typing import Any

from hauberk.core.events import RECORDING, RUNNING
from hauberk.core.exchange import HOLDER
from hauberk.guard.carry import CARRIED, MARK
from hauberk.guard.seen import SEEN
from hauberk.guard.sensor import sense, unconcerned
from hauberk.guard.sql import judge, judge_altered

_holder, _recording, _carried = HOLDER.get, RECORDING.get, CARRIED.get
KNOWN = SEEN.of("sql")
"""Statements that no input made: the one look that most statements get."""

Dialect = Callable[[Any], str]
"""Which grammar the server behind a cursor or connection reads at the moment (`tokens.GRAMMARS`)."""
Text = Callable[[Any, Any], str | None]
"""The text of a statement, given the object whose method was called, and what it was called with."""


def text_of(owner: Any, statement: Any) -> str | None:
    """The text of a plain statement; None for what is none (the driver refuses it itself)."""
    if isinstance(statement, str):
        return statement
    if isinstance(statement, bytes | bytearray | memoryview):
        return bytes(statement).decode("utf-8", "surrogateescape")
    return None


def look(target: str, sql: str, dialect: str) -> None:
    """Say what is about to run, if it concerns anybody. Raises BlockedError."""
    if unconcerned(sql):
        return
    sense(
        "sql",
        target,
        sql,
        partial(judge, sql, dialect=dialect),
        dialect=dialect,
        altered=partial(judge_altered, sql, dialect),
    )


def watched(
    original: Callable[..., Any],
    target: str,
    dialect: Dialect,
    *,
    text: Text = text_of,
    argument: int = 0,
    keyword: str = "query",
    inside: str = "",
) -> Callable[..., Any]:
    """A method with a look at its statement first. What a driver's own code (`inside`) calls was seen further out."""

    def before(owner: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        statement = args[argument] if len(args) > argument else kwargs.get(keyword)
        if type(statement) is str and statement in KNOWN and not RUNNING:
            return
        if inside and sys._getframe(2).f_globals.get("__name__", "").startswith(inside):
            return
        sql = text(owner, statement)
        if sql:
            look(target, sql, dialect(owner))

    if iscoroutinefunction(original):

        @wraps(original)
        async def run(self: Any, /, *args: Any, **kwargs: Any) -> Any:
            if _holder() is not None or _recording() is not None or _carried() is not None:
                before(self, args, kwargs)
            return await original(self, *args, **kwargs)
    else:

        @wraps(original)
        def run(self: Any, /, *args: Any, **kwargs: Any) -> Any:
            if _holder() is not None or _recording() is not None or _carried() is not None:
                before(self, args, kwargs)
            return original(self, *args, **kwargs)

    setattr(run, MARK, True)
    return run


def watch_methods(kind: type, names: Iterable[str], public: str, dialect: Dialect, **options: Any) -> list[str]:
    """Put watched methods into a class of a driver that is written in Python; their public names.

    Only those that the class has of its own, so that each statement is looked at once.
    """
    hooked: list[str] = []
    for name in names:
        original = vars(kind).get(name)
        if original is None:
            continue
        target = f"{public}.{kind.__name__}.{name}"
        if not getattr(original, MARK, False):
            setattr(kind, name, watched(original, target, dialect, **options))
        hooked.append(target)
    return hooked
