"""What an input is by itself, before anybody looks where it stands: words alone, something crafted, or a changed copy.

None of this decides that something is an attack. It decides how much a coincidence may explain.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from hauberk.guard.tokens import tokenise
from hauberk.guard.verdict import Cover, occurrences

_WORDS_ALONE = re.compile(r"[\w.,\s]*")
_DELIMITERS = re.compile(r"['\"`;\[\]#$]|--|/\*|\*/|\\")
_NAME = re.compile(r"\w+(?: \w+)*")
LONGEST = 2_000
"""Characters beyond which a value is not searched for in changed form."""
MOST_CUT, FEWEST_LEFT = 8, 3
"""How many words an application may have cut away, and how many have to be left to be recognised."""

KEYWORDS = frozenset(
    """
    all alter analyze and any as asc attach begin between by call case cast check collate commit copy create cross
    database declare default delete desc describe detach distinct do drop else end escape except exec execute exists
    explain false fetch for from full glob grant group having if ilike in index inner insert intersect into is isnull
    join left like limit load lock match merge natural not notnull null offset on or order outer over partition pragma
    procedure raise recursive references regexp reindex rename replace returning revoke right rlike rollback savepoint
    select set show similar sounds table then to top transaction trigger true truncate union unique update using vacuum
    values view when where window with within xor
    """.split()
)
"""Words that can change what a statement does (SQLite, PostgreSQL, MySQL and Transact-SQL taken together)."""


def wordy(value: str) -> bool:
    """Whether a value is names and numbers with commas, dots and space between, and no word of the language itself.

    Outside of a literal it may still name a column that nobody was to see: it is reported.
    """
    if _WORDS_ALONE.fullmatch(value) is None:
        return False
    return KEYWORDS.isdisjoint(re.split(r"[\s.,]+", value.lower()))


@lru_cache(maxsize=256)
def crafted(value: str) -> bool:
    """Whether a value holds what an ORM's statement has only of its own making: a string, a comment, half a name.

    An ORM writes words, operators and whole names in quotes; nobody who merely types the same words writes the rest.
    """
    if ";" in value or _DELIMITERS.search(value) is None:
        return ";" in value
    for token in tokenise(value, "sqlite"):
        if token.kind in {"string", "comment"} or not token.closed:
            return True
        # What lies between the end of one name and the beginning of the next is quoted when it is read by itself.
        if token.kind == "name" and not _NAME.fullmatch(value, token.inner, token.inner_end):
            return True
    return False


class _Shape(NamedTuple):
    """The words of a value, and what stands before, between and behind them."""

    longest: str
    words: str
    between: tuple[str, ...]


_WORD = re.compile(r"[^\W_]+")
_MARK = re.compile(r"['\"`;#()=<>|\\*/]|--")
_END = "\0"


def _marks(text: str) -> list[str]:
    return _MARK.findall(text)


@lru_cache(maxsize=1024)
def _shape(low: str) -> _Shape | None:
    """The shape of a value that could do harm; None for one that has no marks, or is too short to be recognised."""
    if _MARK.search(low) is None:
        return None
    found = list(_WORD.finditer(low))
    if len(found) < 2 or sum(match.end() - match.start() for match in found) < 4:
        return None
    edges = [0, *(at for match in found for at in match.span()), len(low)]
    between = tuple(low[edges[at] : edges[at + 1]] for at in range(0, len(edges), 2))
    words = [match.group() for match in found]
    return _Shape(max(words, key=len), _END + _END.join(words) + _END, between)


@lru_cache(maxsize=8)
def _skeleton(low: str) -> tuple[str, list[tuple[int, int]]]:
    found = list(_WORD.finditer(low))
    return _END + _END.join(match.group() for match in found) + _END, [match.span() for match in found]


def telling(low: str) -> str:
    """The longest word of a value that would be recognised after a change; an empty text for any other value."""
    shape = _shape(low) if len(low) <= LONGEST else None
    return "" if shape is None else shape.longest


def altered(low: str, value: str) -> str | None:
    """The part of a statement that is the value with other characters between its words; None if there is none.

    Applications strip, replace and clean what they get: `1'+or+1=1--` becomes `1' or 1=1--`. Both are in lower case.
    At least one quote, operator or comment has to be where it was: words alone prove nothing.
    """
    shape = _shape(value) if len(value) <= LONGEST else None
    if shape is None or shape.longest not in low:
        return None
    skeleton, spans = _skeleton(low)
    words = shape.words[1:-1].split(_END)
    for first, last in _runs(len(words)):
        run = shape.words if last - first == len(words) else _END + _END.join(words[first:last]) + _END
        at = skeleton.find(run)
        if at >= 0:
            at = skeleton.count(_END, 0, at)
            whole = last - first == len(words)
            part = _part(low, shape.between[first : last + 1], spans, at, whole=whole)
            if part is not None:
                return part
    return None


def _runs(count: int) -> Iterator[tuple[int, int]]:
    """All words, then all but some at one end: an application may have cut its input, or taken what follows a sign."""
    yield 0, count
    for cut in range(1, min(MOST_CUT, count - FEWEST_LEFT) + 1):
        yield cut, count
        yield 0, count - cut


def _part(low: str, ours: tuple[str, ...], spans: list[tuple[int, int]], first: int, *, whole: bool) -> str | None:
    """The text from the first of these words to the last, with what is the value's around them."""
    last = first + len(ours) - 2
    start, end = spans[first][0], spans[last][1]
    before = low[spans[first - 1][1] if first else 0 : start]
    behind = low[end : spans[last + 1][0] if last + 1 < len(spans) else len(low)]
    between = [low[spans[one][1] : spans[one + 1][0]] for one in range(first, last)]
    if not whole:
        # Words that are not all there prove less: a quote, a comment or an end of statement has to be there with them.
        pairs = [(ours[0][::-1], before[::-1]), *zip(ours[1:-1], between, strict=True), (ours[-1], behind)]
        if not any(set(_DELIMITERS.findall(our)) & set(_DELIMITERS.findall(their)) for our, their in pairs):
            return None
        start -= _reach(ours[0][::-1], before[::-1], 1)
        end += _reach(ours[-1], behind, 1)
        return low[start:end]
    start -= _reach(ours[0][::-1], before[::-1])
    end += _reach(ours[-1], behind)
    kept = any(not set(_marks(our)).isdisjoint(_marks(their)) for our, their in zip(ours[1:-1], between, strict=True))
    return low[start:end] if kept or end - start > spans[last][1] - spans[first][0] else None


def covered(low: str, value: str, cover: Cover) -> bool:
    """Whether every place where the value stands changed in the text lies inside one of these spans."""
    if not cover:
        return False
    part = altered(low, value)
    return part is not None and all(cover.holds(start, end) for start, end in occurrences(low, part))


def _reach(ours: str, theirs: str, anybodys: int = 2) -> int:
    """How many characters at the edge are the value's: as far as two marks or more agree, one may be anybody's."""
    wanted, at, agreed = [mark for mark in ours if not mark.isspace()], 0, 0
    for char in theirs:
        if agreed == len(wanted) or (not char.isspace() and char != wanted[agreed]):
            break
        agreed += not char.isspace()
        at += 1
    return at if agreed >= anybodys else 0
