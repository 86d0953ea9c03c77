"""SQL tokenisers for four dialects: exact offsets, no error, and whatever is not closed runs to the end of the text.

They follow the engines' own scanners: SQLite `tokenize.c`, PostgreSQL `scan.l` (manual, 4.1), MySQL `sql_lex.cc`
(manual, 9.1 and 9.7), Transact-SQL (quoted identifiers ON). A text that an engine rejects still gets tokens.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal, NamedTuple

Kind = Literal["space", "comment", "string", "name", "number", "word", "symbol"]

DIALECTS = ("sqlite", "postgresql", "mysql", "mssql")
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


class _Shape(NamedTuple):
    """How a group of the pattern becomes a token."""

    kind: Kind
    opening: int = 0
    closing: int = 0
    quote: str = ""
    backslash: bool = False
    closed: bool = True


_HIGH = "\x80-\U0010ffff"
_WORD = rf"[A-Za-z_{_HIGH}][A-Za-z0-9_${_HIGH}]*+"
_NUMBER = r"0[xX][0-9a-fA-F]+|(?:[0-9][0-9_]*+(?:\.[0-9_]*+)?|\.[0-9]++)(?:[eE][+-]?[0-9]++)?"
_GLUED = rf"[A-Za-z0-9_${_HIGH}]*+"
"""Letters right after a number: one (bad) token in SQLite and MySQL, two tokens in PostgreSQL."""
_PARAMETER = r"\?[0-9]*+|[@$]{1,2}[A-Za-z0-9_]++|::|:[A-Za-z0-9_]++"

_SHAPES: dict[str, _Shape] = {
    "space": _Shape("space"),
    "line": _Shape("comment", 2),
    "hash": _Shape("comment", 1),
    "block": _Shape("comment", 2, 2),
    "block_open": _Shape("comment", 2, closed=False),
    "nested": _Shape("comment", 2, 2),
    "number": _Shape("number"),
    "word": _Shape("word"),
    "symbol": _Shape("symbol"),
    "executed": _Shape("symbol"),
}


class _Pattern:
    """Collects the alternatives of one dialect, and what each of them means."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.shapes = dict(_SHAPES)

    def add(self, name: str, pattern: str) -> _Pattern:
        self.parts.append(f"(?P<{name}>{pattern})")
        return self

    def quoted(
        self, name: str, kind: Kind, mark: str, *, prefix: str = "", opening: int = 1, backslash: bool = False
    ) -> _Pattern:
        """A literal between marks that are doubled inside; two alternatives: closed, and running to the end."""
        close = {"[": "]"}.get(mark, mark)
        q = re.escape(close)
        escape = r"|\\(?:[\s\S]|\Z)" if backslash else ""
        plain = rf"[^{q}\\]++" if backslash else rf"[^{q}]++"
        body = rf"{prefix}{re.escape(mark)}(?:{plain}|{q}{q}{escape})*+"
        self.shapes[name] = _Shape(kind, opening, 1, close, backslash)
        self.shapes[name + "_open"] = _Shape(kind, opening, 0, close, backslash, closed=False)
        return self.add(name, body + q).add(name + "_open", body)

    def compile(self) -> tuple[re.Pattern[str], dict[str, _Shape]]:
        self.add("symbol", r"[\s\S]")
        return re.compile("|".join(self.parts)), self.shapes


def _block(pattern: _Pattern) -> _Pattern:
    """Comments that do not nest."""
    return pattern.add("block", r"/\*[\s\S]*?\*/").add("block_open", r"/\*[\s\S]*+")


def _sqlite() -> _Pattern:
    p = _Pattern().add("space", r"[ \t\n\f\r\ufeff]++").add("line", r"--[^\n]*+")
    _block(p).quoted("text", "string", "'").quoted("blob", "string", "'", prefix="[xX]", opening=2)
    p.quoted("name", "name", '"').quoted("tick", "name", "`")
    # Brackets know no doubling here.
    p.shapes["bracket"] = _Shape("name", 1, 1, "]")
    p.shapes["bracket_open"] = _Shape("name", 1, 0, "]", closed=False)
    p.add("bracket", r"\[[^\]]*+\]").add("bracket_open", r"\[[^\]]*+")
    return (
        p.add("number", f"(?:{_NUMBER}){_GLUED}").add("word", _WORD).add("parameter", _PARAMETER + "|#[A-Za-z0-9_]++")
    )


