"""The Jinja2 environments that an application of Starlette or FastAPI can reach.

Neither framework knows of its template engines: they lie in modules, closures and objects of the application's own.
Nothing is called and no attribute is computed on the way: a lazy object of the application's stays as lazy as it was.
"""

from __future__ import annotations

import functools
import inspect
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from types import FunctionType, MethodType, ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from starlette.applications import Starlette

PLAIN = frozenset({str, int, float, bool, bytes, tuple, list, dict, set, frozenset, type(None), type, FunctionType})
"""Types of values that are and hold no engine: most of what a module has."""
INSTALLED = tuple({sysconfig.get_paths()[key] for key in ("stdlib", "platstdlib", "purelib", "platlib")})


def engines(app: Starlette, also: Iterable[Any] = ()) -> Iterator[Any]:
    """Each environment once: of the application, its mounts, its handlers, the modules of its own that they use."""
    jinja2 = sys.modules.get("jinja2")
    if jinja2 is None:
        return
    seen: set[int] = set()
    for value in (*also, *_reachable(app)):
        if type(value) in PLAIN:
            continue
        for candidate in (value, inspect.getattr_static(value, "env", None)):
            # By its type: isinstance would ask a lazy proxy for what it stands for.
            if issubclass(type(candidate), jinja2.Environment) and id(candidate) not in seen:
                seen.add(id(candidate))
                yield candidate


def _reachable(app: Starlette) -> Iterator[Any]:
    modules: dict[str, ModuleType] = {}
    for part in _apps(app):
        yield from _attributes(part)
        yield from _attributes(getattr(part, "state", None)).get("_state", {}).values()
        handlers = getattr(part, "exception_handlers", None) or {}
        for handler in (*_endpoints(part.routes), *handlers.values()):
            yield from _held(handler)
            module = sys.modules.get(str(getattr(_plain(handler), "__module__", "")))
            if module is not None:
                modules[module.__name__] = module
    for module in _own(modules):
        yield from list(vars(module).values())


def _plain(handler: Any) -> Any:
    """The function or class under decorators, partial arguments and bound methods."""
    while True:
        handler = inspect.unwrap(handler)
        if type(handler) is functools.partial:
            handler = handler.func
        elif type(handler) is MethodType:
            handler = handler.__func__
        else:
            return handler


def _held(handler: Any) -> Iterator[Any]:
    """What a handler brings along: variables of its closure, and attributes of its object or class."""
    unwrapped = inspect.unwrap(handler)
    if type(unwrapped) is functools.partial:
        yield from (*unwrapped.args, *unwrapped.keywords.values())
        unwrapped = unwrapped.func
    owner = unwrapped.__self__ if type(unwrapped) is MethodType else None
    function = _plain(handler)
    for cell in getattr(function, "__closure__", None) or ():
        try:
            yield cell.cell_contents
        except ValueError:  # a variable that is not set yet
            continue
    for holder in (owner, type(owner), function):
        yield from _attributes(holder).values()


def _attributes(value: Any) -> dict[str, Any]:
    found = inspect.getattr_static(value, "__dict__", None)
    if isinstance(value, type):
        return {name: item for cls in value.__mro__ for name, item in vars(cls).items()}
    return dict(vars(value)) if found is not None else {}


def _own(modules: dict[str, ModuleType]) -> Iterator[ModuleType]:
    """These modules, and those of the application's own that they import something from, near and far."""
    packages = {name.partition(".")[0] for name in modules}
    waiting, seen = list(modules.values()), set(modules)
    while waiting:
        module = waiting.pop()
        yield module
        for value in list(vars(module).values()):
            # By its type: a library of cffi says that it is a module, and has no __dict__.
            if issubclass(type(value), ModuleType):
                near: ModuleType | None = value
            elif type(value) is FunctionType or type(value) is type:
                near = sys.modules.get(str(value.__module__))
            else:
                continue
            if near is not None and near.__name__ not in seen:
                seen.add(near.__name__)
                if near.__name__.partition(".")[0] in packages or _written_here(near):
                    waiting.append(near)


def _written_here(module: ModuleType) -> bool:
    """Whether it is the project's own, not the standard library's and not installed."""
    file = vars(module).get("__file__")
    return isinstance(file, str) and not file.startswith(INSTALLED) and "-packages" not in file


def _apps(app: Any) -> Iterator[Any]:
    """The application, and those mounted in it."""
    yield app
    for route in app.routes or ():
        inner = getattr(route, "app", None)
        if hasattr(inner, "state") and hasattr(inner, "routes"):
            yield from _apps(inner)


def _endpoints(routes: Any) -> Iterator[Any]:
    for route in routes or ():
        endpoint = getattr(route, "endpoint", None)
        if callable(endpoint):
            yield endpoint
        # Mounts have `routes`; FastAPI keeps an included router as it was given.
        yield from _endpoints(getattr(getattr(route, "original_router", route), "routes", None))
