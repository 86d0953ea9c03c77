"""Strings of lock files and advisories, made fit to be shown: the one place where that happens.

Both are written by strangers. What a terminal, a CI log or a report would obey is escaped here, so that no renderer
has to know where a text came from. (Markup is the renderers' own matter: they escape all text alike.)
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from unicodedata import category

NAME_LIMIT = 214
"""npm's limit for a package name; PyPI's are shorter."""

_COMMAND = re.compile(r"^(\s*)(::|##\[)")
"""What the log of a CI runner takes as a command, at the start of a line."""


def _escape(character: str) -> str:
    """What is shown in place of a character that is not printable: any space for a space, else its number.

    That takes in controls (escape sequences, newlines), line separators, bidirectional overrides (CVE-2021-42574), and
    whatever else is invisible.
    """
    if character.isprintable():
        return character
    if category(character) == "Zs":
        return " "
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def clean(text: object, limit: int = 200) -> str:
    """The text on one line of at most `limit` characters, with everything escaped that is no printable character."""
    shown = str(text)[: limit + 1]
    if not shown.isprintable():
        shown = "".join(map(_escape, shown))
    shown = _COMMAND.sub(lambda m: f"{m[1]}\\{m[2]}", shown)
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"


def summary(text: object, limit: int = 200) -> str:
    """As `clean`, with white space of any kind taken as single spaces first: for prose."""
    return clean(" ".join(str(text)[: limit * 4].split()), limit)


def name(text: object) -> str:
    """A package's name or version, fit to be shown."""
    return clean(text, NAME_LIMIT)


def enumerate_some(items: Iterable[str], most: int = 5) -> str:
    """`a, b, c and 12 more`."""
    listed = list(items)
    rest = len(listed) - most
    return ", ".join(listed[:most]) + (f" and {rest} more" if rest > 0 else "")
