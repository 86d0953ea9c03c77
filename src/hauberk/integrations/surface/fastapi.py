"""What FastAPI adds to Starlette: declared parameters, those of dependencies, and the OpenAPI document."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fastapi import routing
from pydantic import TypeAdapter
from pydantic.errors import PydanticSchemaGenerationError, PydanticUserError

from hauberk.core.finding import Place
from hauberk.integrations.surface.assembly import ACCESSORS, QUIET, assemble
from hauberk.integrations.surface.reads import reads
from hauberk.scan import openapi
from hauberk.scan.surface import Operation, Parameter

DECLARED: tuple[tuple[str, Place], ...] = (
    ("path_params", "path"),
    ("query_params", "query"),
    ("header_params", "header"),
    ("cookie_params", "cookie"),
)


def operations(app: Any, prefix: str, root: Path) -> Iterator[Operation]:
    """Every API route: from its signature and dependencies, then from the document, which knows the schemas."""
    for route in _contexts(app):
        methods = getattr(route, "methods", None) or ()
        dependant = getattr(route, "dependant", None)
        if dependant is None:
            continue
        for method in sorted(set(methods) - QUIET):
            parameters = list(_declared(dependant, getattr(route, "body_field", None)))
            for call in _calls(dependant):
                parameters += reads(call, ACCESSORS)
            yield assemble(method, prefix + str(route.path_format), parameters, route.endpoint, root)
    yield from openapi.operations(app.openapi(), prefix=prefix)


def _contexts(app: Any) -> Iterator[Any]:
    """The routes with what their routers add to them; in older versions they are one flat list."""
    contexts = getattr(routing, "iter_route_contexts", None)
    yield from contexts(app.routes) if contexts else app.routes


def _calls(dependant: Any) -> Iterator[Any]:
    """The handler and every dependency."""
    if dependant.call is not None:
        yield dependant.call
    for inner in dependant.dependencies:
        yield from _calls(inner)


def _declared(dependant: Any, body: Any) -> Iterator[Parameter]:
    for attribute, place in DECLARED:
        for field in getattr(dependant, attribute):
            yield from _expanded(field, place)
    yield from _body(dependant, single=body is not None and len(dependant.body_params) == 1)
    for inner in dependant.dependencies:
        yield from _declared(inner, body)


def _expanded(field: Any, place: Place) -> Iterator[Parameter]:
    """One parameter, or one for each member if the annotation is a model."""
    schema = _schema(field)
    members = schema.get("properties")
    if isinstance(members, dict):
        needed = schema.get("required") or []
        for name, inner in members.items():
            flat = openapi.flatten(schema, inner)
            yield Parameter(name=_header(name, place), place=place, schema=flat, required=name in needed)
    else:
        yield Parameter(name=field.alias, place=place, schema=schema, required=_required(field))


def _body(dependant: Any, *, single: bool) -> Iterator[Parameter]:
    for field in dependant.body_params:
        kind = type(field.field_info).__name__
        schema = _schema(field)
        if kind == "File":
            yield Parameter(name=field.alias, place="upload", required=_required(field))
        elif kind == "Form":
            if isinstance(schema.get("properties"), dict):
                yield from openapi.fields(schema, schema)
            else:
                yield Parameter(name=field.alias, place="form", schema=schema, required=_required(field))
        else:
            whole = single and not getattr(field.field_info, "embed", None)
            name = "" if whole else field.alias
            yield from openapi.leaves(schema, schema, name, required=_required(field))


def _schema(field: Any) -> dict[str, Any]:
    """The JSON Schema of a field; empty for what pydantic cannot describe, such as an uploaded file."""
    try:
        schema = TypeAdapter(field.field_info.annotation).json_schema()
    except (PydanticSchemaGenerationError, PydanticUserError):
        return {}
    info = field.field_info
    if isinstance(info.default, str | int | float) and not isinstance(info.default, bool):
        schema.setdefault("default", info.default)
    flat = openapi.flatten(schema, schema)
    return {**flat, "$defs": schema["$defs"]} if "$defs" in schema and "properties" in flat else flat


def _required(field: Any) -> bool:
    required = field.field_info.is_required() if hasattr(field.field_info, "is_required") else False
    return bool(required)


def _header(name: str, place: Place) -> str:
    return name.replace("_", "-") if place == "header" else name
