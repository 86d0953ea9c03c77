"""Statements with a hole, texts to put into it, and what a literal with such a text in it is worth.

`worth` is written from the manuals and not from the tokenisers: it walks a literal's text character by character, and
says None where the text would end the literal. What the engine returns is compared with it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

SENTINEL = "zz"
Escape = Callable[[str], str]
Worth = Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class Template:
    """A statement that gives one row of two columns, `SENTINEL` last, if the text in `{}` stays where it is put."""

    sql: str
    worth: Worth | None
    """What the first column is then; None where the hole is in a comment or a name, and it is 1."""
    named: bool = False
    """The hole is the first column's name: that has to be what the text is worth."""


def doubling(mark: str) -> Worth:
    """A literal in which only the mark itself is special, and doubled."""

    def worth(text: str) -> str | None:
        rest = text.replace(mark * 2, "")
        return None if mark in rest else text.replace(mark * 2, mark)

    return worth


def plain(end: str) -> Worth:
    """A literal without escapes, until its end."""

    def worth(text: str) -> str | None:
        # The last character may begin the end that the statement has itself.
        return None if end in text or end in text[-len(end) + 1 :] + end[:-1] * (len(end) > 1) else text

    return worth


def slashed(mark: str, escapes: dict[str, str], codes: re.Pattern[str] | None = None) -> Worth:
    """A literal with backslashes: `escapes` says what a letter after one means, `codes` finds numbers of characters.

    Any other character is itself.
    """

    def worth(text: str) -> str | None:
        out, at = [], 0
        while at < len(text):
            char, after = text[at], text[at + 1 : at + 2]
            if char == mark:
                if after != mark:
                    return None
                out.append(mark)
                at += 2
            elif char != "\\":
                out.append(char)
                at += 1
            elif not after:
                return None
            elif codes is not None and (found := codes.match(text, at + 1)):
                out.append(chr(int(found[1], 8) & 0xFF) if found[1] else chr(int(found[2], 16)))
                at = found.end()
            else:
                out.append(escapes.get(after, after))
                at += 2
        return "".join(out)

    return worth


def one_line(ends: str) -> Worth:
    """A comment to the end of the line."""
    return lambda text: None if any(end in text for end in ends) else text


_NUMBER = re.compile(r"[0-9_]+(\.[0-9_]*)?(e[+-]?[0-9]+)?|\.[0-9]+(e[+-]?[0-9]+)?", re.IGNORECASE)
_PREFIX = re.compile(r"[xXnNbBeE](?=')")
_DOLLARS = re.compile(r"(\$[a-z]?\$)([\s\S]*)\1")


_SPACES = " \t\n\f\r"


def one_value(text: str) -> str | None:
    """A number, a word or one whole literal where a number was to be: another value, and nothing more."""
    stripped = text.replace("/**/", " ").strip(_SPACES)
    bare = stripped.lstrip("+-") if len(stripped) - len(stripped.lstrip("+-")) < 2 else stripped
    bare = bare.lstrip(_SPACES)  # between a sign and its number
    if _NUMBER.fullmatch(bare):
        return text
    bare = _PREFIX.sub("", bare)
    if bare and bare.replace("_", "a").replace(".", "0", 1).isalnum() and bare.isascii():
        return text
    if (found := _DOLLARS.fullmatch(bare)) and plain(found[1])(found[2]) is not None:
        return text
    for mark in "'\"`":
        if len(bare) > 1 and bare[0] == bare[-1] == mark and doubling(mark)(bare[1:-1]) is not None:
            return text
    return None


def one_value_slashed(text: str) -> str | None:
    """As `one_value`, where strings know backslashes."""
    bare = _PREFIX.sub("", text.replace("/**/", " ").strip(_SPACES).lstrip("+-"))
    for mark in "'\"":
        if len(bare) > 1 and bare[0] == bare[-1] == mark and slashed(mark, {})(bare[1:-1]) is not None:
            return text
    return one_value(text) if "\\" not in text else None


ONE_VALUE = (one_value, one_value_slashed)
_CODES = re.compile(r"([0-7]{1,3})|x([0-9A-Fa-f]{1,2})")
_C = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_MYSQL = {"0": "\0", "b": "\b", "n": "\n", "r": "\r", "t": "\t", "Z": "\x1a", "%": "\\%", "_": "\\_"}
_Q = doubling("'")

_EVERYWHERE = [
    Template(f"SELECT '{{}}', '{SENTINEL}'", _Q),
    Template(f"SELECT '{{}}', '{SENTINEL}' WHERE 'a' <> ' or 1=1 -- '", _Q),
    Template(f"SELECT ('{{}}'), '{SENTINEL}' /* it's */", _Q),
    Template(f"SELECT '{{}}' , /* ' */ '{SENTINEL}' -- '", _Q),
    Template(f"SELECT 1 /* {{}} */, '{SENTINEL}'", None),
    Template(f"SELECT 1 -- {{}}\n, '{SENTINEL}'", None),
    Template(f"SELECT {{}}, '{SENTINEL}'", one_value),
    Template(f"SELECT 1, '{SENTINEL}' WHERE 1 = {{}}", one_value),
]
_DOUBLE = Template(f"SELECT 1 AS \"{{}}\", '{SENTINEL}'", doubling('"'), named=True)

_IN_MYSQL: dict[Worth | None, Worth] = {_Q: slashed("'", _MYSQL), one_value: one_value_slashed}

