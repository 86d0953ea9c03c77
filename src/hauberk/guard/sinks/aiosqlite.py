"""aiosqlite: each connection has a thread of its own, which knows nothing of the request."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any

from hauberk.guard.carry import MARK, in_context


def install() -> list[str]:
    """Have each call run in its caller's context, where aiosqlite is imported; what was wrapped."""
    core = sys.modules.get("aiosqlite.core")
    if core is None:
        return []
    connection = core.Connection
    execute: Callable[..., Awaitable[Any]] = connection._execute
    if not getattr(execute, MARK, False):

        @wraps(execute)
        def carrying(self: Any, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Awaitable[Any]:
            return execute(self, in_context(fn), *args, **kwargs)

        setattr(carrying, MARK, True)
        connection._execute = carrying
    return ["aiosqlite.Connection"]
