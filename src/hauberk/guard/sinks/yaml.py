"""PyYAML and ruamel.yaml: objects of Python that a tag names, in any loader that makes them."""

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
from hauberk.guard.sensor import note, sense_found
from hauberk.guard.sinks.methods import watch
from hauberk.guard.tagged import TAGGED, names_by_tag, tags
from hauberk.guard.verdict import Judgement

METHODS = ("find_python_name", "find_python_module")
"""All constructors of objects come through these, with the name behind the tag."""


def _watched(original: Callable[..., Any], target: str) -> Callable[..., Any]:
    @wraps(original)
    def find(self: Any, name: Any, *args: Any, **options: Any) -> Any:
        if listened():
            _look(str(name), target)
        return original(self, name, *args, **options)

    setattr(find, MARK, True)
    return find


def _look(name: str, target: str) -> None:
    module, _, attribute = name.rpartition(".")
    if not harmless(module or "builtins", attribute):
        sense_found("unpickle", target, name, partial(_search, name), dialect="yaml")


def _search(name: str, ex: Exchange, inputs: Inputs) -> Iterator[tuple[str, str, Judgement]]:
    guard: RequestGuard = ex.guard
    for origin, text in guard.once(ex, "yaml", tags):
        if names_by_tag(text, name):
            yield origin, "", TAGGED


def _patch(public: str, module: ModuleType) -> list[str]:
    hooked: list[str] = []
    for kind in ("FullConstructor", "Constructor"):
        owner = vars(module).get(kind)
        for method in METHODS:
            original = vars(owner).get(method) if isinstance(owner, type) else None
            if original is None:
                continue
            target = f"{public}.load"
            if not getattr(original, MARK, False):
                setattr(owner, method, _watched(original, target))
            hooked.append(f"{module.__name__}.{kind}.{method}")
    return hooked


def _on_stream(self: Any, stream: Any, *args: Any, **options: Any) -> None:
    note("yaml.load", stream, "yaml")


def _hear(module: ModuleType) -> list[str]:
    """Have those loaders say what they read that make any object of Python."""
    owners = (vars(module).get(name) for name in ("Loader", "UnsafeLoader", "CLoader", "CUnsafeLoader"))
    return [watch(owner, "__init__", _on_stream) for owner in owners if isinstance(owner, type)]


_YAML, _RUAMEL = partial(_patch, "yaml"), partial(_patch, "ruamel.yaml")


def install() -> list[str]:
    """Watch both where they are imported, now or later; what is hooked."""
    return [
        *when_imported("yaml.constructor", _YAML),
        *when_imported("yaml.loader", _hear),
        *when_imported("yaml.cyaml", _hear),
        *when_imported("ruamel.yaml.constructor", _RUAMEL),
    ]
