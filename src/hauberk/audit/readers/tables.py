r"""The part of TOML that lock tools write, read statement by statement: some six times faster than a TOML parser.

Tables and arrays of tables by their headers; texts, numbers, truth values, lists of them, and inline tables. A file
with anything else in it goes to the TOML parser as a whole, so that reading by statements never means reading
something else. Members that a reader does not want (hashes: most of a file) are passed over from bracket to bracket.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any, NamedTuple

from hauberk.audit.readers.documents import check_size, load_toml, table_lines

# Possessive throughout: what was matched once is not tried in another way, so that time grows with the text only.
_TEXT = r'"(?:[^"\\\x00-\x08\x0a-\x1f\x7f]++|\\["\\])*+"'
_NUMBER = r"true|false|0|[1-9][0-9]*+"
_KEY = r"[A-Za-z0-9_-]++"
_LIST = rf"\[[ \t\n]*+(?:(?:{_TEXT}|{_NUMBER})[ \t\n]*+(?:,[ \t\n]*+|(?=\])))*+\]"
_PAIR = rf"{_KEY} *+= *+(?:{_TEXT}|{_NUMBER}|{_LIST})"
_TABLE = rf"\{{ *+(?:{_PAIR} *+(?:, *+(?!\}})|(?=\}})))*+\}}"
_ARRAY = rf"\[[ \t\n]*+(?:(?:{_TEXT}|{_NUMBER}|{_TABLE})[ \t\n]*+(?:,[ \t\n]*+|(?=\])))*+\]"
_END = r" *+(?:#[^\x00-\x08\x0a-\x1f\x7f]*+)?+\n++"
_OTHER = r"""[^"'#\\{}\[\]\x00-\x08\x0a-\x1f\x7f]++"""
_PASSED = (
    rf"(?:\[(?:{_TEXT}|{_OTHER}|[{{}}\n])*+\]"
    rf"|\{{(?:{_TEXT}|{_OTHER}|\{{(?:{_TEXT}|{_OTHER})*+\}})*+\}}){_END}"
)
"""A list without lists in it, or an inline table with at most one more level, and the end of its line."""
_STATEMENT = (
    rf"({_KEY}|\"[^\"\\\x00-\x1f\x7f]+\") *+= *+(?:({_TEXT})|({_NUMBER})|({_ARRAY}|{_TABLE})){_END}"
    rf"|\[({_KEY}(?:\.{_KEY})*+)\]{_END}"
    rf"|\[\[({_KEY}(?:\.{_KEY})*+)\]\]{_END}"
    rf"|{_END}"
)
_STRING, _COLLECTION, _HEADERS = 2, 4, 6
"""Groups of a statement: what its value is; the header of an array of tables."""
_ITEM = rf"({_TEXT})|({_NUMBER})|({_TABLE})"
_MEMBER = rf"({_KEY}) *+= *+(?:({_TEXT})|({_NUMBER})|({_LIST}))"


class _UnknownError(Exception):
    """Something that is for the TOML parser."""


class Tables(NamedTuple):
    """A document, and where its arrays of tables have their headers."""

    document: dict[str, Any]
    headers: dict[str, list[int]] | None
    """Line numbers by header; None where the TOML parser had to read the file."""
    text: str

    def lines(self, header: str, count: int) -> list[int | None]:
        """The line of each `[[header]]`, or Nones if their number is not the one expected."""
        if self.headers is None:
            return table_lines(self.text, header, count)
        lines: list[int | None] = [*self.headers.get(header, ())]
        return lines if len(lines) == count else [None] * count


def load_tables(text: str, name: str, *, skip: Collection[str] = (), mere: Collection[str] = ()) -> Tables:
    """A TOML document without the lists and inline tables that are named as `skip`, or that `[metadata.skip]` holds.

    Of tables that are named as `mere` only the keys matter: a list or table in them may be None. Raises InputError.
    """
    check_size(text, name)
    try:
        return _Statements().read(text, skip, mere)
    except _UnknownError:
        return Tables(load_toml(text, name), None, text)


def _pattern(skip: Collection[str]) -> re.Pattern[str]:
    if not skip:
        return re.compile(_STATEMENT)
    names = "|".join(skip)
    passed = rf"\[metadata\.(?:{names})\]{_END}(?:(?:{_KEY}|\"[^\"\\\x00-\x1f\x7f]+\") *+= *+{_PASSED})*+(?=\[|\Z)"
    return re.compile(rf"(?:{names}) *+= *+{_PASSED}|{passed}|{_STATEMENT}")


class _Statements:
    """The walk over the statements."""

    __slots__ = ("document", "headers", "own")

    def __init__(self) -> None:
        self.document: dict[str, Any] = {}
        self.headers: dict[str, list[int]] = {}
        self.own: dict[int, Any] = {}
        """By identity: the containers that headers made, which only headers may add to."""

    def read(self, text: str, skip: Collection[str], mere: Collection[str]) -> Tables:
        match = _pattern(skip).match
        text = text.removeprefix("\ufeff")
        whole = text if text.endswith("\n") else text + "\n"
        table, keys_only = self.document, False
        at, end, line, counted = 0, len(whole), 1, 0
        while at < end:
            found = match(whole, at)
            if found is None:
                raise _UnknownError
            kind = found.lastindex
            if kind is None:  # passed over, empty, or a comment
                pass
            elif kind <= _COLLECTION:
                key, value = found[1].strip('"'), found[kind]
                if key in table:
                    raise _UnknownError
                if kind == _STRING:
                    table[key] = value[1:-1] if "\\" not in value else _unescape(value[1:-1])
                elif kind == _COLLECTION:
                    table[key] = None if keys_only else _collection(value)
                else:
                    table[key] = _number(value)
            else:
                header = found[kind]
                keys_only = header.rpartition(".")[2] in mere
                table = self._open(header, array=kind == _HEADERS)
                if kind == _HEADERS:
                    line, counted = line + whole.count("\n", counted, at), at
                    self.headers.setdefault(header, []).append(line)
            at = found.end()
        return Tables(self.document, self.headers, text)

    def _open(self, header: str, *, array: bool) -> dict[str, Any]:
        """The table that the next statements are members of."""
        *way, last = header.split(".")
        table = self.document
        for part in way:
            inner = table.get(part)
            if inner is None:
                inner = table[part] = self._made({})
            elif id(inner) not in self.own:
                raise _UnknownError
            table = inner[-1] if isinstance(inner, list) else inner
        made: dict[str, Any] = self._made({})
        if not array:
            if last in table:
                raise _UnknownError
            table[last] = made
            return made
        items = table.get(last)
        if items is None:
            items = table[last] = self._made([])
        elif not isinstance(items, list) or id(items) not in self.own:
            raise _UnknownError
        items.append(made)
        return made

    def _made(self, container: Any) -> Any:
        self.own[id(container)] = container
        return container


def _number(text: str) -> bool | int:
    return text == "true" if text in ("true", "false") else int(text)


def _unescape(text: str) -> str:
    return re.sub(r'\\(["\\])', r"\1", text)


def _collection(text: str) -> Any:
    """A list or an inline table whose form was checked: what remains is to take its parts."""
    if text[0] == "[":
        return [_value(*found) for found in re.findall(_ITEM, text)]
    table: dict[str, Any] = {}
    for key, string, number, items in re.findall(_MEMBER, text):
        if key in table:
            raise _UnknownError
        table[key] = _value(string, number, items)
    return table


def _value(string: str, number: str, inner: str) -> Any:
    if string:
        return string[1:-1] if "\\" not in string else _unescape(string[1:-1])
    return _number(number) if number else _collection(inner)
