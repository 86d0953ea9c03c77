"""`eval`, `exec` and `compile`, by the audit event `compile`, whoever calls them."""

from __future__ import annotations

import ast
import sys
from functools import partial
from typing import Any

from hauberk.guard.code import judge
from hauberk.guard.hook import handle
from hauberk.guard.likeness import judge_changed
from hauberk.guard.sensor import sense

DIALECT = "python"
MACHINERY = frozenset(
    {
        "ast", "attr._make", "attrs._make", "collections", "dataclasses", "enum", "functools", "inspect", "linecache",
        "importlib._bootstrap", "importlib._bootstrap_external", "_frozen_importlib", "_frozen_importlib_external",
        "jinja2.environment", "mako.ast", "mako.pyparser", "mako.template", "tornado.template", "chameleon.template",
        "namedlist", "traceback", "werkzeug.routing.rules", "_pytest.assertion.rewrite", "zipimport",
    }
)  # fmt: skip
"""Modules that compile what lies in files, or what they write themselves, or only look at a tree (`ast.parse`).

Template engines are among them: their sources are judged as templates.
"""


def install() -> list[str]:
    """Handle the event; its name."""
    handle({"compile": _on_compile})
    return ["audit:compile"]


def _on_compile(args: tuple[Any, ...]) -> None:
    source = args[0]
    # `compile` of a text raises a second event, with the octets.
    if type(source) is not bytes and not isinstance(source, ast.Module | ast.Expression | ast.Interactive):
        return
    # 0 is here, 1 the hook, 2 who called `eval`.
    if sys._getframe(2).f_globals.get("__name__") in MACHINERY:
        return
    text = source.decode("utf-8", "surrogateescape") if isinstance(source, bytes) else _written(source)
    sense(
        "eval",
        "compile",
        text,
        partial(judge, text),
        dialect=DIALECT,
        altered=judge_changed(text, judge),
    )


def _written(tree: ast.AST) -> str:
    """A tree as source; what can't be written can't be judged, and is not a text of any input."""
    try:
        return ast.unparse(tree)
    except (AttributeError, ValueError, TypeError, RecursionError):
        return ""
