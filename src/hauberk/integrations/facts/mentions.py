"""Which response headers a piece of code names: a middleware, a hook, and what those use.

It reads compiled code and live values, not text: comments and docstrings do not count, constants of other modules do.
"""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

from hauberk.integrations.facts.layers import cells

FRAMEWORKS = frozenset(
    "starlette fastapi litestar quart flask werkzeug django jinja2 asgiref uvicorn anyio msgspec pydantic "
    "hauberk".split()
)
"""Their own code reads and writes headers of every name."""
DEEPEST = 6
MOST = 5_000


def mentioned(roots: Iterable[Any], names: frozenset[str]) -> frozenset[str]:
    """Those of the lower-case names that the code or the values speak of."""
    found: set[str] = set()
    for text in _texts(roots):
        lowered = text.strip().lower()
        if lowered in names:
            found.add(lowered)
    return frozenset(found)


def speaks_of(roots: Iterable[Any], signals: frozenset[str]) -> bool:
    """Whether code, and the values that it holds, name one of the signals."""
    return bool(mentioned(roots, signals))


def _texts(roots: Iterable[Any]) -> Iterator[str]:
    seen: set[int] = set()
    waiting = [(root, 0) for root in roots]
    while waiting and len(seen) < MOST:
        value, depth = waiting.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, bytes):
            yield value.decode("latin-1")
        elif type(value) is int:
            yield str(value)  # a status
        elif id(value) not in seen and depth < DEEPEST:
            seen.add(id(value))
            waiting += [(part, depth + 1) for part in _parts(value, root=depth == 0)]


def _parts(value: Any, *, root: bool) -> Iterator[Any]:
    for kind, parts in _KINDS:
        if isinstance(value, kind):
            yield from parts(value)
            return
    if inspect.isclass(value):
        # Code of a class that is only named, say for isinstance, is not run; that of the middleware itself is.
        if root:
            yield from _of_class(value)
    elif not isinstance(value, ModuleType) and not _foreign(type(value).__module__):
        yield from _of_object(value)


def _of_class(cls: type) -> Iterator[Any]:
    for base in cls.__mro__:
        if not _foreign(base.__module__):
            yield from vars(base).values()


def _of_object(value: Any) -> Iterator[Any]:
    """What it holds, the constants of its class, and what it does when it is called."""
    yield from getattr(value, "__dict__", {}).values()
    yield from (getattr(value, name, None) for name in _slots(type(value)))
    for base in type(value).__mro__:
        yield from (item for item in vars(base).values() if isinstance(item, str | bytes))
    yield inspect.getattr_static(type(value), "__call__", None)


def _of_function(function: FunctionType) -> Iterator[Any]:
    if _foreign(function.__module__):
        return
    yield function.__code__
    yield from function.__defaults__ or ()
    yield getattr(function, "__wrapped__", None)
    yield from cells(function).values()
    names = list(_names(function.__code__))
    for name in names:
        value = function.__globals__.get(name)
        if isinstance(value, ModuleType) and not _foreign(value.__name__):
            # `constants.HEADERS`: both words are names of the code.
            yield from (vars(value)[attribute] for attribute in names if attribute in vars(value))
        else:
            yield value


def _of_code(code: CodeType) -> Iterator[Any]:
    # A docstring is the first constant; it is prose and never equals a header's name.
    yield from code.co_consts


def _of_partial(partial: functools.partial[Any]) -> Iterator[Any]:
    yield from (partial.func, partial.args, partial.keywords)


def _of_mapping(mapping: Mapping[Any, Any]) -> Iterator[Any]:
    for number, (key, item) in enumerate(mapping.items()):
        if number >= 200:
            return
        yield from (key, item)


def _of_sequence(sequence: Any) -> Iterator[Any]:
    yield from list(sequence)[:200]


def _of_method(method: MethodType) -> Iterator[Any]:
    yield from (method.__func__, method.__self__)


def _of_property(found: Any) -> Iterator[Any]:
    yield from (getattr(found, "fget", None), getattr(found, "__func__", None))


_KINDS: tuple[tuple[Any, Callable[[Any], Iterator[Any]]], ...] = (
    (FunctionType, _of_function),
    (MethodType, _of_method),
    (CodeType, _of_code),
    (functools.partial, _of_partial),
    (Mapping, _of_mapping),
    ((list, tuple), _of_sequence),  # not sets: those are made to compare with
    ((property, classmethod, staticmethod), _of_property),
)


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _slots(cls: type) -> Iterator[str]:
    for base in cls.__mro__:
        slots = vars(base).get("__slots__", ())
        yield from (slots,) if isinstance(slots, str) else slots


def _foreign(module: str | None) -> bool:
    top = (module or "").partition(".")[0]
    return top in FRAMEWORKS or top in sys.stdlib_module_names
