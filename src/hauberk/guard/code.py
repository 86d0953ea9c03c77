"""Did an input become Python? Judged on the tokens of the source that is about to be compiled (CWE-94, CWE-95).

An input is inert where it is one literal or lies inside one: a word in its place would give the same tokens.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise

from hauberk.guard.likeness import compare
from hauberk.guard.pytokens import Token, tokenise
from hauberk.guard.verdict import Judgement, occurrences

_NUMBER = re.compile(r"\s*[+-]?(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*")
_SIGNED = Judgement("inert", "the input is one number")
_DATA = Judgement("unknown", "the input is a list, tuple, set or dictionary of literals")
_CONSTANTS = frozenset({"True", "False", "None"})
_PUNCTUATION = frozenset("[](){},:+-")
_CLOSING = {")": "(", "]": "[", "}": "{"}


def judge(source: str, value: str) -> Judgement:
    """Judge one input in one piece of Python source. Never raises."""
    if _NUMBER.fullmatch(value) and occurrences(source, value):
        return _SIGNED
    verdict = compare(source, value, shape, "the input adds code to the source", escaped=_escaped(value))
    return _DATA if verdict.attack and _is_data(source, value) else verdict


@lru_cache(maxsize=32)
def shape(source: str) -> tuple[str, ...] | None:
    """Symbols as they are, and one sign for whatever is a value; None where a literal is never closed."""
    found: list[str] = []
    for kind, start, end in tokenise(source):
        if kind == "open":
            return None
        found.append(source[start:end] if kind == "symbol" else "#" if kind == "comment" else "v")
    return tuple(found)


def _escaped(value: str) -> list[str]:
    """The value as `repr` writes it, without its quotes, and for the other quote; braces doubled as in an f-string."""
    inner = repr(value)[1:-1]
    plain = inner.replace("\\'", "'")
    forms = [inner, plain, plain.replace("'", "\\'"), plain.replace('"', '\\"'), ascii(value)[1:-1]]
    return [*forms, *(form.replace("{", "{{").replace("}", "}}") for form in (value, *forms) if "{" in form)]


def _is_data(source: str, value: str) -> bool:
    """Whether the input is a display of literals wherever it stands, and no call or index of what stands before it."""
    value = value.strip()
    if value[:1] not in {"[", "(", "{"} or not _balanced(value):
        return False
    tokens = list(tokenise(source))
    starts = {after.start: before for before, after in pairwise([None, *tokens]) if after is not None}
    ends = {token.end for token in tokens}
    return all(
        start in starts and end in ends and not _callable(source, starts[start])
        for start, end in occurrences(source, value)
    )


def _callable(source: str, before: Token | None) -> bool:
    return before is not None and (before.kind != "symbol" or source[before.start] in ")]}\"'")


def _balanced(value: str) -> bool:
    """Whether the text is brackets with literals in them and nothing behind them."""
    pending: list[str] = []
    for kind, start, end in tokenise(value):
        text = value[start:end]
        if start and not pending:
            return False
        if kind in {"open", "comment"} or (kind == "word" and text not in _CONSTANTS):
            return False
        if kind == "symbol":
            if text not in _PUNCTUATION:
                return False
            if text in "[({":
                pending.append(text)
            elif text in _CLOSING and (not pending or pending.pop() != _CLOSING[text]):
                return False
    return not pending
