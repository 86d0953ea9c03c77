"""The surface of Litestar: its route handlers, mounted ASGI applications left out, and its OpenAPI document."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hauberk.core.finding import Place
from hauberk.integrations.surface.assembly import ACCESSORS
from hauberk.integrations.surface.reads import reads
from hauberk.integrations.surface.source import locate
from hauberk.integrations.target import Target
from hauberk.scan import openapi
from hauberk.scan.surface import FORM, JSON, PLACEHOLDER, Media, Operation, Parameter, Surface

NOT_QUERY = frozenset({"self", "request", "data", "body", "headers", "cookies", "query", "state", "scope", "socket"})
SCHEMAS: dict[object, dict[str, str]] = {int: {"type": "integer"}, float: {"type": "number"}, str: {"type": "string"}}


def surface(target: Target) -> Surface:
    """Every HTTP route handler; those of the OpenAPI plug-in are the framework's own and left out."""
    config = target.app.allowed_hosts
    allowed = [config] if isinstance(config, str) else list(getattr(config, "allowed_hosts", config) or ())
    name = "www" + allowed[0].lstrip("*") if allowed and allowed[0].startswith("*.") else (allowed or ["testserver"])[0]
    operations = list(walk(target.app, target.root))
    sockets = [
        PLACEHOLDER.sub("1", route.path_format or "/")
        for route in target.app.routes
        if getattr(route, "scope_type", "").lower().endswith("websocket")
    ]
    host = "testserver" if name == "*" else name
    return Surface.of(operations, root=str(target.root), host=host, sockets=sockets)


def walk(app: Any, root: Path) -> Iterator[Operation]:
    """The handlers, then what the document says of them."""
    for route in app.routes:
        handlers = getattr(route, "route_handler_map", None)
        for method, handler in sorted(handlers.items()) if isinstance(handlers, dict) else ():
            function = handler[0] if isinstance(handler, tuple) else handler
            if method not in {"HEAD", "OPTIONS"} and not _is_own(function.fn):
                yield operation(str(method), route, function, root)
    if app.openapi_config is not None:
        document = app.openapi_schema.to_schema()
        yield from openapi.operations(document)


def operation(method: str, route: Any, handler: Any, root: Path) -> Operation:
    """One method of one route."""
    own = {
        part.name: Parameter(name=part.name, place="path", schema=_schema(part), required=True)
        for part in route.path_components
        if not isinstance(part, str)
    }
    read = [p for p in reads(handler.fn, ACCESSORS) if method != "GET" or p.place not in {"form", "json"}]
    places: set[Place] = {p.place for p in read}
    media: Media = FORM if "form" in places else JSON if "json" in places else ""
    declared = [p for p in _signature(handler) if p.name not in own]
    return Operation(
        method=method,
        path=route.path_format or "/",
        parameters=(*own.values(), *declared, *read),
        body=media,
        handler=locate(handler.fn, root),
    )


def _signature(handler: Any) -> Iterator[Parameter]:
    """What the document may not show: each parameter that is no reserved name and no dependency comes from the query,
    unless it says that it is a header or a cookie; those the document tells."""
    resolve = getattr(handler, "resolve_dependencies", None)
    provided = set(resolve()) if resolve is not None else set()
    for name, field in handler.parsed_fn_signature.parameters.items():
        if name not in NOT_QUERY | provided and field.kwarg_definition is None:
            yield Parameter(
                name=name, place="query", schema=SCHEMAS.get(field.annotation, {}), required=not field.has_default
            )


def _schema(part: Any) -> dict[str, str]:
    if part.full.endswith(":path"):
        return {"type": "string", "format": "path"}
    return SCHEMAS.get(part.type, {"type": "string"})


def _is_own(function: Any) -> bool:
    return str(getattr(function, "__module__", "")).startswith("litestar.")
