"""Connections of sqlite3 that were open before the guard came: their class cannot be changed any more.

SQLite itself tells what it is about to run (sqlite3_trace_v2), and can be stopped there (sqlite3_interrupt).
"""

from __future__ import annotations

import gc
import sqlite3
from collections.abc import Callable
from functools import cache

from hauberk.core.errors import BlockedError
from hauberk.guard.carry import MARK
from hauberk.guard.sinks.statements import KNOWN, look

TARGET = "sqlite3.Cursor.execute"
_CONNECTION = sqlite3.Connection.__mro__[-2]
"""sqlite3's own class, whatever stands under its name by now."""


@cache
def install() -> list[str]:
    """Watch what each of them runs. Once: those that come later are given out by our own `connect`.

    A trace callback that the application sets afterwards takes the place of ours. Raises RuntimeError for one that
    belongs to another thread.
    """
    # By their types: asking an object what it is may run code of the application's.
    found = [one for one in gc.get_objects() if issubclass(type(one), _CONNECTION) and MARK not in vars(type(one))]
    for one in found:
        try:
            one.set_trace_callback(_telling(one))
        except sqlite3.ProgrammingError as error:
            if "closed" not in str(error):
                raise RuntimeError("a connection was opened by another thread before `protect`") from error
    return [f"sqlite3.Connection, open before ({len(found)})"] if found else []


def _telling(connection: sqlite3.Connection) -> Callable[[str], None]:
    def told(sql: str) -> None:
        if sql in KNOWN:
            return
        try:
            look(TARGET, sql, "sqlite")
        except BlockedError:
            connection.interrupt()  # an exception does not leave a callback; the statement ends before its first step

    return told
