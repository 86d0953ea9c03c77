"""What a judge says of one input in one text."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate

from hauberk.core.events import Verdict


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether an input changed the syntax of the text that it went into, and why, in words without the value."""

    verdict: Verdict
    reason: str
    reported: bool = False
    """Whether it is said though nothing is to be stopped: whether it harms, the program at the sink decides."""

    @property
    def attack(self) -> bool:
        """Whether it is to be stopped in `block` mode."""
        return self.verdict == "attack"


ABSENT = Judgement("inert", "the input is not in the text as it came")


MOST_COMPARED = 10_000_000
"""Characters of overlapping occurrences: what a request can make us compare is bounded."""
_MARKS = re.compile(r"['\"`\\]")
_SLASHES = str.maketrans({"\\": "\\\\", "'": "\\'", '"': '\\"', "\0": "\\0", "\n": "\\n", "\r": "\\r", "\x1a": "\\Z"})


def slashed(value: str) -> str:
    """A value as MySQL's own function escapes it (manual, `mysql_real_escape_string`)."""
    return value.translate(_SLASHES)


def escapings(value: str) -> list[str]:
    """What a value looks like once an application escaped it for a string: quotes doubled, or backslashes before."""
    if _MARKS.search(value) is None:
        return []
    forms = [value.replace(mark, mark * 2) for mark in "'\"`" if mark in value]
    if "'" in value or '"' in value:
        forms += [slashed(value), value.replace("'", "\\'").replace('"', '\\"'), value.replace("'", "\\'")]
    if "\\" in value:
        twice = value.replace("\\", "\\\\")
        slashes = twice.replace("'", "\\'")
        forms += [twice, twice.replace("'", "''"), slashes, slashes.replace('"', '\\"')]
    return list(dict.fromkeys(forms))


class Cover:
    """Spans, and whether one of them holds another: asked thousands of times of thousands of spans."""

    __slots__ = ("_begins", "_reach")

    def __init__(self, spans: Iterable[tuple[int, int]]) -> None:
        ordered = sorted(spans)
        self._begins = [begin for begin, _ in ordered]
        self._reach = list(accumulate((end for _, end in ordered), max))

    def __bool__(self) -> bool:
        return bool(self._begins)

    def holds(self, start: int, end: int) -> bool:
        """Whether some span begins no later and ends no earlier."""
        before = bisect_right(self._begins, start)
        return before > 0 and self._reach[before - 1] >= end


def occurrences(text: str, value: str) -> list[tuple[int, int]]:
    """Every span of the value in the text, overlapping ones too, whatever the case; else those of the stripped value.

    Applications lower, upper and strip what they get before they use it, and a span must still be found then.
    """
    stripped = value.strip()
    # One sign that is left is everywhere in a text: by itself it is no attack either.
    return _spans(text, value) or (_spans(text, stripped) if len(stripped) > 1 else [])


def _spans(text: str, value: str) -> list[tuple[int, int]]:
    if not value or len(value) > len(text):
        return []
    return list(_search(text, value))


def _search(text: str, value: str) -> Iterator[tuple[int, int]]:
    low, wanted = text.lower(), value.lower()
    # Lower-casing may change a length (U+0130); then positions would lie, and only the exact value is looked for.
    if len(low) != len(text) or len(wanted) != len(value):
        low, wanted = text, value
    at, compared = low.find(wanted), 0
    while at >= 0:
        yield at, at + len(wanted)
        compared += len(wanted)
        # A long value that repeats itself overlaps with itself everywhere: from some point on, side by side will do.
        at = low.find(wanted, at + (1 if compared < MOST_COMPARED else len(wanted)))
