"""Starlette and FastAPI."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import TYPE_CHECKING, Any

from hauberk.adapters.asgi import ASGIShield
from hauberk.integrations.request import templates

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.types import ASGIApp

    from hauberk.integrations.protect import Protection


def install(app: Starlette, protection: Protection) -> None:
    """Wrap the whole middleware stack, Starlette's own error page included.

    `add_middleware` would put us inside of ServerErrorMiddleware, whose answer to an unhandled error then lacks every
    header; and the stack is built at the first request, so routes and middleware may still be added after `protect`.
    """
    build = app.build_middleware_stack

    def build_shielded() -> ASGIApp:
        for engine in engines(app):
            templates(engine)
        return ASGIShield(build(), protection.plan, context=True).run

    app.build_middleware_stack = build_shielded  # type: ignore[method-assign]
    if app.middleware_stack is not None:
        app.middleware_stack = build_shielded()


def engines(app: Starlette) -> Iterator[Any]:
    """The Jinja2 environments that the handlers can reach: in their modules, in modules those import, in closures."""
    jinja2 = sys.modules.get("jinja2")
    if jinja2 is None:
        return
    seen: set[int] = set()
    for value in _reachable(app):
        environment = getattr(value, "env", value) if not isinstance(value, ModuleType) else None
        if isinstance(environment, jinja2.Environment) and id(environment) not in seen:
            seen.add(id(environment))
            yield environment


def _reachable(app: Starlette) -> Iterator[Any]:
    yield from vars(app.state).get("_state", {}).values()
    seen: set[int] = set()
    for endpoint in _endpoints(app.routes):
        function = inspect.unwrap(endpoint)
        function = getattr(function, "__func__", function)
        for cell in getattr(function, "__closure__", None) or ():
            try:
                yield cell.cell_contents
            except ValueError:  # a variable that is not set yet
                continue
        names: dict[str, Any] = getattr(function, "__globals__", None) or vars(
            sys.modules.get(endpoint.__module__, app)
        )
        yield from _module_values(names, seen)
        package = str(names.get("__name__", "")).partition(".")[0]
        for value in list(names.values()):
            if isinstance(value, ModuleType) and value.__name__.partition(".")[0] == package:
                yield from _module_values(vars(value), seen)


def _module_values(names: dict[str, Any], seen: set[int]) -> Iterator[Any]:
    if id(names) not in seen:
        seen.add(id(names))
        yield from list(names.values())


def _endpoints(routes: Any) -> Iterator[Any]:
    for route in routes or ():
        endpoint = getattr(route, "endpoint", None)
        if callable(endpoint):
            yield endpoint
        yield from _endpoints(getattr(route, "routes", None))
