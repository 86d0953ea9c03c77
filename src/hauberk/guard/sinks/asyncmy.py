"""asyncmy: its classes are compiled and can't be changed, so subclasses of its cursors take their names."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from types import ModuleType
from typing import Any

from hauberk.guard.carry import MARK
from hauberk.guard.imports import when_imported
from hauberk.guard.sinks.mysql import dialect
from hauberk.guard.sinks.statements import watched

CURSORS = ("Cursor", "DictCursor", "SSCursor", "SSDictCursor")
METHODS = ("execute", "executemany")


def _guarded(base: type) -> type:
    if MARK in vars(base):
        return base
    methods: dict[str, Any] = {
        name: watched(getattr(base, name), f"asyncmy.{base.__name__}.{name}", dialect) for name in METHODS
    }
    names = {"__module__": base.__module__, "__qualname__": base.__qualname__, MARK: True}
    return type(base)(base.__name__, (base,), names | methods)


def _connecting(connect: Callable[..., Any], cursor: type) -> Callable[..., Any]:
    """`connect` and `create_pool`: connections whose own cursors are guarded."""

    @wraps(connect)
    def guarded(*args: Any, **options: Any) -> Any:
        options["cursor_cls"] = _guarded(options.get("cursor_cls") or cursor)
        return connect(*args, **options)

    setattr(guarded, MARK, True)
    return guarded


def _patch(module: ModuleType) -> list[str]:
    cursors: ModuleType = module.cursors
    for name in CURSORS:
        setattr(cursors, name, _guarded(getattr(cursors, name)))
    cursor: type = vars(cursors)["Cursor"]
    for owner in (module, module.connection, module.pool):
        for name in ("connect", "create_pool"):
            original = vars(owner).get(name)
            if original is not None and not getattr(original, MARK, False):
                setattr(owner, name, _connecting(original, cursor))
    return [*(f"asyncmy.{name}.{method}" for name in CURSORS for method in METHODS), "asyncmy.connect"]


def install() -> list[str]:
    """Watch asyncmy where it is imported, now or later; what is hooked."""
    return when_imported("asyncmy", _patch)
