"""From an OpenAPI 3 document to operations. Source: OpenAPI Specification 3.1, sections 4.8.8 to 4.8.24."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from hauberk.core.finding import Place
from hauberk.scan.surface import FORM, JSON, MULTIPART, Media, Operation, Parameter

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
DEPTH = 5
"""How deep a body's schema is followed: schemas may contain themselves."""

WELL_KNOWN = ("/openapi.json", "/swagger.json", "/api/openapi.json", "/v1/openapi.json", "/api/swagger.json")
"""Where frameworks serve the document."""

PLACES: dict[str, Place] = {"query": "query", "path": "path", "header": "header", "cookie": "cookie"}


def operations(document: Mapping[str, Any], *, prefix: str = "") -> list[Operation]:
    """Each operation of the document. Whatever has not the shape that the standard gives it is passed over."""
    found = []
    for path, item in _mapping(document.get("paths")).items():
        shared = _mapping(item).get("parameters")
        for method in METHODS:
            description = _mapping(item).get(method)
            if isinstance(description, Mapping) and method not in {"options", "head", "trace"}:
                found.append(_operation(document, method.upper(), prefix + path, description, shared))
    return found


def base(document: Mapping[str, Any]) -> str:
    """The path that the document's first server puts before every path; its host is not believed."""
    servers = _list(document.get("servers"))
    url = _mapping(servers[0]).get("url") if servers else document.get("basePath")
    path = urlsplit(url).path if isinstance(url, str) else ""
    return path.rstrip("/") if "{" not in path else ""


def _operation(
    document: Mapping[str, Any], method: str, path: str, description: Mapping[str, Any], shared: object
) -> Operation:
    parameters = []
    for raw in [*_list(shared), *_list(description.get("parameters"))]:
        one = _resolve(document, raw)
        place = PLACES.get(str(one.get("in")))
        if place is not None and isinstance(one.get("name"), str):
            schema = flatten(document, one.get("schema"))
            example = one.get("example", schema.get("example"))
            parameters.append(
                Parameter(
                    name=one["name"], place=place, schema=schema, example=example, required=bool(one.get("required"))
                )
            )
    media, body = _body(document, _resolve(document, description.get("requestBody")))
    security = description.get("security", document.get("security"))
    secured = bool(_list(security)) and all(bool(choice) for choice in _list(security))
    return Operation(
        method=method, path=path, parameters=(*parameters, *body), body=media, source="openapi", secured=secured
    )


def _body(document: Mapping[str, Any], body: Mapping[str, Any]) -> tuple[Media, list[Parameter]]:
    content = _mapping(body.get("content"))
    for media in (MULTIPART, FORM):
        if media in content:
            schema = flatten(document, _mapping(content[media]).get("schema"))
            return media, list(fields(document, schema))
    for name, described in content.items():
        if name == JSON or name.endswith("+json"):
            return JSON, list(leaves(document, _mapping(described).get("schema")))
    return "", []


def fields(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[Parameter]:
    """The fields of a form."""
    required = _list(schema.get("required"))
    for name, raw in _mapping(schema.get("properties")).items():
        one = flatten(document, raw)
        inner = flatten(document, one.get("items")) if one.get("type") == "array" else one
        is_file = inner.get("format") == "binary" or "contentMediaType" in inner
        yield Parameter(name=name, place="upload" if is_file else "form", schema=inner, required=name in required)


def leaves(
    document: Mapping[str, Any], raw: object, name: str = "", *, required: bool = True, depth: int = DEPTH
) -> Iterator[Parameter]:
    """The leaves of a JSON body: `user.name`, `tags[]`."""
    schema = flatten(document, raw)
    properties = _mapping(schema.get("properties"))
    if depth and properties:
        needed = _list(schema.get("required"))
        for key, inner in properties.items():
            path = f"{name}.{key}" if name else key
            yield from leaves(document, inner, path, required=required and key in needed, depth=depth - 1)
    elif depth and schema.get("type") == "array":
        yield from leaves(document, schema.get("items"), f"{name}[]", required=required, depth=depth - 1)
    elif schema.get("type") != "object" or depth:
        yield Parameter(name=name, place="json", schema=schema, required=required, example=schema.get("example"))


def flatten(document: Mapping[str, Any], raw: object, depth: int = DEPTH) -> dict[str, Any]:
    """A schema without `$ref`, `allOf`, `anyOf` and `oneOf` at its top: parts joined, the first choice taken."""
    schema = dict(_resolve(document, raw))
    for part in _list(schema.pop("allOf", None)) if depth else ():
        inner = flatten(document, part, depth - 1)
        schema["properties"] = {**_mapping(schema.get("properties")), **_mapping(inner.pop("properties", None))}
        schema["required"] = [*_list(schema.get("required")), *_list(inner.pop("required", None))]
        schema = {**inner, **schema}
    for word in ("anyOf", "oneOf"):
        choices = [flatten(document, part, depth - 1) for part in _list(schema.pop(word, None))] if depth else []
        chosen = next((c for c in choices if c.get("type") != "null"), {})
        schema = {**chosen, **schema}
    kind = schema.get("type")
    if isinstance(kind, list):
        schema["type"] = next((k for k in kind if k != "null"), "null")
    return schema


def _resolve(document: Mapping[str, Any], raw: object, depth: int = DEPTH) -> Mapping[str, Any]:
    """Follow local references (RFC 6901); one that leads nowhere or out of the document is an empty schema."""
    found = _mapping(raw)
    reference = found.get("$ref")
    if not isinstance(reference, str) or not depth:
        return found
    here: object = document
    for step in reference.removeprefix("#/").split("/"):
        here = _mapping(here).get(step.replace("~1", "/").replace("~0", "~"))
    rest = {key: value for key, value in found.items() if key != "$ref"}
    return {**_resolve(document, here, depth - 1), **rest}


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
