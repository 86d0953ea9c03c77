"""The surface of Django: the URLconf with everything it includes, and what views and their forms read."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType
from typing import Any

from django.conf import settings
from django.forms import BaseForm, FileField
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RoutePattern
from django.utils.regex_helper import normalize

from hauberk.integrations.surface import rules
from hauberk.integrations.surface.reads import Accessors, reads
from hauberk.integrations.surface.source import global_value, layers, locate, parse
from hauberk.integrations.target import Target
from hauberk.scan.surface import FORM, JSON, MULTIPART, Media, Operation, Parameter, Surface

ACCESSORS = Accessors(
    attributes={
        "GET": "query",
        "POST": "form",
        "COOKIES": "cookie",
        "headers": "header",
        "FILES": "upload",
        # Django REST framework's request.
        "query_params": "query",
        "data": "json",
    },
    raw=frozenset({"body"}),
    environ=frozenset({"META"}),
)
METHODS = ("get", "post", "put", "patch", "delete")
BODIES = frozenset({"form", "json", "upload", "body"})


def surface(target: Target) -> Surface:
    """Every view of the URLconf in `ROOT_URLCONF`."""
    return Surface.of(walk(get_resolver().url_patterns, "/", [], target.root), root=str(target.root), host=host())


def walk(patterns: list[Any], prefix: str, above: list[Parameter], root: Path) -> Iterator[Operation]:
    """The views below a resolver."""
    for pattern in patterns:
        path, own = template(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from walk(pattern.url_patterns, prefix + path, [*above, *own], root)
        elif isinstance(pattern, URLPattern):
            yield from view(pattern.callback, prefix + path, [*above, *own], root)


def template(pattern: Any) -> tuple[str, list[Parameter]]:
    """A route or a regular expression as a path template with its parameters."""
    if isinstance(pattern, RoutePattern):
        return rules.template(str(pattern))
    regex = getattr(pattern, "regex", None)
    if regex is None or not hasattr(pattern, "_regex"):  # a language prefix
        return str(pattern), []
    # The same reading that reverse() uses: the first of the ways to write a path that matches.
    text, names = normalize(regex.pattern)[0]
    values = {name: "{" + name.lstrip("_") + "}" for name in names}
    groups = {name: _group(regex.pattern, name) for name in names}
    parameters = [Parameter(name=name.lstrip("_"), place="path", schema=groups[name], required=True) for name in names]
    return text % values, parameters


def _group(pattern: str, name: str) -> dict[str, Any]:
    """What a named group takes: its own pattern, and whether a slash is among it."""
    start = pattern.find(f"(?P<{name}>")
    if start < 0:
        return {}
    depth, begin = 1, start + len(f"(?P<{name}>")
    for end in range(begin, len(pattern)):
        escaped = pattern[end - 1] == "\\" and pattern[end - 2] != "\\"
        depth += 0 if escaped else (pattern[end] == "(") - (pattern[end] == ")")
        if depth == 0:
            inner = pattern[begin:end]
            slashes = re.fullmatch(inner, "a/b") is not None
            return {"pattern": f"^(?:{inner})$", **({"format": "path"} if slashes else {})}
    return {}


def view(callback: Any, path: str, own: list[Parameter], root: Path) -> Iterator[Operation]:
    """The operations of one view: a class's methods, or those that a function seems to take."""
    cls = getattr(callback, "view_class", None) or getattr(callback, "cls", None)
    if cls is not None:
        forms = _class_forms(cls)
        for name in METHODS:
            function = getattr(cls, name, None)
            if function is not None:
                yield operation(name.upper(), path, own, function, root, forms if name == "post" else [])
        return
    found = [*reads(callback, ACCESSORS), *_forms(callback)]
    allowed = _allowed(callback) or {"GET", *(("POST",) if any(p.place in BODIES for p in found) else ())}
    for method in sorted(allowed - {"HEAD", "OPTIONS"}):
        yield operation(method, path, own, callback, root, _forms(callback))


def operation(
    method: str, path: str, own: list[Parameter], function: Any, root: Path, forms: list[Parameter]
) -> Operation:
    """One method of one view."""
    found = [p for p in (*reads(function, ACCESSORS), *forms) if method != "GET" or p.place not in BODIES]
    places = {p.place for p in found}
    media: Media = MULTIPART if "upload" in places else FORM if "form" in places else JSON if "json" in places else ""
    handler = locate(function, root)
    return Operation(method=method, path=path, parameters=(*own, *found), body=media, handler=handler)


def _allowed(callback: Any) -> set[str]:
    """What `require_http_methods` allows: the list that its wrapper closes over."""
    for function in layers(callback):
        methods = global_value(function, "request_method_list")
        if "request_method_list" in function.__code__.co_freevars and isinstance(methods, list | tuple):
            return {str(method) for method in methods}
    return set()


def _forms(callback: Any) -> list[Parameter]:
    """The fields of every form class that the view calls by name."""
    found: list[Parameter] = []
    for function in layers(callback):
        tree = parse(function)
        for node in ast.walk(tree) if tree is not None else ():
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
                found += _fields(_named(function, node.func.id))
    return found


def _named(function: FunctionType, name: str) -> Any:
    value = global_value(function, name)
    return value if inspect.isclass(value) else None


def _class_forms(cls: Any) -> list[Parameter]:
    """The form of a generic editing view."""
    fields = _fields(getattr(cls, "form_class", None))
    model, names = getattr(cls, "model", None), getattr(cls, "fields", None)
    if not fields and model is not None and isinstance(names, list | tuple):
        fields = [Parameter(name=name, place="form") for name in names]
    return fields


def _fields(form: Any) -> list[Parameter]:
    if not (inspect.isclass(form) and issubclass(form, BaseForm)):
        return []
    return [
        Parameter(
            name=name,
            place="upload" if isinstance(field, FileField) else "form",
            schema=_schema(field),
            required=bool(field.required),
        )
        for name, field in getattr(form, "base_fields", {}).items()
    ]


def _schema(field: Any) -> dict[str, Any]:
    kinds = {"IntegerField": {"type": "integer"}, "EmailField": {"format": "email"}, "URLField": {"format": "uri"}}
    kinds |= {"DateField": {"format": "date"}, "UUIDField": {"format": "uuid"}, "BooleanField": {"type": "boolean"}}
    schema: dict[str, Any] = next((kinds[c.__name__] for c in type(field).__mro__ if c.__name__ in kinds), {})
    choices = [value for value, _ in getattr(field, "choices", ()) if value and not isinstance(value, list | tuple)]
    length = getattr(field, "max_length", None)
    return {**schema, **({"enum": choices} if choices else {}), **({"maxLength": length} if length else {})}


def host() -> str:
    """A host that ALLOWED_HOSTS lets through; while DEBUG is on and it is empty, that is localhost."""
    allowed = [str(name) for name in settings.ALLOWED_HOSTS]
    if not allowed:
        return "localhost"
    return "testserver" if "*" in allowed else "www" + allowed[0] if allowed[0].startswith(".") else allowed[0]
