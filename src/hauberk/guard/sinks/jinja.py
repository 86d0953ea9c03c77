"""Jinja2: sources that come from no loader's file (`from_string`, `Template`, `render_template_string`, `compile`)."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import wraps
from types import ModuleType
from typing import Any

from hauberk.guard.carry import MARK, listened
from hauberk.guard.imports import when_imported
from hauberk.guard.template import SHAPES, failing, look

DIALECT = "jinja2"
_VALUES = frozenset({"name", "integer", "float", "string"})
_SKIPPED = frozenset({"whitespace"})


def _shape(environment: Any, source: str, state: str | None) -> Hashable:
    text = str(environment.preprocess(source, None, None))
    return tuple(
        "v" if kind in _VALUES else value if kind == "operator" else kind
        for _, kind, value in environment.lexer.tokeniter(text, None, None, state)
        if kind not in _SKIPPED
    )


def _watched(tokenize: Callable[..., Any], errors: type[BaseException]) -> Callable[..., Any]:
    @wraps(tokenize)
    def watched(self: Any, source: Any, name: Any, filename: Any = None, state: Any = None) -> Any:
        if filename is None and listened():
            shape = failing(lambda text: _shape(self, text, state), errors)
            look("jinja2.Environment.from_string", DIALECT, str(source), shape, sandboxed=bool(self.sandboxed))
        return tokenize(self, source, name, filename, state)

    setattr(watched, MARK, True)
    return watched


def _patch(module: ModuleType) -> list[str]:
    environment = module.Environment
    errors: type[BaseException] = vars(module)["TemplateSyntaxError"]
    if not getattr(environment._tokenize, MARK, False):
        environment._tokenize = _watched(environment._tokenize, errors)
    usual: list[Any] = []

    def shape(source: str) -> Hashable:
        if not usual:
            usual.append(environment())
        return _shape(usual[0], source, None)

    SHAPES[DIALECT] = failing(shape, errors)
    return ["jinja2.Environment.from_string", "jinja2.Template", "jinja2.Environment.compile_expression"]


def install() -> list[str]:
    """Watch Jinja2 where it is imported, now or later; what is hooked."""
    return when_imported("jinja2.environment", _patch)
