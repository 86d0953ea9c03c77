"""The functions behind an endpoint: its own code below decorators, where it stands, and its syntax tree."""

from __future__ import annotations

import ast
import functools
import inspect
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FunctionType
from typing import Any

from hauberk.core.finding import Location

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


def layers(endpoint: Any) -> Iterator[FunctionType]:
    """The function and, outermost first, every decorator's wrapper around it, as far as they can be followed."""
    seen: set[int] = set()
    while endpoint is not None and id(endpoint) not in seen:
        seen.add(id(endpoint))
        if isinstance(endpoint, functools.partial):
            endpoint = endpoint.func
        elif inspect.ismethod(endpoint):
            endpoint = endpoint.__func__
        elif isinstance(endpoint, FunctionType):
            yield endpoint
            endpoint = getattr(endpoint, "__wrapped__", None)
        elif hasattr(endpoint, "__wrapped__"):
            endpoint = endpoint.__wrapped__
        elif not isinstance(endpoint, type):
            endpoint = getattr(type(endpoint), "__call__", None)  # noqa: B004 - the function is wanted, not a test
        else:
            return


def innermost(endpoint: Any) -> FunctionType | None:
    """The function that a developer would call the handler."""
    found = list(layers(endpoint))
    return found[-1] if found else None


def locate(endpoint: Any, root: Path) -> Location:
    """File and line of the handler; the file is relative where it lies inside the project."""
    function: Callable[..., Any] | type | None = endpoint if isinstance(endpoint, type) else innermost(endpoint)
    # By its code: inspect would follow decorators to another function.
    code: Any = function.__code__ if isinstance(function, FunctionType) else function
    try:
        if code is None or (file := inspect.getsourcefile(code)) is None:
            return Location()
        line = inspect.getsourcelines(code)[1]
    except (TypeError, OSError):  # written in C, or made by exec
        return Location()
    tree = parse(function) if isinstance(function, FunctionType) else None
    if tree is not None and isinstance(function, FunctionType):
        # The line of `def`, not of the first decorator.
        line = function.__code__.co_firstlineno + tree.lineno - 1
    path = Path(file)
    return Location(file=str(path.relative_to(root)) if path.is_relative_to(root) else str(path), line=line)


@functools.lru_cache(maxsize=4096)
def parse(function: FunctionType) -> FunctionNode | None:
    """The function's syntax tree; None where there is no source, as for lambdas and generated code."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function.__code__)))
    except (OSError, TypeError, SyntaxError):
        return None
    first = tree.body[0] if tree.body else None
    return first if isinstance(first, FunctionNode) else None


def global_value(function: FunctionType, name: str) -> Any:
    """What a free or global name of the function stands for; None if it is not known."""
    closure = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=False))
    if name in closure:
        try:
            return closure[name].cell_contents
        except ValueError:  # not filled yet
            return None
    return function.__globals__.get(name)
