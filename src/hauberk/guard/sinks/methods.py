"""What sinks of libraries share: a function or method with a look at its arguments before it runs."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import iscoroutinefunction
from types import ModuleType
from typing import Any

from hauberk.guard.carry import MARK, listened
from hauberk.guard.extension import replace_method

Before = Callable[..., None]
"""Called as the function is; raises BlockedError to stop it."""


def watched(original: Callable[..., Any], before: Before) -> Callable[..., Any]:
    """The function, with a look at its arguments where anybody listens."""
    if iscoroutinefunction(original):

        @wraps(original)
        async def run(*args: Any, **options: Any) -> Any:
            if listened():
                before(*args, **options)
            return await original(*args, **options)
    else:

        @wraps(original)
        def run(*args: Any, **options: Any) -> Any:
            if listened():
                before(*args, **options)
            return original(*args, **options)

    setattr(run, MARK, True)
    return run


def watch(owner: type | ModuleType, name: str, before: Before) -> str:
    """Put a watched function into a class or module, once; its name."""
    original = vars(owner)[name]
    if not getattr(original, MARK, False):
        setattr(owner, name, watched(original, before))
    return f"{owner.__name__}.{name}"


def watch_extension(kind: type, name: str, before: Before) -> str:
    """The same for a class that is written in C."""
    original = vars(kind)[name]
    if not getattr(original, MARK, False):
        replace_method(kind, name, watched(original, before))
    return f"{kind.__module__}.{kind.__name__}.{name}"
