"""Did an input become template syntax? Judged on what the engine's own lexer makes of the source (CWE-1336).

An input is inert where it is data, or inside one literal of an expression: a word in its place gives the same tokens.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable
from functools import lru_cache
from typing import Any

from hauberk.guard.code import shape as python_shape
from hauberk.guard.likeness import Shape, compare, judge_changed
from hauberk.guard.sensor import sense
from hauberk.guard.verdict import ABSENT, Judgement

CHANGED = "the input adds syntax to the template"
_SANDBOXED = Judgement("unknown", "the input adds syntax to a template of a sandbox, which is meant for that")

SHAPES: dict[str, Shape] = {}
"""How each engine reads a source with its usual delimiters, by dialect, for those that are imported."""

_EXPRESSION = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|\w+|\S", re.DOTALL)


def judge(source: str, value: str, dialect: str) -> Judgement:
    """Judge one input in the source of a template, with the delimiters that the engine has by itself. Never raises."""
    shape = SHAPES.get(dialect)
    return ABSENT if shape is None else compare(source, value, shape, CHANGED)


def look(target: str, dialect: str, source: str, shape: Shape, *, sandboxed: bool = False) -> None:
    """Say which source is about to be compiled. Raises BlockedError."""
    shape = lru_cache(maxsize=8)(shape)

    def judged(text: str, value: str) -> Judgement:
        verdict = compare(text, value, shape, CHANGED)
        return _SANDBOXED if verdict.attack and sandboxed else verdict

    sense(
        "template",
        target,
        source,
        lambda value: judged(source, value),
        dialect=dialect,
        altered=judge_changed(source, judged),
    )


def failing(shape: Callable[[str], Hashable], *errors: type[BaseException]) -> Shape:
    """A shape that is None where the engine refuses the source."""

    def shaped(source: str) -> Hashable:
        try:
            return shape(source)
        except errors:
            return None

    return shaped


def python(code: str) -> Hashable:
    """The shape of Python in a template; what does not end is told from what does."""
    return python_shape(code) or ("open",)


def expression(code: str) -> Hashable:
    """The shape of an expression in a language of words, strings and signs."""
    return tuple("v" if (word[0] in "\"'_" and len(word) > 1) or word[0].isalnum() else word for word in _words(code))


def _words(code: str) -> list[str]:
    found: list[Any] = _EXPRESSION.findall(code)
    return [str(word) for word in found]
