"""Who still holds what the guard replaced: a name imported before, an attribute, a default, an entry of a table.

Calls through such a reference go past the guard. Looking for them walks over every object of the process: for reports,
never in a request.
"""

from __future__ import annotations

import ast
import gc
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import CellType, FunctionType, MethodType, ModuleType
from typing import Any, Literal, NamedTuple

from hauberk.guard.carry import MARK

DEEPEST = 4
"""How far a container is followed to whom it belongs: an entry of a list in a table of a module takes three steps."""
_OWN = "hauberk.guard"
_CARRIERS = frozenset({dict, tuple, list, set, frozenset, CellType, partial, MethodType, staticmethod, classmethod})
"""What is only a part of something else."""
_MACHINERY = frozenset({"builtins", "functools", "weakref", "_weakref", "_thread", "typing"})
"""Modules whose objects hold others for somebody else's sake; a module itself is `builtins.module`."""
_ANNOTATIONS = "__annotations__"
_HEAP = 1 << 9
"""Of a type's flags: it was made by a class statement, or as if (Py_TPFLAGS_HEAPTYPE)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stale:
    """One reference to what is not watched."""

    target: str
    """What is held, by its public name: `sqlite3.connect`."""
    holder: str
    """Who holds it: `shop.stock.connect`."""
    kind: Literal["reference", "subclass"] = "reference"
    """A class that was derived before is watched where a connection or cursor of it is asked for by name of the
    class, and not where it is called itself."""
    file: str | None = None
    line: int | None = None

    def __str__(self) -> str:
        where = f" ({self.file}:{self.line})" if self.file and self.line else f" ({self.file})" if self.file else ""
        what = "derives from" if self.kind == "subclass" else "holds"
        return f"{self.holder} {what} {self.target} as it was before the guard{where}"


def stale_references() -> tuple[Stale, ...]:
    """Every reference to an original that somebody but the guard holds, each once."""
    objects = gc.get_objects()  # before anything of ours is made
    originals = _originals(objects)
    found: dict[tuple[str, str], Stale] = {}
    wanted: dict[int, list[_Held]] = {key: [_Held(one, one, one, name)] for key, (one, name) in originals.items()}
    seen: set[tuple[int, int]] = set()
    for _ in range(DEEPEST):
        further: dict[int, list[_Held]] = {}
        for container, held in _holding(objects, wanted):
            step = (id(container), id(held.what))
            if _leads_on(container):
                if step not in seen:
                    seen.add(step)
                    next_ = _Held(container, held.what, held.original, held.target)
                    further.setdefault(id(container), []).append(next_)
            else:
                for one in _described(container, held):
                    found.setdefault((one.target, one.holder), one)
        wanted = further
    return tuple(sorted(found.values(), key=lambda one: (one.holder, one.target)))


class _Held(NamedTuple):
    """An original, or a container on the way to one."""

    what: Any
    inner: Any
    """What it holds; itself for an original."""
    original: Any
    target: str


def _originals(objects: Iterable[Any]) -> dict[int, tuple[Any, str]]:
    """What stands behind the guard's functions and classes, and its public name, by identity."""
    found: dict[int, tuple[Any, str]] = {}
    for one in objects:
        if type(one) is FunctionType:
            inner = vars(one).get("__wrapped__") if MARK in vars(one) else None
            if inner is not None:
                found[id(inner)] = (inner, _public(inner))
        elif issubclass(type(one), type) and MARK in vars(one):
            # Only what took the place of a class under its name; others are made for one connection.
            kind: type[Any] = one
            if getattr(sys.modules.get(kind.__module__), kind.__name__, None) is one and len(kind.__mro__) > 1:
                found[id(kind.__mro__[1])] = (kind.__mro__[1], _public(one))
    sqlite = sys.modules.get(f"{_OWN}.sinks.sqlite")
    if sqlite is not None:
        found[id(sqlite._CONNECT)] = (sqlite._CONNECT, "sqlite3.connect")
    return found


def _public(one: Any) -> str:
    module = str(getattr(one, "__module__", "") or getattr(getattr(one, "__objclass__", None), "__module__", ""))
    name = str(getattr(one, "__qualname__", getattr(one, "__name__", "?")))
    return f"{module.removeprefix('_')}.{name}" if module else name