def _postgresql() -> _Pattern:
    p = _Pattern().add("space", r"[ \t\n\f\r\v]++").add("line", r"--[^\n\r]*+").add("nested", r"/\*")
    p.quoted("escaped", "string", "'", prefix="[eE]", opening=2, backslash=True)
    p.quoted("unicode", "string", "'", prefix="[uU]&", opening=3).quoted(
        "uname", "name", '"', prefix="[uU]&", opening=3
    )
    p.quoted("bits", "string", "'", prefix="[bBxXnN]", opening=2)
    p.quoted("text", "string", "'").quoted("name", "name", '"')
    # The tag's length is known only from the match: `opening` and `closing` of 0 are filled in there.
    p.shapes["dollar"] = _Shape("string", quote="$")
    p.shapes["dollar_open"] = _Shape("string", quote="$", closed=False)
    tag = rf"\$(?:[A-Za-z_{_HIGH}][A-Za-z0-9_{_HIGH}]*+)?\$"
    p.add("dollar", rf"(?P<tag>{tag})[\s\S]*?(?P=tag)").add("dollar_open", rf"{tag}[\s\S]*+")
    return p.add("number", _NUMBER).add("word", _WORD).add("parameter", _PARAMETER)


def _mysql() -> _Pattern:
    p = (
        _Pattern()
        .add("space", r"[ \t\n\f\r\v]++")
        .add("line", r"--(?=[\x00-\x20\x7f]|\Z)[^\n]*+")
        .add("hash", r"#[^\n]*+")
    )
    # What stands in /*! */ is run (manual, 9.7): its delimiters are symbols, its contents are tokens.
    p.add("executed", r"/\*M?![0-9]*+|\*/")
    _block(p).quoted("text", "string", "'", backslash=True).quoted("double", "string", '"', backslash=True)
    p.quoted("bits", "string", "'", prefix="[bBxX]", opening=2).quoted(
        "national", "string", "'", prefix="[nN]", opening=2, backslash=True
    )
    p.quoted("tick", "name", "`")
    return p.add("number", f"(?:{_NUMBER}){_GLUED}").add("word", _WORD).add("parameter", _PARAMETER)


def _mssql() -> _Pattern:
    p = _Pattern().add("space", r"[ \t\n\f\r\v\xa0]++").add("line", r"--[^\n\r]*+").add("nested", r"/\*")
    p.quoted("national", "string", "'", prefix="[nN]", opening=2).quoted("text", "string", "'")
    p.quoted("name", "name", '"').quoted("bracket", "name", "[")
    return p.add("number", _NUMBER).add("word", _WORD.replace("[A-Za-z_", "[A-Za-z_#@")).add("parameter", _PARAMETER)


_SCANNERS = {
    name: make().compile()
    for name, make in (("sqlite", _sqlite), ("postgresql", _postgresql), ("mysql", _mysql), ("mssql", _mssql))
}
_NESTING = re.compile(r"/\*|\*/")
_SYMBOL = _Shape("symbol")


def dialects(name: str) -> tuple[str, ...]:
    """The grammar of that name, or all of them where the name says nothing: then the worst verdict counts."""
    known = _ALIASES.get(name.lower(), name.lower())
    return (known,) if known in _SCANNERS else DIALECTS


@lru_cache(maxsize=256)
def tokenise(text: str, dialect: str = "sqlite") -> tuple[Token, ...]:
    """The tokens of a text, in order and without a gap. `dialect` is one of `DIALECTS`."""
    pattern, shapes = _SCANNERS[dialect]
    match = pattern.match
    tokens: list[Token] = []
    at, length = 0, len(text)
    while at < length:
        found = match(text, at)
        if found is None:  # The last alternative takes any character, so this cannot be; and it must not loop.
            tokens.append(Token("symbol", at, length, at, length, closed=False))
            break
        group = found.lastgroup or "symbol"
        end = found.end()
        if group == "nested":
            token = _nested(text, at)
        elif group in {"dollar", "dollar_open"}:
            token = _dollar(text, at, end, closed=group == "dollar")
        else:
            kind, opening, closing, quote, backslash, closed = shapes.get(group, _SYMBOL)
            token = Token(kind, at, end, at + opening, end - closing, quote, backslash, closed)
        tokens.append(token)
        at = token.end
    return tuple(tokens)


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
