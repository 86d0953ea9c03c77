"""The surface of Starlette and FastAPI: the route tree, mounts and included routers, and what handlers read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from starlette.endpoints import HTTPEndpoint
from starlette.routing import Host, Mount, Route, WebSocketRoute

from hauberk.integrations.surface.assembly import ACCESSORS, QUIET, assemble
from hauberk.integrations.surface.reads import reads
from hauberk.integrations.target import Target
from hauberk.scan.surface import PLACEHOLDER, Operation, Parameter, Surface

SCHEMAS: dict[str, dict[str, str]] = {
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "uuid": {"type": "string", "format": "uuid"},
    "path": {"type": "string", "format": "path"},
}


def surface(target: Target) -> Surface:
    """Every HTTP route below the application, mounts included."""
    found = sockets(target.app, "")
    return Surface.of(walk(target.app, "", target.root), root=str(target.root), host=host(target.app), sockets=found)


def sockets(app: Any, prefix: str) -> Iterator[str]:
    """The paths of WebSocket routes, parameters filled in."""
    for route in getattr(app, "routes", ()):
        if isinstance(route, Mount | Host):
            yield from sockets(_unwrapped(route.app), prefix + getattr(route, "path", ""))
        elif isinstance(route, WebSocketRoute):
            yield PLACEHOLDER.sub("1", prefix + route.path_format)


def walk(app: Any, prefix: str, root: Path) -> Iterator[Operation]:
    """The operations of an application or a router under that prefix."""
    declared = getattr(app, "openapi", None) and hasattr(app, "openapi_url")
    if declared:
        from hauberk.integrations.surface.fastapi import operations

        yield from operations(app, prefix, root)
    for route in getattr(app, "routes", ()):
        if isinstance(route, Mount):
            inner = route.app
            yield from walk(_unwrapped(inner), prefix + route.path, root)
        elif isinstance(route, Host):
            yield from walk(_unwrapped(route.app), prefix, root)
        elif isinstance(route, Route) and not (declared and hasattr(route, "dependant")):
            yield from from_route(route, prefix, root)


def from_route(route: Any, prefix: str, root: Path) -> Iterator[Operation]:
    """An operation for each method of one route."""
    endpoint, path = route.endpoint, prefix + route.path_format
    own = [
        Parameter(name=name, place="path", schema=SCHEMAS.get(_converter(converter), {}), required=True)
        for name, converter in route.param_convertors.items()
    ]
    if isinstance(endpoint, type) and issubclass(endpoint, HTTPEndpoint):
        for name in ("get", "post", "put", "patch", "delete"):
            if hasattr(endpoint, name):
                yield operation(name.upper(), path, own, getattr(endpoint, name), root)
        return
    for method in sorted(set(route.methods or {"GET"}) - QUIET):
        yield operation(method, path, own, endpoint, root)


def operation(method: str, path: str, own: list[Parameter], endpoint: Any, root: Path) -> Operation:
    """The operation of a handler that declares nothing."""
    return assemble(method, path, [*own, *reads(endpoint, ACCESSORS)], endpoint, root)


def host(app: Any) -> str:
    """A host that TrustedHostMiddleware lets through."""
    for middleware in getattr(app, "user_middleware", ()):
        allowed = getattr(middleware, "kwargs", {}).get("allowed_hosts")
        if isinstance(allowed, list | tuple) and allowed and "*" not in allowed:
            return concrete(str(allowed[0]))
    return "testserver"


def concrete(pattern: str) -> str:
    """A host that a pattern such as `*.example.com` or `.example.com` lets through."""
    return "www" + pattern.lstrip("*") if pattern.startswith(("*.", ".")) else pattern


def _converter(converter: object) -> str:
    return type(converter).__name__.removesuffix("Convertor").lower()


def _unwrapped(app: Any) -> Any:
    """The application below middleware that keeps it as `.app`, as all of Starlette's does."""
    for _ in range(20):
        if hasattr(app, "routes") or not hasattr(app, "app"):
            break
        app = app.app
    return app
