"""The lexical grammars of SQL: one pattern a dialect, and what each of its groups means.

They follow the engines' own scanners: SQLite `tokenize.c`, PostgreSQL `scan.l` (manual, 4.1), MySQL and MariaDB
`sql_lex.cc` (manual, 9.1 and 9.7), Transact-SQL (quoted identifiers ON), Oracle (SQL reference, "Text literals").
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

Kind = Literal["space", "comment", "string", "name", "number", "word", "symbol"]


class Shape(NamedTuple):
    """How a group of the pattern becomes a token."""

    kind: Kind
    opening: int = 0
    closing: int = 0
    quote: str = ""
    backslash: bool = False
    closed: bool = True


_HIGH = "\x80-\U0010ffff"
_WORD = rf"[A-Za-z_{_HIGH}][A-Za-z0-9_${_HIGH}]*+"
_HEX = r"0[xX][0-9a-fA-F]++"
_DECIMAL = r"(?:[0-9][0-9_]*+(?:\.[0-9_]*+)?|\.[0-9]++)(?:[eE][+-]?[0-9]++)?"
_NUMBER = f"{_HEX}|{_DECIMAL}"
_GLUED = rf"[A-Za-z0-9_${_HIGH}]*+"
"""Letters right after a number: one (bad) token in SQLite and MySQL, two tokens in PostgreSQL."""
_PARAMETER = r"\?[0-9]*+|[@$]{1,2}[A-Za-z0-9_]++|::|:[A-Za-z0-9_]++"
_BLANK = r"[ \t\n\f\r\v]++"

_SHAPES: dict[str, Shape] = {
    "space": Shape("space"),
    "line": Shape("comment", 2),
    "hash": Shape("comment", 1),
    "block": Shape("comment", 2, 2),
    "block_open": Shape("comment", 2, closed=False),
    "nested": Shape("comment", 2, 2),
    "number": Shape("number"),
    "word": Shape("word"),
    "symbol": Shape("symbol"),
    "executed": Shape("symbol"),
}


class Grammar(NamedTuple):
    """A compiled pattern whose alternatives are named, and the shape of each."""

    pattern: re.Pattern[str]
    shapes: dict[str, Shape]


class _Maker:
    """Collects the alternatives of one dialect, and what each of them means."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.shapes = dict(_SHAPES)

    def add(self, name: str, pattern: str) -> _Maker:
        self.parts.append(f"(?P<{name}>{pattern})")
        return self

    def quoted(
        self,
        name: str,
        kind: Kind,
        mark: str,
        *,
        prefix: str = "",
        opening: int = 1,
        backslash: bool = False,
        doubled: bool = True,
    ) -> _Maker:
        """A literal between marks that are doubled inside; two alternatives: closed, and running to the end."""
        close = {"[": "]"}.get(mark, mark)
        q = re.escape(close)
        escape = (f"|{q}{q}" if doubled else "") + (r"|\\(?:[\s\S]|\Z)" if backslash else "")
        plain = rf"[^{q}\\]++" if backslash else rf"[^{q}]++"
        body = rf"{prefix}{re.escape(mark)}(?:{plain}{escape})*+"
        self.shapes[name] = Shape(kind, opening, 1, close, backslash)
        self.shapes[name + "_open"] = Shape(kind, opening, 0, close, backslash, closed=False)
        return self.add(name, body + q).add(name + "_open", body)

    def comments(self) -> _Maker:
        """Comments that do not nest."""
        return self.add("block", r"/\*[\s\S]*?\*/").add("block_open", r"/\*[\s\S]*+")

    def compile(self) -> Grammar:
        self.add("symbol", r"[\s\S]")
        return Grammar(re.compile("|".join(self.parts)), self.shapes)


def _sqlite() -> _Maker:
    p = _Maker().add("space", r"[ \t\n\f\r\ufeff]++").add("line", r"--[^\n]*+").comments()
    # The first mark ends a blob: nothing is doubled in it, and nothing in brackets either.
    p.quoted("text", "string", "'").quoted("blob", "string", "'", prefix="[xX]", opening=2, doubled=False)
    p.quoted("name", "name", '"').quoted("tick", "name", "`").quoted("bracket", "name", "[", doubled=False)
    return (
        p.add("number", f"{_HEX}|(?:{_DECIMAL}){_GLUED}")
        .add("word", _WORD)
        .add("parameter", _PARAMETER + "|#[A-Za-z0-9_]++")
    )


