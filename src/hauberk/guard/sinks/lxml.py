"""lxml: what its parsers read besides the document (libxml2 opens it in C), inclusions, and files that it parses."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import partial
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

from hauberk.guard.carry import MARK, listened
from hauberk.guard.imports import when_imported
from hauberk.guard.sinks.connect import look
from hauberk.guard.sinks.files import look_at_path
from hauberk.guard.sinks.methods import watch_extension, watched
from hauberk.guard.sinks.xml import look_at_document, look_at_reading

PARSERS = ("XMLParser", "XMLPullParser", "ETCompatXMLParser", "iterparse")
FUNCTIONS = ("fromstring", "XML", "XMLID", "XMLDTDID")
INCLUDE = ("{http://www.w3.org/2001/XInclude}include", "{http://www.w3.org/2003/XInclude}include")
_PORTS = {"http": 80, "https": 443, "ftp": 21}


def _resolver(base: type) -> Any:
    """A resolver that looks, and leaves the resolving to others."""

    def resolve(self: Any, system_url: Any, public_id: Any, context: Any) -> None:
        if system_url and listened():
            look_at_reading("lxml.etree.parse", str(system_url))

    return type("Resolver", (base,), {"resolve": resolve})()


def _watched_parser(base: type, resolver: Any) -> type:
    """A subclass whose parsers ask the resolver before libxml2 opens anything."""

    def __init__(self: Any, *args: Any, **options: Any) -> None:
        base.__init__(self, *args, **options)  # type: ignore[misc]
        self.resolvers.add(resolver)

    names = {"__init__": __init__, "__module__": base.__module__, "__doc__": base.__doc__, MARK: True}
    return type(base.__name__, (base,), names)


def _on_text(target: str, text: Any, *args: Any, **options: Any) -> None:
    look_at_document(target, text)


def _on_source(source: Any, *args: Any, **options: Any) -> None:
    if isinstance(source, str | bytes | os.PathLike):
        name = os.fsdecode(source)
        parts = urlsplit(name) if "://" in name else None
        if parts is not None and parts.scheme in _PORTS and parts.hostname:
            look(parts.hostname, parts.port or _PORTS[parts.scheme], "lxml.etree.parse")
        else:
            look_at_path("lxml.etree.parse", name.removeprefix("file://"))
    look_at_document("lxml.etree.parse", None)


def _on_include(tree: Any, *args: Any, **options: Any) -> None:
    root = tree.getroot() if hasattr(tree, "getroot") else tree
    for element in root.iter(*INCLUDE) if root is not None else ():
        if href := element.get("href"):
            look_at_reading("lxml.etree.xinclude", href)


def _watched_include(base: type) -> type:
    def __call__(self: Any, node: Any, /) -> Any:
        if listened():
            _on_include(node)
        return base.__call__(self, node)

    return type(base.__name__, (base,), {"__call__": __call__, "__module__": base.__module__, MARK: True})


def _patch(module: ModuleType) -> list[str]:
    names = vars(module)
    changed: dict[int, Any] = {}

    def change(name: str, make: Callable[[Any], Any]) -> None:
        original = names[name]
        if not getattr(original, MARK, False):
            names[name] = changed[id(original)] = make(original)

    if not getattr(names["XMLParser"], MARK, False):
        resolver = _resolver(names["Resolver"])
        for name in PARSERS:
            change(name, partial(_watched_parser, resolver=resolver))
        # The parser that is used where none is given; threads copy it.
        names["get_default_parser"]().resolvers.add(resolver)
    for name in FUNCTIONS:
        change(name, partial(watched, before=partial(_on_text, f"lxml.etree.{name}")))
    change("parse", partial(watched, before=_on_source))
    change("XInclude", _watched_include)
    watch_extension(names["_ElementTree"], "xinclude", _on_include)
    stale = _replace_references(module, changed)
    return [*(f"lxml.etree.{name}" for name in (*PARSERS, *FUNCTIONS, "parse", "xinclude", "XInclude")), *stale]


def _replace_references(owner: ModuleType, changed: dict[int, Any]) -> list[str]:
    """Names that modules took before; which."""
    found: list[str] = []
    for module in list(sys.modules.values()):
        if module is owner or not issubclass(type(module), ModuleType) or not changed:
            continue
        # Not `vars`: it would load a module that is to be loaded lazily.
        names: dict[str, Any] = object.__getattribute__(module, "__dict__")
        for name, value in list(names.items()):
            if id(value) in changed and module.__name__ != __name__:
                setattr(module, name, changed[id(value)])
                found.append(f"{module.__name__}.{name}")
    return found


def install() -> list[str]:
    """Watch lxml where it is imported, now or later; what is hooked."""
    return when_imported("lxml.etree", _patch)
