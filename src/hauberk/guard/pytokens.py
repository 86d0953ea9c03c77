"""Tokens of Python source with exact offsets, as 3.12 and later read it; no error, and what is not closed runs on.

The standard library's tokeniser refuses what does not compile, and reads f-strings another way in each version.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

Kind = Literal["word", "number", "string", "symbol", "comment", "open"]


class Token(NamedTuple):
    """One token, `text[start:end]`. Of an f-string, each end is a `symbol`, and what its fields hold are tokens."""

    kind: Kind
    start: int
    end: int


_TOKEN = re.compile(
    r"""(?P<space>[\s\x00]+|\\\r?\n|\\\r)
    |(?P<comment>\#[^\r\n]*)
    |(?P<string>(?i:br|rb|[bru])?(?:'''|\"\"\"|'|\"))
    |(?P<formatted>(?i:[ft]r|r[ft]|[ft])(?:'''|\"\"\"|'|\"))
    |(?P<number>0[xXoObB][\da-fA-F_]+|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d[\d_]*)?[jJ]?)
    |(?P<word>\w+)
    |(?P<symbol>.)""",
    re.VERBOSE | re.DOTALL,
)
_REST = {quote: re.compile(rf"(?:[^\\{quote}\r\n]|\\(?:\r\n|.))*+{quote}", re.DOTALL) for quote in ("'", '"')} | {
    quote * 3: re.compile(rf"(?:[^\\{quote}]|\\.|{quote}(?!{quote}{quote}))*+{quote}{{3}}", re.DOTALL)
    for quote in ("'", '"')
}
_DEEPEST = 40
"""Fields of f-strings in one another, beyond which the rest counts as never closed."""


def tokenise(text: str) -> Iterator[Token]:
    """The tokens, in order; white space is left out."""
    return _tokens(text, 0, 0, until="")


def _tokens(text: str, at: int, depth: int, until: str) -> Iterator[Token]:
    """Tokens up to the brace that closes a field, where there is one to wait for."""
    nested = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            yield Token("open", at, len(text))
            return
        group, end = found.lastgroup, found.end()
        if group == "string":
            token = _string(text, at, end)
            yield token
            end = token.end
        elif group == "formatted":
            for token in _formatted(text, at, end, depth):
                yield token
                end = token.end
        elif group == "comment":
            yield Token("comment", at, end)
        elif group == "number":
            yield Token("number", at, end)
        elif group == "word":
            yield Token("word", at, end)
        elif group == "symbol":
            yield Token("symbol", at, end)
            if until:
                nested += (text[at] in "([{") - (text[at] in ")]}")
                if nested < 0:
                    return
        at = end


def _string(text: str, at: int, inner: int) -> Token:
    end = _closing(text, inner)
    return Token("open", at, len(text)) if end < 0 else Token("string", at, end)


def _quote(text: str, inner: int) -> str:
    return text[inner - 3 : inner] if text[inner - 3 : inner] in {"'''", '"""'} else text[inner - 1]


def _closing(text: str, inner: int) -> int:
    """Where the string ends whose inside begins here; -1 if nowhere. A raw string's backslash keeps a quote as well."""
    found = _REST[_quote(text, inner)].match(text, inner)
    return -1 if found is None else found.end()


def _formatted(text: str, start: int, inner: int, depth: int) -> Iterator[Token]:
    """An f-string: its opening, the tokens of its fields, its end."""
    quote = _quote(text, inner)
    yield Token("symbol", start, inner)
    at = inner
    while at < len(text) and depth < _DEEPEST:
        char = text[at]
        if text.startswith(quote, at):
            yield Token("symbol", at, at + len(quote))
            return
        if text.startswith(("{{", "}}"), at):
            at += 2
        elif char == "{":
            yield Token("symbol", at, at + 1)
            at += 1
            for token in _tokens(text, at, depth + 1, until="}"):
                yield token
                at = token.end
        elif char in "\r\n" and len(quote) == 1:
            break
        else:
            at += 2 if char == "\\" and text[at + 1 : at + 2] not in {"{", "}"} else 1
    yield Token("open", min(at, len(text)), len(text))
