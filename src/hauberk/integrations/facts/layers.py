"""Middleware of any kind as one shape: what it is, and with which options it runs."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hauberk.core.errors import InputError
from hauberk.integrations.facts.known import genuine
from hauberk.integrations.target import detect

INNER = ("app", "_app", "wsgi_app", "asgi_app", "application", "wrapped_app", "_application", "inner")
"""Names under which a wrapper keeps what it wraps."""
DEEPEST = 30


@dataclass(frozen=True, slots=True)
class Layer:
    """One middleware: a class with arguments, or an instance that wraps the application already."""

    made_by: Any
    name: str
    names: frozenset[str]
    """Its own name and those of its base classes, where they are what they are called."""
    module: str
    options: Mapping[str, Any] = field(default_factory=dict)
    instance: Any = None

    @property
    def code(self) -> tuple[Any, ...]:
        """What its code and its options hold."""
        held = {k: v for k, v in getattr(self.instance, "__dict__", {}).items() if not callable(v)}
        return self.made_by, dict(self.options), held

    def is_a(self, *names: str) -> bool:
        """Whether it is one of these classes or derived from one."""
        return not self.names.isdisjoint(names)


def of_class(cls: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None) -> Layer:
    """A middleware that will be called with the application and these arguments, defaults included."""
    return _layer(cls, _bind(cls, args, dict(kwargs or {})))


def of_instance(instance: Any) -> Layer:
    """A wrapper that exists: its options are the attributes that are named like its constructor's parameters."""
    cls = type(instance)
    if inspect.isroutine(instance):
        return _layer(instance, {}, instance)
    try:
        names = list(inspect.signature(cls).parameters)[1:]
    except (TypeError, ValueError):
        names = []
    options = {name: getattr(instance, name) for name in names if hasattr(instance, name)}
    return _layer(cls, options, instance)


def unwrap(app: Any) -> tuple[list[Layer], Any]:
    """The wrappers around an application, the outermost first, and what they wrap in the end."""
    layers: list[Layer] = []
    seen: set[int] = set()
    while len(layers) < DEEPEST and id(app) not in seen and not known(app):
        seen.add(id(app))
        inner = _inner(app)
        if inner is None:
            break
        layers.append(of_instance(app))
        app = inner
    return layers, app


def known(app: Any) -> bool:
    """Whether a framework made it."""
    try:
        framework, _ = detect(app)
    except (InputError, ValueError, TypeError):
        return False
    return framework not in {"asgi", "wsgi"}


def _inner(app: Any) -> Any:
    for name in INNER:
        inner = getattr(app, name, None)
        if callable(inner) and not inspect.isclass(inner) and inner is not app:
            return inner
    # def middleware(app): async def wrapped(scope, receive, send): ...
    for name, content in cells(app).items():
        if known(content) or (name in INNER and callable(content) and not inspect.isclass(content)):
            return content
    return None


def cells(function: Any) -> dict[str, Any]:
    """What a function closes over, by name."""
    held: dict[str, Any] = {}
    names = getattr(getattr(function, "__code__", None), "co_freevars", ())
    for name, cell in zip(names, getattr(function, "__closure__", None) or (), strict=False):
        try:
            held[name] = cell.cell_contents
        except ValueError:  # a variable that is not set yet
            continue
    return held


def _bind(cls: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    try:
        signature = inspect.signature(cls)
        bound = signature.bind_partial(None, *args, **kwargs)
    except (TypeError, ValueError):
        return kwargs
    bound.apply_defaults()
    options = dict(bound.arguments)
    options.pop(next(iter(signature.parameters), ""), None)
    for name, parameter in signature.parameters.items():
        if parameter.kind is parameter.VAR_KEYWORD:
            options |= options.pop(name, {})
    return options | kwargs


def _layer(made_by: Any, options: Mapping[str, Any], instance: Any = None) -> Layer:
    bases = getattr(made_by, "__mro__", (made_by,))
    named = ((base, getattr(base, "__name__", "")) for base in bases)
    names = frozenset(one for base, one in named if genuine(base, one)) - {"object"}
    name = getattr(made_by, "__name__", type(made_by).__name__)
    return Layer(made_by, name, names, getattr(made_by, "__module__", "") or "", options, instance)
