"""Whose words are these? An input may say what the application's own code says at that place of a statement.

A visitor who searches for "order by name" meets a statement that ends in `ORDER BY name`; an application that compares
a wish with `("price desc", "name asc")` uses one of its own phrases. Only asked when a text would be called an attack.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache
from itertools import islice
from types import CodeType, FrameType

from hauberk.guard.frames import origin, stack
from hauberk.guard.verdict import occurrences

MOST_FRAMES = 16
"""Of the application's, the nearest."""
LONGEST = 200
"""Characters beyond which nothing is a phrase that two people say by chance."""

_PHRASE = re.compile(r"[\w.,\s]+")
"""Names, numbers, commas: without a quote, an operator or a comment only words of the language are left to say."""
_ONE = r"[\w.]+(?:\s+(?:asc|desc))?(?:\s+nulls\s+(?:first|last))?"
_SORTING = re.compile(rf"{_ONE}(?:\s*,\s*{_ONE})*", re.IGNORECASE)
"""What an application that lets visitors sort has a list of."""
_LOOPS = frozenset({"asyncio.events", "asyncio.base_events", "threading"})
_HOLE = re.compile(r"%(?:\(\w*\))?[-#0 +]*[\d*]*(?:\.[\d*]+)?[a-zA-Z]|\{[^{}]*\}")
"""Where a template of `%` or `str.format` is filled in."""


def authored(text: str, value: str) -> bool:
    """Whether the code that runs wrote every place where the value stands in the text.

    Constants are those of the calling functions and of their modules' upper-case names. Beside an input that was put
    there they end: one that holds the value and goes on beyond it is the code's own text. So is one that crosses an
    edge of it, if the value is words alone and all that is left of it is a name and its order; and one that is the
    value, if that is an order to sort by.
    """
    if len(value) > LONGEST:
        return False
    spans = occurrences(text, value)
    if not spans:
        return False
    found = [span for piece in set(_pieces()) for span in _spans(text, piece)]
    return all(_within(start, end, text, found) or _across(start, end, text, found) for start, end in spans)


def _within(start: int, end: int, text: str, found: Iterable[tuple[int, int]]) -> bool:
    """Whether one constant holds all of it, and more."""
    return any(
        begin <= start and end <= stop and any(map(str.isalnum, text[begin:start] + text[end:stop]))
        for begin, stop in found
    )


def _across(start: int, end: int, text: str, found: Iterable[tuple[int, int]]) -> bool:
    """Whether constants hold words at its edges, and what they leave is a name and its order."""
    if _PHRASE.fullmatch(text, start, end) is None:
        return False
    rest = list(text[start:end])
    sorting = _SORTING.fullmatch(text, start, end) is not None
    for begin, stop in found:
        first, last = max(begin, start), min(stop, end)
        if first >= last:
            continue
        if (begin, stop) == (start, end) and sorting:
            return True
        if any(map(str.isalnum, text[begin:start] + text[end:stop])):
            rest[first - start : last - start] = "\0" * (last - first)
    left = "".join(rest).replace("\0", "").strip()
    return "\0" in rest and (not left or _SORTING.fullmatch(left) is not None)


def _spans(text: str, piece: str) -> Iterator[tuple[int, int]]:
    at = text.find(piece)
    while at >= 0:
        yield at, at + len(piece)
        at = text.find(piece, at + len(piece))


def _pieces() -> Iterator[str]:
    """The texts that the code which runs is written with, out to where the request came in."""
    seen: set[int] = set()
    frames = (frame for frame in _frames() if origin(frame.f_code.co_filename) == "app")
    for frame in islice(frames, MOST_FRAMES):
        yield from _of_code(frame.f_code)
        if id(frame.f_globals) not in seen:
            seen.add(id(frame.f_globals))
            for name, one in list(frame.f_globals.items()):
                if name.isupper():
                    yield from _split(_texts(one))


def _frames() -> Iterator[FrameType]:
    """The frames of this request: who serves the application, or tests it, may hold anything."""
    for frame in stack(sys._getframe(1)):
        name = frame.f_globals.get("__name__", "")
        if name in _LOOPS or (name.startswith("hauberk.adapters.") and origin(frame.f_code.co_filename) == "own"):
            return
        yield frame


@lru_cache(maxsize=512)
def _of_code(code: CodeType) -> Collection[str]:
    return tuple(_split(_texts(code.co_consts)))


def _texts(one: object, depth: int = 3) -> Iterator[str]:
    if type(one) is str:
        yield one
    elif depth and isinstance(one, tuple | frozenset | list | set | dict):
        for inner in islice(one.values() if isinstance(one, dict) else one, 1_000):
            yield from _texts(inner, depth - 1)
        if isinstance(one, dict):
            yield from (key for key in islice(one, 1_000) if type(key) is str)


def _split(texts: Iterable[str]) -> Iterator[str]:
    """Without the holes of templates, and without what is too short to be a phrase."""
    for text in texts:
        yield from (piece for piece in _HOLE.split(text) if len(piece) > 2)
