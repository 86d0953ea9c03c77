"""Line numbers for JSON, which its parser does not keep."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

# A member that opens an object, with the `version` that comes first in it, if it does.
_MEMBER = re.compile(r'"((?:[^"\\\n]|\\.)*)"\s*:\s*\{(?:\s*"version"\s*:\s*"([^"\\\n]*)")?')


def lines_in_order(text: str, keys: Iterable[str]) -> list[int] | None:
    """The lines of members that are objects, in the order in which they stand; None unless every one is found so.

    Faster than `KeyLines`, for documents of which every member is wanted.
    """
    found: list[int] = []
    line, last = 1, 0
    for key in keys:
        at = text.find(f'"{key}": {{', last)  # a key with an escape is found by nothing
        if at < 0:
            return None
        line += text.count("\n", last, at)
        last = at
        found.append(line)
    return found


class KeyLines:
    """Where members begin that are objects; scanned at the first question."""

    __slots__ = ("_first", "_text", "_versioned")

    def __init__(self, text: str) -> None:
        self._text = text
        self._first: dict[str, int] | None = None
        self._versioned: dict[tuple[str, str], int] = {}

    def of(self, key: str, version: str = "") -> int | None:
        """The line of the first member of that key, if possible of the one with that version."""
        if self._first is None:
            self._first = self._scan()
        return self._versioned.get((key, version)) or self._first.get(key)

    def _scan(self) -> dict[str, int]:
        first: dict[str, int] = {}
        line, last = 1, 0
        for match in _MEMBER.finditer(self._text):
            line += self._text.count("\n", last, match.start())
            last = match.start()
            key = match[1]
            if "\\" in key:
                key = _unescape(key)
            first.setdefault(key, line)
            if match[2]:
                self._versioned.setdefault((key, match[2]), line)
        return first


def value_lines(text: str, *members: str) -> dict[str, int]:
    """The first line on which one of the members has each value."""
    names = "|".join(map(re.escape, members))
    found: dict[str, int] = {}
    line, last = 1, 0
    for match in re.finditer(rf'"(?:{names})"\s*:\s*"((?:[^"\\\n]|\\.)*)"', text):
        line += text.count("\n", last, match.start())
        last = match.start()
        found.setdefault(_unescape(match[1]) if "\\" in match[1] else match[1], line)
    return found


def _unescape(key: str) -> str:
    try:
        return str(json.loads(f'"{key}"'))
    except ValueError:
        return key
