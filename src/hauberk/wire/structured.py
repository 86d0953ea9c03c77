"""Structured field values (RFC 9651): items, lists and dictionaries, parsed strictly and written back.

A field that breaks the grammar anywhere is worth nothing as a whole (section 4.2): browsers drop it, and so does this.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from urllib.parse import unquote_to_bytes

from hauberk.core.errors import HauberkError


class StructuredFieldError(HauberkError, ValueError):
    """The text is no structured field. `at` is where reading stopped."""

    def __init__(self, problem: str, at: int) -> None:
        self.problem, self.at = problem, at
        super().__init__(f"{problem} at character {at}")


class Token(str):
    """A bare word, such as `same-origin`; not the same as the string `"same-origin"`."""

    __slots__ = ()


class DisplayString(str):
    """A text of any characters, written with percent-encoding (section 3.3.8)."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Date:
    """Seconds since 1970 (section 3.3.7)."""

    seconds: int


Bare = int | Decimal | str | Token | bytes | bool | Date | DisplayString
Parameters = Mapping[str, Bare]


@dataclass(frozen=True, slots=True)
class Item:
    """A value with its parameters."""

    value: Bare
    parameters: Parameters = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class InnerList:
    """Items in parentheses, with parameters of the whole."""

    items: tuple[Item, ...]
    parameters: Parameters = field(default_factory=dict)


Member = Item | InnerList

KEY = re.compile(r"[a-z*][a-z0-9_\-.*]*")
TOKEN = re.compile(r"[A-Za-z*][!#$%&'*+\-.^_`|~0-9A-Za-z:/]*")
NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
STRING = re.compile(r'"((?:[ !#-\[\]-~]|\\["\\])*)"')
BYTES = re.compile(r":([A-Za-z0-9+/=]*):")
DISPLAY = re.compile(r'%"((?:[ !#$&-~]|%[0-9a-f]{2})*)"')
ESCAPED = re.compile(r'\\(["\\])')


