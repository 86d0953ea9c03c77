"""Werkzeug's URL rules, which Flask and Quart share."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hauberk.integrations.surface.reads import Accessors, reads
from hauberk.integrations.surface.source import locate
from hauberk.scan.surface import FORM, JSON, MULTIPART, Media, Operation, Parameter

QUIET = frozenset({"HEAD", "OPTIONS"})
CONVERTER = re.compile(r"<(?:(?P<converter>[a-zA-Z_]\w*)(?:\((?P<arguments>[^<>]*)\))?:)?(?P<name>[a-zA-Z_]\w*)>")
"""A placeholder of a URL rule, as Werkzeug and Django write it: `<int:id>`."""
SCHEMAS: dict[str, dict[str, Any]] = {
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "uuid": {"type": "string", "format": "uuid"},
    "path": {"type": "string", "format": "path"},
}
ACCESSORS = Accessors(
    attributes={
        "args": "query",
        "form": "form",
        "values": "query",
        "cookies": "cookie",
        "headers": "header",
        "files": "upload",
        "json": "json",
        "get_json": "json",
    },
    raw=frozenset({"data", "get_data"}),
    raw_query=frozenset({"query_string"}),
    environ=frozenset({"environ"}),
    proxies=frozenset({"flask", "quart"}),
)


def template(rule: str) -> tuple[str, list[Parameter]]:
    """A rule as a path template with its parameters: `/x/<int:id>` is `/x/{id}`."""
    parameters = [
        Parameter(name=found["name"], place="path", schema=_schema(found), required=True)
        for found in CONVERTER.finditer(rule)
    ]
    return CONVERTER.sub(lambda found: "{" + found["name"] + "}", rule), parameters


def _schema(found: re.Match[str]) -> dict[str, Any]:
    converter = found["converter"] or "string"
    if converter == "any":
        return {"enum": [choice.strip(" '\"") for choice in (found["arguments"] or "").split(",")]}
    return SCHEMAS.get(converter, {"type": "string"})


def walk(app: Any, prefix: str, root: Path) -> Iterator[Operation]:
    """The operations of a Flask or Quart application, blueprints included; the framework's static files are not."""
    for rule in app.url_map.iter_rules():
        view = app.view_functions.get(rule.endpoint)
        if view is None or rule.endpoint.rpartition(".")[2] == "static" or getattr(rule, "websocket", False):
            continue
        path, own = template(rule.rule)
        for method in sorted(set(rule.methods or {"GET"}) - QUIET):
            yield operation(method, prefix + path, own, _view(view, method), root)


def _view(view: Any, method: str) -> Any:
    """A class-based view's function for the method."""
    cls = getattr(view, "view_class", None)
    if cls is None:
        return view
    return getattr(cls, method.lower(), None) or getattr(cls, "dispatch_request", view)


def operation(method: str, path: str, own: list[Parameter], view: Any, root: Path) -> Operation:
    """One method of one rule."""
    found = [p for p in reads(view, ACCESSORS) if method != "GET" or p.place not in {"form", "json", "upload", "body"}]
    places = {p.place for p in found}
    media: Media = MULTIPART if "upload" in places else FORM if "form" in places else JSON if "json" in places else ""
    return Operation(method=method, path=path, parameters=(*own, *found), body=media, handler=locate(view, root))
