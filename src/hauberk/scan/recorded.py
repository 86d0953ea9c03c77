"""From a request that was really made to the operation behind it: its parameters, with the values that it sent."""

from __future__ import annotations

import email.parser
import email.policy
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import parse_qsl, unquote

from hauberk.scan.messages import Request
from hauberk.scan.surface import FORM, JSON, MULTIPART, Media, Operation, Parameter, Source, Surface

OWN_FIELDS = re.compile(r"x-(?!forwarded|real-ip|requested-with|csrf|xsrf|hauberk)[a-z0-9-]+")
"""Header fields that an application reads: those of its own. What every browser sends is no input of it."""
IDENTIFIER = re.compile(r"\d+|[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}|[0-9a-f]{16,64}")
"""A part of a path that is the number of something, rather than a name."""
LEAVES = 100
"""Inputs that are taken of one JSON document."""


def recorded(surface: Surface, requests: Iterable[Request], source: Source) -> Surface:
    """The surface with the operations of these requests; what is known already gets their values as examples."""
    for request in requests:
        surface = surface.learn(operation(surface, request, source))
    return surface


def operation(surface: Surface, request: Request, source: Source) -> Operation:
    """The operation that a request belongs to, by a template that is known or by the look of its path."""
    path = unquote(request.path) or "/"
    known = surface.find(request.method, path)
    template, values = (known[0].path, known[1]) if known else templated(path)
    asked = tuple(parse_qsl(request.query, keep_blank_values=True))
    media, body = _body(request)
    parameters = (
        *(Parameter(name=name, place="path", example=value, required=True) for name, value in values.items()),
        *(Parameter(name=name, place="query", example=value) for name, value in asked),
        *(Parameter(name=n, place="header", example=v) for n, v in request.headers if OWN_FIELDS.fullmatch(n)),
        *body,
    )
    names = frozenset(name for name, _ in asked)
    return Operation(
        method=request.method,
        path=template,
        parameters=_each_once(parameters),
        body=media,
        source=source,
        together=(names,) if names else (),
    )


def templated(path: str) -> tuple[str, dict[str, str]]:
    """`/orders/17/lines` as `/orders/{orders}/lines` and `{"orders": "17"}`."""
    parts, values = path.replace("{", "%7B").replace("}", "%7D").split("/"), {}
    for place, part in enumerate(parts):
        if IDENTIFIER.fullmatch(part):
            before = re.sub(r"\W", "", parts[place - 1]) if place > 1 else ""
            name = before if before and before not in values else f"id{place}"
            values[name], parts[place] = part, "{" + name + "}"
    return "/".join(parts), values


def _each_once(parameters: Iterable[Parameter]) -> tuple[Parameter, ...]:
    found: dict[tuple[str, str], Parameter] = {}
    for parameter in parameters:
        found.setdefault(parameter.key, parameter)
    return tuple(found.values())


def _body(request: Request) -> tuple[Media, tuple[Parameter, ...]]:
    kind = (request.header("content-type") or "").partition(";")[0].strip().lower()
    if not request.body:
        return "", ()
    if kind == FORM:
        pairs = parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True)
        return FORM, tuple(Parameter(name=name, place="form", example=value) for name, value in pairs)
    if kind == MULTIPART:
        return MULTIPART, tuple(_multipart(request))
    if kind == JSON or kind.endswith("+json"):
        try:
            document = json.loads(request.body)
        except ValueError:
            return "", ()
        return JSON, tuple(leaves(document))[:LEAVES]
    return "", ()


def leaves(value: Any, name: str = "") -> Iterator[Parameter]:
    """The leaves of a JSON document, named as `build.document` reads them: `user.name`, `tags[]`."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from leaves(inner, f"{name}.{key}" if name else str(key))
    elif isinstance(value, list) and value:
        yield from leaves(value[0], f"{name}[]")
    else:
        kinds = {bool: "boolean", int: "integer", float: "number", dict: "object", list: "array"}
        schema = {"type": kinds[type(value)]} if type(value) in kinds else {}
        yield Parameter(name=name, place="json", schema=schema, example=value)


def _multipart(request: Request) -> Iterator[Parameter]:
    head = f"content-type: {request.header('content-type')}\r\n\r\n".encode()
    message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + request.body)
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        if isinstance(name, str) and part.get_filename() is not None:
            yield Parameter(name=name, place="upload")
        elif isinstance(name, str):
            text = part.get_payload(decode=True)
            shown = text.decode("utf-8", "replace").strip("\r\n") if isinstance(text, bytes) else ""
            yield Parameter(name=name, place="form", example=shown)
