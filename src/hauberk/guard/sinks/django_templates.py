"""Django's templates that come from no loader: `Template(text)`, `Engine.from_string`."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import wraps
from types import ModuleType
from typing import Any

from hauberk.guard.carry import MARK, listened
from hauberk.guard.imports import when_imported
from hauberk.guard.likeness import Shape
from hauberk.guard.template import SHAPES, expression, look

DIALECT = "django"


def _shaping(lexer: Callable[[str], Any]) -> Shape:
    def shape(source: str) -> Hashable:
        return tuple(
            (token.token_type.name, expression(token.contents) if token.token_type.name in {"VAR", "BLOCK"} else "")
            for token in lexer(source).tokenize()
        )

    return shape


def _watched(compile_nodelist: Callable[[Any], Any], shape: Shape) -> Callable[[Any], Any]:
    @wraps(compile_nodelist)
    def watched(self: Any) -> Any:
        if listened() and getattr(self.origin, "loader", None) is None:
            look("django.template.Template", DIALECT, str(self.source), shape)
        return compile_nodelist(self)

    setattr(watched, MARK, True)
    return watched


def _patch(module: ModuleType) -> list[str]:
    shape = SHAPES[DIALECT] = _shaping(module.Lexer)
    template = module.Template
    if not getattr(template.compile_nodelist, MARK, False):
        template.compile_nodelist = _watched(template.compile_nodelist, shape)
    return ["django.template.Template"]


def install() -> list[str]:
    """Watch Django's templates where they are imported, now or later; what is hooked."""
    return when_imported("django.template.base", _patch)
