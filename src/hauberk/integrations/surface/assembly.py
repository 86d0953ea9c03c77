"""How requests of Starlette's kind are read (Litestar's too), and operations of Starlette and FastAPI made of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hauberk.core.finding import Place
from hauberk.integrations.surface.reads import Accessors
from hauberk.integrations.surface.source import locate
from hauberk.scan.surface import FORM, JSON, MULTIPART, Media, Operation, Parameter

ACCESSORS = Accessors(
    attributes={
        "query_params": "query",
        "path_params": "path",
        "cookies": "cookie",
        "headers": "header",
        "form": "form",
        "json": "json",
    },
    raw=frozenset({"body"}),
)
QUIET = frozenset({"HEAD", "OPTIONS"})


def assemble(method: str, path: str, parameters: list[Parameter], endpoint: Any, root: Path) -> Operation:
    """Leave out what the method cannot carry, and tell the body's media type from the places."""
    names = set(path.replace("}", "{").split("{")[1::2])
    kept = [
        p
        for p in parameters
        if (p.place != "path" or p.name in names)
        and (method != "GET" or p.place not in {"form", "json", "upload", "body"})
    ]
    places = {p.place for p in kept}
    return Operation(
        method=method, path=path or "/", parameters=tuple(kept), body=media(places), handler=locate(endpoint, root)
    )


def media(places: set[Place]) -> Media:
    """The media type that can carry parameters in these places."""
    return MULTIPART if "upload" in places else FORM if "form" in places else JSON if "json" in places else ""