class _Text:
    """A text, and how far it was read."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text.strip(" "), 0

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        found = pattern.match(self.text, self.at)
        if found is not None:
            self.at = found.end()
        return found

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def skip(self, characters: str) -> None:
        while self.peek() and self.peek() in characters:
            self.at += 1

    def error(self, problem: str) -> StructuredFieldError:
        return StructuredFieldError(problem, self.at)

    def end(self) -> None:
        if self.peek():
            raise self.error("something is left over")


def parse_item(text: str) -> Item:
    """One item. Raises StructuredFieldError for anything else."""
    source = _Text(text)
    item = _item(source)
    source.end()
    return item


def parse_list(text: str) -> tuple[Member, ...]:
    """Members between commas; an empty text is an empty list."""
    source = _Text(text)
    members: list[Member] = []
    while source.peek():
        members.append(_member(source))
        _next(source)
    return tuple(members)


def parse_dictionary(text: str) -> dict[str, Member]:
    """Keys and members; of a key that comes twice the last one counts, in its first place (section 4.2.2)."""
    source = _Text(text)
    found: dict[str, Member] = {}
    while source.peek():
        key = _key(source)
        if source.peek() == "=":
            source.at += 1
            found[key] = _member(source)
        else:
            found[key] = Item(True, _parameters(source))
        _next(source)
    return found


def _next(source: _Text) -> None:
    """The comma before the next member; none after the last."""
    source.skip(" \t")
    if not source.peek():
        return
    if source.peek() != ",":
        raise source.error("a comma is missing")
    source.at += 1
    source.skip(" \t")
    if not source.peek():
        raise source.error("a comma ends the field")


def _member(source: _Text) -> Member:
    return _inner_list(source) if source.peek() == "(" else _item(source)


def _inner_list(source: _Text) -> InnerList:
    source.at += 1
    items: list[Item] = []
    while True:
        source.skip(" ")
        if source.peek() == ")":
            source.at += 1
            return InnerList(tuple(items), _parameters(source))
        items.append(_item(source))
        if source.peek() not in {" ", ")"}:
            raise source.error("a space or a parenthesis is missing")


def _item(source: _Text) -> Item:
    return Item(_bare(source), _parameters(source))


def _parameters(source: _Text) -> dict[str, Bare]:
    found: dict[str, Bare] = {}
    while source.peek() == ";":
        source.at += 1
        source.skip(" ")
        key = _key(source)
        value: Bare = True
        if source.peek() == "=":
            source.at += 1
            value = _bare(source)
        found[key] = value
    return found


def _key(source: _Text) -> str:
    found = source.take(KEY)
    if found is None:
        raise source.error("a lower-case key is missing")
    return found[0]


def _bare(source: _Text) -> Bare:
    first = source.peek()
    if first == '"':
        return _string(source)
    if first == "?":
        return _boolean(source)
    if first == ":":
        return _bytes(source)
    if first == "@":
        return _date(source)
    if first == "%":
        return _display(source)
    if (number := source.take(NUMBER)) is not None:
        return _number(source, number[0])
    if (token := source.take(TOKEN)) is not None:
        return Token(token[0])
    raise source.error("a value is missing")


def _string(source: _Text) -> str:
    found = source.take(STRING)
    if found is None:
        raise source.error("a string does not end, or holds a character that it may not")
    return ESCAPED.sub(r"\1", found[1])


def _boolean(source: _Text) -> bool:
    word = source.text[source.at : source.at + 2]
    if word not in {"?0", "?1"}:
        raise source.error("a boolean is neither ?0 nor ?1")
    source.at += 2
    return word == "?1"


def _bytes(source: _Text) -> bytes:
    found = source.take(BYTES)
    try:
        if found is None:
            raise source.error("a byte sequence does not end")
        return b64decode(found[1] + "=" * (-len(found[1]) % 4), validate=True)
    except binascii.Error as error:
        raise source.error("a byte sequence is no base64") from error


def _date(source: _Text) -> Date:
    source.at += 1
    number = source.take(NUMBER)
    if number is None or number[1]:
        raise source.error("a date is no whole number")
    value = _number(source, number[0])
    return Date(int(value))


def _display(source: _Text) -> DisplayString:
    found = source.take(DISPLAY)
    try:
        if found is None:
            raise source.error("a display string does not end, or holds a character that it may not")
        return DisplayString(unquote_to_bytes(found[1]).decode("utf-8"))
    except UnicodeDecodeError as error:
        raise source.error("a display string is no UTF-8") from error


def _number(source: _Text, text: str) -> int | Decimal:
    """At most 15 digits, or 12 before the point and 3 after it (section 3.3)."""
    whole, point, fraction = text.removeprefix("-").partition(".")
    if len(whole) > (12 if point else 15) or len(fraction) > 3:
        raise source.error("a number has too many digits")
    return Decimal(text) if point else int(text)


def serialise(value: Member | tuple[Member, ...] | Mapping[str, Member]) -> str:
    """The text of an item, a list or a dictionary; parsing gives it back. Raises StructuredFieldError if it cannot."""
    if isinstance(value, Item | InnerList):
        return _write_member(value)
    if isinstance(value, tuple):
        return ", ".join(_write_member(member) for member in value)
    return ", ".join(_write_pair(key, member) for key, member in value.items())


def _write_pair(key: str, member: Member) -> str:
    _checked_key(key)
    if isinstance(member, Item) and member.value is True:
        return key + _write_parameters(member.parameters)
    return f"{key}={_write_member(member)}"


def _write_member(member: Member) -> str:
    if isinstance(member, InnerList):
        body = "(" + " ".join(_write_member(item) for item in member.items) + ")"
    else:
        body = _write_bare(member.value)
    return body + _write_parameters(member.parameters)


def _write_parameters(parameters: Parameters) -> str:
    return "".join(
        f";{_checked_key(key)}" + ("" if value is True else f"={_write_bare(value)}")
        for key, value in parameters.items()
    )


def _checked_key(key: str) -> str:
    if not KEY.fullmatch(key):
        raise StructuredFieldError(f"{key!r} is no key", 0)
    return key


def _write_bare(value: Bare) -> str:
    match value:
        case bool():
            return "?1" if value else "?0"
        case int():
            return _in_range(str(value), len(str(abs(value))) <= 15)
        case Decimal():
            return _write_decimal(value)
        case Token():
            return _in_range(str(value), TOKEN.fullmatch(value) is not None)
        case DisplayString():
            return '%"' + "".join(_display_octet(octet) for octet in value.encode("utf-8")) + '"'
        case str():
            text = '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
            return _in_range(text, STRING.fullmatch(text) is not None)
        case bytes():
            return f":{b64encode(value).decode('ascii')}:"
        case Date():
            return "@" + _in_range(str(value.seconds), len(str(abs(value.seconds))) <= 15)


def _in_range(text: str, fits: bool) -> str:
    if not fits:
        raise StructuredFieldError(f"{text[:40]!r} cannot be written in a structured field", 0)
    return text


def _write_decimal(value: Decimal) -> str:
    """Three digits after the point at most, at least one (section 4.1.5)."""
    rounded = value.quantize(Decimal("0.001")) if value.is_finite() and abs(value) < 10**12 else None
    if rounded is None or abs(rounded) >= 10**12:
        raise StructuredFieldError("the number has too many digits", 0)
    text = f"{rounded:f}".rstrip("0")
    return text + "0" * text.endswith(".")


def _display_octet(octet: int) -> str:
    plain = 0x20 <= octet <= 0x7E and octet not in b'%"'
    return chr(octet) if plain else f"%{octet:02x}"
