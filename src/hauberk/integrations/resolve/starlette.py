"""Starlette and FastAPI: their own matching, route by route, as their router does it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from starlette.routing import Host, Match

from hauberk.adapters.asgi import Scope


def endpoints(app: Any) -> Iterator[Any]:
    """Every handler of the application, its mounts and its included routers."""
    yield from _walk(getattr(app, "routes", None) or (), set())


def _walk(routes: Any, seen: set[int]) -> Iterator[Any]:
    if id(routes) in seen:
        return
    seen.add(id(routes))
    for route in routes or ():
        endpoint = getattr(route, "endpoint", None)
        if callable(endpoint):
            yield endpoint
        # Mounts have `routes`; FastAPI keeps an included router as it was given.
        yield from _walk(getattr(getattr(route, "original_router", route), "routes", None), seen)


def endpoint(app: Any, scope: Scope) -> Any:
    """The handler that will answer, or None if there is none or it is not certain."""
    # Matching writes into the scope, which the application is to get as it came.
    return _match(app.routes, dict(scope))


def _match(routes: Any, scope: dict[str, Any]) -> Any:
    for route in routes:
        match, child = route.matches(scope)
        if match is not Match.FULL:
            continue
        if isinstance(route, Host):
            return None  # a proxy may name another host, and that is not read yet
        return _within(route, {**scope, **child})
    return None


def _within(route: Any, scope: dict[str, Any]) -> Any:
    """The handler of a route that matches, through mounts and included routers."""
    found = getattr(route, "endpoint", None)
    if found is not None:
        # What Starlette's mount of a bare application calls `endpoint` in the scope is no handler of its own.
        return found
    if hasattr(route, "original_router"):
        choose = getattr(route, "_match", None)  # FastAPI's own, and no promise of it
        match, child, inner, *_ = (Match.NONE, {}, None) if choose is None else choose(scope)
        return None if match is not Match.FULL or inner is None else _within(inner, {**scope, **child})
    inner_routes = getattr(route, "routes", None)
    return _match(inner_routes, scope) if inner_routes else None
