"""Did an input become XPath? Judged on the tokens of the expression (CWE-643): XPath 1.0 to 3.1, and ElementTree's own.

An input is inert where it is one name, number or literal, or lies inside a literal.
"""

from __future__ import annotations

import re
from functools import lru_cache

from hauberk.guard.likeness import compare
from hauberk.guard.verdict import Judgement

_TOKEN = re.compile(
    r"(?P<string>\"(?:[^\"]|\"\")*\"|'(?:[^']|'')*')"
    r"|(?P<comment>\(:(?:[^:(]|:(?!\))|\((?!:))*:\))"
    r"|(?P<name>(?:Q?\{[^{}]*\})?[^\W\d][\w.\-]*(?:\.(?=\w))?)"
    r"|(?P<number>\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+)"
    r"|(?P<space>\s+)|(?P<symbol>[\s\S])"
)
"""Literals (production 29 of XPath 1.0; a mark is doubled in them since 2.0), names with a namespace in braces."""


def judge(expression: str, value: str) -> Judgement:
    """Judge one input in one expression. Never raises."""
    escaped = [value.replace(mark, mark * 2) for mark in "'\"" if mark in value]
    escaped += [value.replace("'", "&apos;"), value.replace('"', "&quot;")]
    return compare(expression, value, shape, "the input adds syntax to the expression", escaped=escaped)


@lru_cache(maxsize=32)
def shape(expression: str) -> tuple[str, ...] | None:
    """Symbols as they are, and one sign for whatever is a value or a name; None where a literal is never closed."""
    found: list[str] = []
    for token in _TOKEN.finditer(expression):
        kind, text = token.lastgroup, token.group()
        if kind == "symbol":
            if text in "'\"":
                return None
            found.append(text)
        elif kind != "space":
            found.append("#" if kind == "comment" else "v")
    return tuple(found)