def _holding(objects: Iterable[Any], wanted: Mapping[int, Sequence[_Held]]) -> Iterator[tuple[Any, _Held]]:
    """Who refers to what is wanted. `get_referents` runs no code of the objects'."""
    referents = gc.get_referents
    for container in objects:
        for one in referents(container):
            for held in wanted.get(id(one), ()):
                if held.what is one and type(container) is not one:
                    yield container, held


def _leads_on(container: Any) -> bool:
    """Whether it belongs to somebody else, who is to be found."""
    if type(container) in _CARRIERS:
        return not (isinstance(container, dict) and _module_of(container) is not None)
    return False


def _described(holder: Any, held: _Held) -> Iterator[Stale]:
    for owner, name, kind in _owned(holder, held):
        if not _is_ours(owner, held.original):
            module, path = _names(owner, name)
            file, line = _place(module, path)
            yield Stale(
                target=held.target, holder=f"{module}.{path}" if path else module, kind=kind, file=file, line=line
            )


Owner = tuple[Any, str, Literal["reference", "subclass"]]


def _owned(holder: Any, held: _Held) -> Iterator[Owner]:
    """The module, class or function that holds it, and under which name."""
    if isinstance(holder, dict):
        module = _module_of(holder)
        for name, value in list(holder.items()):
            if value is held.what and isinstance(name, str) and name != _ANNOTATIONS:
                yield module, name, "reference"
    elif issubclass(type(holder), type):
        yield from _of_class(holder, held)
    elif type(holder) is FunctionType:
        # An annotation calls nothing.
        if any(held.what is part for part in (holder.__defaults__, holder.__kwdefaults__, holder.__closure__)):
            yield holder, "", "reference"
    elif type(holder).__flags__ & _HEAP and type(holder).__module__ not in _MACHINERY:
        yield type(holder), "", "reference"


def _of_class(holder: type, held: _Held) -> Iterator[Owner]:
    if held.what is holder.__bases__:
        if MARK not in vars(holder):
            yield holder, "", "subclass"
    elif isinstance(held.what, dict):
        for name, value in list(vars(holder).items()):
            if value is held.inner and name != _ANNOTATIONS:
                yield holder, name, "reference"


def _module_of(names: dict[Any, Any]) -> ModuleType | None:
    name = names.get("__name__")
    module = sys.modules.get(name) if isinstance(name, str) else None
    if module is not None and issubclass(type(module), ModuleType):
        return module if object.__getattribute__(module, "__dict__") is names else None
    return None


def _is_ours(owner: Any, original: Any) -> bool:
    """Whether the guard itself holds it, or the module that it comes from, or a class that it is a part of."""
    if isinstance(owner, ModuleType):
        name = owner.__name__
        return name.startswith(_OWN) or name in {"_sqlite3", getattr(original, "__module__", None)}
    if MARK in vars(owner):
        return True
    if isinstance(owner, FunctionType):
        return str(owner.__globals__.get("__name__", "")).startswith(_OWN)
    return owner is getattr(original, "__objclass__", None) or owner.__module__.startswith(_OWN)


def _names(owner: Any, name: str) -> tuple[str, str]:
    if isinstance(owner, ModuleType):
        return owner.__name__, name
    path = str(owner.__qualname__)
    return str(owner.__module__), f"{path}.{name}" if name else path


def _place(module: str, path: str) -> tuple[str | None, int | None]:
    """File and line where a module, or a class or function in it, gets the name; what is known of it."""
    file = getattr(sys.modules.get(module), "__file__", None)
    if not isinstance(file, str) or not file.endswith(".py"):
        return file if isinstance(file, str) else None, None
    try:
        with open(file, encoding="utf-8") as source:
            tree: ast.AST = ast.parse(source.read())
    except (OSError, ValueError, SyntaxError):
        return file, None
    line = None
    for part in path.split("."):
        found = next((node for node in _statements(tree) if part in _bound(node)), None)
        if found is None:
            break
        tree, line = found, found.lineno
    return file, line


def _statements(tree: ast.AST) -> Iterator[ast.stmt]:
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop(0)
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.stmt):
                yield child
            if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                waiting.append(child)


def _bound(node: ast.stmt) -> Iterable[str]:
    """The names that a statement binds."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        return [(alias.asname or alias.name).partition(".")[0] for alias in node.names]
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return [part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name)]
