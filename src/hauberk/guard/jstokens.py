"""The shape of JavaScript: its tokens, with one sign for whatever is a value (ECMAScript, section 12)."""

from __future__ import annotations

import re
from functools import lru_cache

_TOKEN = re.compile(
    r"""(?P<space>[\s\ufeff]+)
    |(?P<comment>//[^\n\r\u2028\u2029]*|/\*.*?\*/|<!--[^\n\r]*)
    |(?P<endless>/\*.*)
    |(?P<string>'(?:[^'\\\n\r]|\\(?:\r\n|.))*+'|"(?:[^"\\\n\r]|\\(?:\r\n|.))*+")
    |(?P<open>['"])
    |(?P<template>`)
    |(?P<number>0[xXoObB][\da-fA-F_]+n?|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)?n?)
    |(?P<word>[\w$\\#]+)
    |(?P<slash>/)
    |(?P<symbol>.)""",
    re.VERBOSE | re.DOTALL,
)
_REGEX = re.compile(r"/(?![*/])(?:[^\\/\[\n\r]|\\.|\[(?:[^\]\\\n\r]|\\.)*+\])++/\w*")
_CHUNK = re.compile(r"(?:[^`\\$]|\\.|\$(?!\{))*+", re.DOTALL)
_LINE = re.compile(r"[^\n\r]*")
_BEFORE_REGEX = frozenset("(,=:[!&|?{};+-*%~^<>") | {"return", "typeof", "case", "in", "of", "void", "delete", "throw"}
_DEEPEST = 40


@lru_cache(maxsize=64)
def shape(code: str) -> tuple[str, ...]:
    """Words and symbols as they are, `v` for strings, numbers and regular expressions; comments are nothing.

    A string that is not closed is over with its line; of a comment or template that is not closed, the rest is part of
    the shape as it is: what could not be read is never called unchanged. Never raises.
    """
    found: list[str] = []
    _tokens(code, 0, found, depth=0)
    return tuple(found)


def _tokens(code: str, at: int, found: list[str], depth: int) -> int:
    """Tokens up to the end, or within a template up to the brace that closes a substitution."""
    nested = 0
    while at < len(code):
        match = _TOKEN.match(code, at)
        if match is None:
            return _unread(code, at, found)
        kind, text, at = match.lastgroup, match[0], match.end()
        if kind in {"space", "comment"}:
            continue
        if kind == "endless":
            return _unread(code, match.start(), found)
        if kind == "open":
            found.append("open")
            at = _LINE.match(code, at).end()  # type: ignore[union-attr]
        elif kind == "template":
            at = _template(code, at, found, depth)
        elif kind == "slash":
            at = _slash(code, at, found)
        elif kind in {"string", "number"}:
            found.append("v")
        else:
            if depth and text == "}" and not nested:
                return at
            nested += (text == "{") - (text == "}")
            found.append(text)
    return at


def _unread(code: str, at: int, found: list[str]) -> int:
    found += ("open", code[at:])
    return len(code)


def _template(code: str, at: int, found: list[str], depth: int) -> int:
    found.append("`")
    while True:
        chunk = _CHUNK.match(code, at)
        at = at if chunk is None else chunk.end()
        if code.startswith("`", at):
            found.append("`")
            return at + 1
        if not code.startswith("${", at) or depth > _DEEPEST:
            return _unread(code, at, found)
        found.append("${")
        at = _tokens(code, at + 2, found, depth + 1)
        found.append("}")


def _slash(code: str, at: int, found: list[str]) -> int:
    """A regular expression where a value may begin, else a division."""
    if not found or found[-1] in _BEFORE_REGEX:
        match = _REGEX.match(code, at - 1)
        if match is not None:
            found.append("v")
            return match.end()
    found.append("/")
    return at
