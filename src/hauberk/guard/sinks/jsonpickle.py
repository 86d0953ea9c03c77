"""jsonpickle: classes and functions that `py/...` keys of a document name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial, wraps
from types import ModuleType
from typing import Any

from hauberk.core.exchange import Exchange
from hauberk.guard.carry import MARK, listened
from hauberk.guard.imports import when_imported
from hauberk.guard.inputs import Inputs
from hauberk.guard.pickles import harmless
from hauberk.guard.request import RequestGuard
from hauberk.guard.sensor import sense_found
from hauberk.guard.tagged import KEYED, keys
from hauberk.guard.verdict import Judgement

FUNCTIONS = ("loadclass", "loadrepr")


def _watched(original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    def load(name: Any, *args: Any, **options: Any) -> Any:
        if listened():
            module, _, attribute = str(name).rpartition(".")
            if not harmless(module or "builtins", attribute):
                search = partial(_search, str(name))
                sense_found("unpickle", "jsonpickle.decode", str(name), search, dialect="jsonpickle")
        return original(name, *args, **options)

    setattr(load, MARK, True)
    return load


def _search(name: str, ex: Exchange, inputs: Inputs) -> Iterator[tuple[str, str, Judgement]]:
    guard: RequestGuard = ex.guard
    for origin, names in guard.once(ex, "jsonpickle", keys):
        if name in names:
            yield origin, "", KEYED


def _patch(module: ModuleType) -> list[str]:
    hooked: list[str] = []
    for name in FUNCTIONS:
        original = vars(module).get(name)
        if original is not None:
            if not getattr(original, MARK, False):
                setattr(module, name, _watched(original))
            hooked.append(f"jsonpickle.unpickler.{name}")
    return hooked


def install() -> list[str]:
    """Watch jsonpickle where it is imported, now or later; what is hooked."""
    return when_imported("jsonpickle.unpickler", _patch)