TEMPLATES: dict[str, list[Template]] = {
    "sqlite": [
        *_EVERYWHERE,
        _DOUBLE,
        Template(f"SELECT 1 AS `{{}}`, '{SENTINEL}'", doubling("`"), named=True),
        Template(f"SELECT 1 AS [{{}}], '{SENTINEL}'", plain("]"), named=True),
    ],
    "postgres": [
        *_EVERYWHERE,
        _DOUBLE,
        Template(f"SELECT E'{{}}', '{SENTINEL}'", slashed("'", _C, _CODES)),
        Template(f"SELECT e'a'\n'{{}}', '{SENTINEL}'", slashed("'", _C, _CODES)),
        Template(f"SELECT $${{}}$$, '{SENTINEL}'", plain("$$")),
        Template(f"SELECT $a${{}}$a$, '{SENTINEL}'", plain("$a$")),
        Template(f"SELECT '{{}}'::text, '{SENTINEL}'", _Q),
        Template(f"SELECT N'{{}}', '{SENTINEL}'", _Q),
        Template(f"SELECT 1 /* /* x */ {{}} */, '{SENTINEL}'", None),
    ],
    "mariadb": [
        *(Template(one.sql, _IN_MYSQL.get(one.worth, one.worth)) for one in _EVERYWHERE),
        Template(f"SELECT \"{{}}\", '{SENTINEL}'", slashed('"', _MYSQL)),
        Template(f"SELECT 1 AS `{{}}`, '{SENTINEL}'", doubling("`"), named=True),
        Template(f"SELECT N'{{}}', '{SENTINEL}'", slashed("'", _MYSQL)),
        Template(f"SELECT _utf8mb4'{{}}', '{SENTINEL}'", slashed("'", _MYSQL)),
        Template(f"SELECT 1 # {{}}\n, '{SENTINEL}'", None),
        Template(f"SELECT /*!50000 '{{}}' */ , '{SENTINEL}'", slashed("'", _MYSQL)),
    ],
}

_MARKS = ["'", "''", "'''", '"', '""', "`", "``", "[", "]", "\\", "\\\\", "\\'", "$$", "$a$", "$", "\\\n"]
_COMMENTS = ["--", "-- ", "--\n", "/*", "*/", "/**/", "#", "/*!", "/*!50000", "/*!99999", "*/ /*", "--\t", "-"]
_WORDS = ["or", "and", "union select", "select", "a", "x", "e", "E", "N", "U&", "x", "B", "null", "like", "as b", "zz"]
_VALUES = ["1", "2", "0", "1.5", "1e3", "0x41", "-1", "'a'", "'zz'", '"a"', "true", "1=1", "'1'='1", "\u00e9", "\u2019"]
_SIGNS = [
    " ",
    " ",
    "\n",
    "\t",
    "\r",
    ",",
    ", ",
    ";",
    "(",
    ")",
    "=",
    "||",
    "+",
    "*",
    "%",
    "::text",
    "@",
    ":a",
    "?",
    "<>",
]
_FRAGMENTS = [*_MARKS, *_MARKS, *_COMMENTS, *_WORDS, *_VALUES, *_SIGNS]

_PAYLOADS = [
    "' or '1'='1",
    "' union select 1, 'zz' -- ",
    "' || 'a",
    "', 'zz' -- ",
    "x\\' or 1=1 -- ",
    "\\",
    "*/ , 'zz' /*",
    "1, 'zz' --",
    "(select 1)",
    "a\" , 'zz' as \"b",
    "$$ || $$",
    "$a$, 'zz' --",
    "it's",
    "O''Brien",
    "C:\\temp\\new",
    "50 % off -- really",
    "a /* b */ c",
    "#1",
    "\n, 2",
    "\\' , 'zz' #",
]


_CLOSERS = ["'", "'", "'", "''", "\\'", "\\\\'", '"', "`", "]", "$$", "$a$", "*/", "\n", "1", "", "x'", "a\\"]
_MIDDLES = [
    ", 'zz'",
    "||'a'",
    " or 1=1",
    ", 'zz' union select 1, 'zz'",
    "",
    " ",
    "+1",
    ", 'zz'; select 1, 'zz'",
    "/**/",
    "=1",
]
_TAILS = [
    "-- ",
    " --",
    "#",
    "/*",
    "",
    "||'",
    ", '",
    " -- '",
    "/* '",
    " as `a",
    ' as "a',
    "||$$",
    "||$a$",
    ", 1 /*",
    "--\n",
    "\\",
]


def text(random: Random) -> str:
    """A text out of pieces that mean something to some engine: closed, then something added, then the rest undone."""
    kind = random.random()
    if kind < 0.5:
        made = random.choice(_CLOSERS) + random.choice(_MIDDLES) + random.choice(_TAILS)
    elif kind < 0.6:
        made = random.choice(_PAYLOADS)
    else:
        return "".join(random.choice(_FRAGMENTS) for _ in range(random.randrange(1, 7)))
    if random.random() < 0.3:
        at = random.randrange(len(made) + 1)
        made = made[:at] + random.choice(_FRAGMENTS) + made[at:]
    return made


ESCAPES: dict[str, Escape] = {
    "raw": lambda text: text,
    "doubled": lambda text: text.replace("'", "''"),
    "slashed": lambda text: text.replace("\\", "\\\\").replace("'", "\\'").replace('"', '\\"'),
    "quotes slashed": lambda text: text.replace("'", "\\'"),
    "both": lambda text: text.replace("\\", "\\\\").replace("'", "''"),
    "names doubled": lambda text: text.replace('"', '""').replace("`", "``"),
    "spaces": lambda text: text.replace(" ", "/**/"),
}
"""What applications do to a value, rightly and wrongly."""
