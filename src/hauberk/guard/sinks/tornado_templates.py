"""Tornado's templates that come from no loader."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable
from functools import wraps
from types import ModuleType
from typing import Any

from hauberk.guard.carry import MARK, listened
from hauberk.guard.imports import when_imported
from hauberk.guard.template import SHAPES, look, python

DIALECT = "tornado"
_PART = re.compile(
    r"\{(?P<escaped>\{!|%!|#!)|\{\{(?!\{)(?P<value>.*?)\}\}|\{%(?P<block>.*?)%\}|\{#(?P<comment>.*?)#\}"
    r"|\{(?P<open>\{(?!\{)|%|#)",
    re.DOTALL,
)


def shape(source: str) -> Hashable:
    """Delimiters and what is between them; the engine looks for the end of each without a look at quotes."""
    return tuple(
        (found.lastgroup, python(found[found.lastgroup]) if found.lastgroup in {"value", "block"} else "")
        for found in _PART.finditer(source)
        if found.lastgroup is not None
    )


def _watched(init: Callable[..., None]) -> Callable[..., None]:
    @wraps(init)
    def watched(self: Any, template_string: Any, name: str = "<string>", loader: Any = None, **options: Any) -> None:
        if (loader is None or name == "<string>") and listened():
            text = (
                template_string
                if isinstance(template_string, str)
                else bytes(template_string).decode("utf-8", "replace")
            )
            look("tornado.template.Template", DIALECT, text, shape)
        init(self, template_string, name, loader, **options)

    setattr(watched, MARK, True)
    return watched


def _patch(module: ModuleType) -> list[str]:
    SHAPES[DIALECT] = shape
    template = module.Template
    if not getattr(template.__init__, MARK, False):
        setattr(template, "__init__", _watched(template.__init__))  # noqa: B010
    return ["tornado.template.Template"]


def install() -> list[str]:
    """Watch Tornado's templates where they are imported, now or later; what is hooked."""
    return when_imported("tornado.template", _patch)
