"""SQL tokenisers: exact offsets, no error, and whatever is not closed runs to the end of the text.

A text that an engine rejects still gets tokens: to fail is never to call something safe.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from hauberk.guard.grammars import GRAMMARS, Kind, Shape

DIALECTS = ("sqlite", "postgresql", "mysql", "mssql", "oracle")
_ALIASES = {
    "postgres": "postgresql",
    "psycopg": "postgresql",
    "mariadb": "mysql",
    "sqlserver": "mssql",
    "tsql": "mssql",
}


class Token(NamedTuple):
    """One token of a text: `text[start:end]`; what lies between its delimiters is `text[inner:inner_end]`."""

    kind: Kind
    start: int
    end: int
    inner: int
    inner_end: int
    quote: str = ""
    """The character that closes it, and is doubled inside."""
    backslash: bool = False
    """Whether a backslash escapes the next character."""
    closed: bool = True


_NESTING = re.compile(r"/\*|\*/")
_SYMBOL = Shape("symbol")


def dialects(name: str, text: str = "") -> tuple[str, ...]:
    """The grammars that may hold under a name: all where it says nothing, and then the worst verdict counts.

    A version comment in the text has two readings: which one it gets is known to the server alone.
    """
    known = _ALIASES.get(name.lower(), name.lower())
    names = (known,) if known in GRAMMARS else DIALECTS
    return (*names, "mysql-skipped") if "mysql" in names and ("/*!" in text or "/*M!" in text) else names


@lru_cache(maxsize=256)
def tokenise(text: str, dialect: str = "sqlite") -> tuple[Token, ...]:
    """The tokens of a text, in order and without a gap. `dialect` is a name in `grammars.GRAMMARS`."""
    pattern, shapes = GRAMMARS[dialect]
    match = pattern.match
    tokens: list[Token] = []
    at, length = 0, len(text)
    continues = dialect == "postgresql"
    while at < length:
        found = match(text, at)
        if found is None:  # The last alternative takes any character, so this cannot be; and it must not loop.
            tokens.append(Token("symbol", at, length, at, length, closed=False))
            break
        group = found.lastgroup or "symbol"
        if continues and group in _PLAIN and _continued(text, tokens):
            token = _again(text, at)
        elif group in _SPECIAL:
            token = _special(text, at, found.end(), group)
        else:
            kind, opening, closing, quote, backslash, closed = shapes.get(group, _SYMBOL)
            end = found.end()
            token = Token(kind, at, end, at + opening, end - closing, quote, backslash, closed)
        tokens.append(token)
        at = token.end
    return tuple(tokens)


_PLAIN = frozenset({"text", "text_open"})
_SPECIAL = frozenset({"nested", "dollar", "dollar_open", "chosen", "chosen_open"})


def _special(text: str, at: int, end: int, group: str) -> Token:
    """A token whose inside is not found at a fixed offset."""
    if group == "nested":
        return _nested(text, at)
    closed = not group.endswith("_open")
    if group.startswith("dollar"):
        return _dollar(text, at, end, closed=closed)
    start = min(text.index("'", at) + 2, end)
    return Token("string", at, end, start, end - 2 if closed else end, "$", False, closed)


def _continued(text: str, tokens: list[Token]) -> bool:
    """Whether a string goes on with what a quote begins here: only space with a new line in it lies between.

    PostgreSQL (manual, 4.1.2.1) reads the rest as it read the beginning, backslashes included.
    """
    at, broken = len(tokens) - 1, False
    while at >= 0 and (tokens[at].kind == "space" or text.startswith("--", tokens[at].start)):
        space = text[tokens[at].start : tokens[at].end]
        broken = broken or "\n" in space or "\r" in space
        at -= 1
    return broken and at >= 0 and tokens[at].kind == "string" and tokens[at].backslash and tokens[at].closed


def _again(text: str, at: int) -> Token:
    """The string there, read with backslashes."""
    pattern, shapes = GRAMMARS["postgresql-backslash"]
    found = pattern.match(text, at)
    group = found.lastgroup if found else None
    if found is None or group is None:
        return Token("string", at, len(text), at + 1, len(text), "'", True, False)
    kind, opening, closing, quote, backslash, closed = shapes[group]
    return Token(kind, at, found.end(), at + opening, found.end() - closing, quote, backslash, closed)


def _nested(text: str, start: int) -> Token:
    """A comment that may hold others (PostgreSQL, Transact-SQL)."""
    depth, at = 0, start
    while found := _NESTING.search(text, at):
        at = found.end()
        depth += 1 if found.group() == "/*" else -1
        if depth == 0:
            return Token("comment", start, at, start + 2, at - 2)
    return Token("comment", start, len(text), start + 2, len(text), closed=False)


def _dollar(text: str, start: int, end: int, *, closed: bool) -> Token:
    """`$tag$ ... $tag$` (PostgreSQL manual, 4.1.2.4): nothing in it is an escape."""
    width = text.index("$", start + 1) + 1 - start
    return Token("string", start, end, start + width, end - width if closed else end, "$", False, closed)