def _postgresql(*, backslash: bool = False) -> _Maker:
    """`backslash`: as with `standard_conforming_strings` off, where plain strings know escapes too."""
    p = _Maker().add("space", _BLANK).add("line", r"--[^\n\r]*+").add("nested", r"/\*")
    p.quoted("escaped", "string", "'", prefix="[eE]", opening=2, backslash=True)
    p.quoted("unicode", "string", "'", prefix="[uU]&", opening=3, backslash=backslash)
    p.quoted("uname", "name", '"', prefix="[uU]&", opening=3)
    p.quoted("bits", "string", "'", prefix="[bBxX]", opening=2, doubled=False)
    p.quoted("national", "string", "'", prefix="[nN]", opening=2, backslash=backslash)
    p.quoted("text", "string", "'", backslash=backslash).quoted("name", "name", '"')
    # The tag's length is known only from the match: `opening` and `closing` of 0 are filled in there.
    p.shapes["dollar"] = Shape("string", quote="$")
    p.shapes["dollar_open"] = Shape("string", quote="$", closed=False)
    tag = rf"\$(?:[A-Za-z_{_HIGH}][A-Za-z0-9_{_HIGH}]*+)?\$"
    p.add("dollar", rf"(?P<tag>{tag})[\s\S]*?(?P=tag)").add("dollar_open", rf"{tag}[\s\S]*+")
    # No `@name` and `$name`: an operator may stand right before a dollar quote.
    return p.add("number", _NUMBER).add("word", _WORD).add("parameter", r"\$[0-9]++|::|:[A-Za-z0-9_]++")


def _mysql(*, ansi: bool = False, backslash: bool = True, versions: bool = True) -> _Maker:
    """`ansi` and not `backslash`: SQL modes ANSI_QUOTES and NO_BACKSLASH_ESCAPES. `versions`: `/*!` is run."""
    p = _Maker().add("space", _BLANK).add("line", r"--(?=[\x00-\x20\x7f]|\Z)[^\n]*+").add("hash", r"#[^\n]*+")
    if versions:
        # What stands in /*! */ is run (manual, 9.7): its delimiters are symbols, its contents are tokens.
        p.add("executed", r"/\*M?!(?:[0-9]{5,6})?|\*/")
    p.comments().quoted("text", "string", "'", backslash=backslash)
    if ansi:
        p.quoted("double", "name", '"')
    else:
        p.quoted("double", "string", '"', backslash=backslash)
    p.quoted("bits", "string", "'", prefix="[bBxX]", opening=2, doubled=False)
    p.quoted("national", "string", "'", prefix="[nN]", opening=2, backslash=backslash)
    p.quoted("tick", "name", "`")
    # A name may begin with digits; what follows a fraction is a name of its own.
    fraction = r"(?:[0-9]++\.[0-9]*+|\.[0-9]++)(?:[eE][+-]?[0-9]++)?|[0-9]++[eE][+-]?[0-9]++"
    return p.add("number", f"{fraction}|[0-9]{_GLUED}").add("word", _WORD).add("parameter", _PARAMETER)


def _mssql() -> _Maker:
    p = _Maker().add("space", r"[ \t\n\f\r\v\xa0]++").add("line", r"--[^\n\r]*+").add("nested", r"/\*")
    p.quoted("national", "string", "'", prefix="[nN]", opening=2).quoted("text", "string", "'")
    p.quoted("name", "name", '"').quoted("bracket", "name", "[")
    return p.add("number", _NUMBER).add("word", _WORD.replace("[A-Za-z_", "[A-Za-z_#@")).add("parameter", _PARAMETER)


def _oracle() -> _Maker:
    p = _Maker().add("space", _BLANK).add("line", r"--[^\n]*+").comments()
    # q'[it's]': the delimiter is chosen, and nothing inside is an escape.
    pairs = [rf"\{a}[\s\S]*?\{b}'" for a, b in ("[]", "{}", "()")] + [r"<[\s\S]*?>'"]
    p.shapes["chosen"] = Shape("string", quote="$")
    p.shapes["chosen_open"] = Shape("string", quote="$", closed=False)
    p.add("chosen", rf"[nN]?[qQ]'(?:{'|'.join(pairs)}|(?P<mark>[^\s\[({{<'])[\s\S]*?(?P=mark)')")
    p.add("chosen_open", r"[nN]?[qQ]'[\s\S]*+")
    p.quoted("national", "string", "'", prefix="[nN]", opening=2).quoted("text", "string", "'")
    p.quoted("name", "name", '"')
    return p.add("number", _NUMBER).add("word", _WORD.replace("_$", "_$#")).add("parameter", _PARAMETER)


GRAMMARS: dict[str, Grammar] = {
    name: maker.compile()
    for name, maker in {
        "sqlite": _sqlite(),
        "postgresql": _postgresql(),
        "postgresql-backslash": _postgresql(backslash=True),
        "mysql": _mysql(),
        "mysql-skipped": _mysql(versions=False),
        "mysql-ansi": _mysql(ansi=True),
        "mysql-literal": _mysql(backslash=False),
        "mysql-ansi-literal": _mysql(ansi=True, backslash=False),
        "mssql": _mssql(),
        "oracle": _oracle(),
    }.items()
}
"""By name. `mysql-skipped` is what a server does with `/*!` of a version that it has not reached: a comment."""
