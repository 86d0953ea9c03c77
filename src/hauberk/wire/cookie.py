"""The Cookie request field, as a server must read it (RFC 6265bis, section 5.8.3; section 4.2.1 for its syntax).

    Cookie: cookie-pair *( ";" SP cookie-pair )

Browsers send back what anybody managed to set, so this reads more than section 4.2.1 lets a server send, and guesses
nothing: quotes protect no semicolon, nothing is decoded, only SP and HTAB are trimmed (a name with U+00A0 before it is
another name), a cookie without a name never becomes one with a name, and one that comes twice is there twice. Every
function takes time in proportion to the field's length and raises nothing for what a client sent.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from hauberk.core.errors import HauberkError

_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
"""Browsers refuse cookies that hold these (RFC 6265bis, section 5.6): where one comes, no browser sent it."""
BLANK = " \t"


class CookieError(HauberkError, ValueError):
    """A cookie that browsers would drop, or read as another one. `field` is which part, `problem` what is wrong.

    The message never holds the cookie's value, which may be a secret.
    """

    def __init__(self, field: str, problem: str) -> None:
        self.field, self.problem = field, problem
        super().__init__(f"{field}: {problem}")


def parse_cookies(field: str) -> list[tuple[str, str]]:
    """Every cookie of a Cookie field, in order, duplicates included; those that come first were set for longer paths.

    Left out are cookies without a name, and pairs that hold control characters or have a name of other characters
    than printable ASCII: frameworks differ in how they spell those, and none is a name that an application chose.
    """
    found = []
    for pair in field.split(";"):
        key, equals, value = pair.partition("=")
        if not equals:
            continue
        name = key.strip(BLANK)
        if name and name.isascii() and name.isprintable():
            value = value.strip(BLANK)
            if value.isprintable() or _CONTROL.search(value) is None:
                found.append((name, value))
    return found


def cookie_of(field: str, name: str) -> str | None:
    """The value of the first cookie of that name, as `parse_cookies` reads it, or None: without reading the others.

    Where a neighbour under the same domain may set cookies too, his can come first: ask for `cookies_of`, or give the
    cookie the prefix `__Host-`, which no other host can set.
    """
    if name not in field:
        return None
    return next(iter(_values(field, name, most=1)), None)


def cookies_of(field: str, name: str) -> list[str]:
    """The values of all cookies of that name, in order. More than one: somebody else may have set the first."""
    return _values(field, name, most=len(field)) if name in field else []


def _values(field: str, name: str, *, most: int) -> list[str]:
    found: list[str] = []
    end, length = len(field), len(name)
    at = field.find(name)
    while at >= 0:
        after = _past_blanks(field, at + length, end)
        if after < end and field[after] == "=" and _begins(field, at):
            stop = field.find(";", after)
            value = field[after + 1 : end if stop < 0 else stop].strip(BLANK)
            if value.isprintable() or _CONTROL.search(value) is None:
                found.append(value)
                if len(found) == most:
                    break
            if stop < 0:
                break
            at = stop
        at = field.find(name, at + 1)
    return found


def _begins(field: str, at: int) -> bool:
    """Whether a pair begins there, blanks aside."""
    before = at - 1
    while before >= 0 and field[before] in BLANK:
        before -= 1
    return before < 0 or field[before] == ";"


def _past_blanks(field: str, at: int, end: int) -> int:
    while at < end and field[at] in BLANK:
        at += 1
    return at


def serialise_cookies(pairs: Iterable[tuple[str, str]]) -> str:
    """A Cookie field from which `parse_cookies` reads the same pairs; CookieError where none can be."""
    parts = []
    for name, value in pairs:
        if not name or not name.isascii() or not name.isprintable() or set(name) & set(";=") or name != name.strip():
            raise CookieError("name", f"{name[:100]!r} cannot be the name of a cookie")
        if ";" in value or _CONTROL.search(value) or value != value.strip(BLANK):
            raise CookieError("value", f"of {name!r} holds a semicolon, control characters, or blanks around it")
        parts.append(f"{name}={value}")
    return "; ".join(parts)


def without_cookies(field: str, names: frozenset[str], renamed: dict[str, str]) -> str:
    """The field without the cookies of `names`, and with those of `renamed` under their new names.

    What is no pair that we read (`parse_cookies`) is not there any more either.
    """
    kept = [(renamed.get(name, name), value) for name, value in parse_cookies(field) if name not in names]
    return "; ".join(f"{name}={value}" for name, value in kept)
