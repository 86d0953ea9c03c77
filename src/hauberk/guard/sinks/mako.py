"""Mako: templates that are made of a text and not of a file."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from functools import wraps
from types import ModuleType
from typing import Any

from hauberk.guard.carry import MARK, listened
from hauberk.guard.imports import when_imported
from hauberk.guard.template import SHAPES, failing, look, python

DIALECT = "mako"


def _shape(lexer: Callable[[str], Any], source: str) -> Hashable:
    found: list[Hashable] = []
    for part in _parts(lexer(source).parse()):
        # Text is cut into lines and at every percent sign: what is next to one another is one.
        if part != "Text" or found[-1:] != ["Text"]:
            found.append(part)
    return tuple(found)


def _parts(node: Any) -> Iterator[Hashable]:
    for child in node.get_children():
        kind = type(child).__name__
        if kind in {"Text", "Comment"}:
            yield kind
            continue
        code = str(getattr(child, "text", ""))
        attributes = getattr(child, "attributes", {})
        yield kind, python(code), *((name, python(str(value))) for name, value in attributes.items())
        yield from _parts(child)


def _watched(module: ModuleType, make: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(make)
    def watched(template: Any, text: Any, filename: Any, *args: Any, **options: Any) -> Any:
        if filename is None and listened():
            source = text if isinstance(text, str) else bytes(text).decode("utf-8", "surrogateescape")
            lexer: Callable[[str], Any] = template.lexer_cls
            shape = failing(lambda changed: _shape(lexer, changed), module.exceptions.MakoException, SyntaxError)
            look("mako.template.Template", DIALECT, source, shape)
        return make(template, text, filename, *args, **options)

    setattr(watched, MARK, True)
    return watched


def _patch(module: ModuleType) -> list[str]:
    make: Callable[..., Any] = vars(module)["_compile"]
    if not getattr(make, MARK, False):
        setattr(module, "_compile", _watched(module, make))  # noqa: B010
    lexer: Callable[[str], Any] = vars(module)["Lexer"]
    SHAPES[DIALECT] = failing(lambda source: _shape(lexer, source), module.exceptions.MakoException, SyntaxError)
    return ["mako.template.Template"]


def install() -> list[str]:
    """Watch Mako where it is imported, now or later; what is hooked."""
    return when_imported("mako.template", _patch)
