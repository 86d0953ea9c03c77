"""Did an input leave its literal? Judged on the tokens of the statement, never on what the input looks like (CWE-89).

An input is inert where it lies strictly inside one string, quoted name or comment, or is (part of) one number or word:
then another value in its place would give the same tokens. Everything else changed the statement.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice, takewhile

from hauberk.guard.fragments import altered
from hauberk.guard.tokens import Token, dialects, tokenise
from hauberk.guard.verdict import ABSENT, Cover, Judgement, escapings, occurrences, slashed

Span = tuple[int, int]

_INERT = Judgement("inert", "the input stays inside one literal")
_ESCAPED = Judgement("inert", "the input is escaped inside one literal")
_QUOTES = "'\"`"


def judge(sql: str, value: str, dialect: str = "sqlite") -> Judgement:
    """Judge one input in one statement (or several).

    `dialect` is a name in `grammars.GRAMMARS`; under any other every grammar is tried, and one that says attack is
    believed. Never raises. A value that does not occur is inert: it was bound, escaped or left out.
    """
    verdict = ABSENT
    for form in (value, *escapings(value)):
        # An application may have escaped it for another grammar: doubled before a backslash, slashed for SQLite.
        if spans := occurrences(sql, form):
            # What was found is what is judged: it may be the stripped form.
            found = form if spans[0][1] - spans[0][0] == len(form) else form.strip()
            verdict = _worst(sql, (found,) if form == value else (found, value), spans, dialect)
            if verdict.attack:
                break
    return verdict


def judge_altered(sql: str, dialect: str, low: str, value: str) -> Judgement | None:
    """Judge an input that the application changed before it used it; None where there is nothing like it.

    `low` and `value` are the statement and the input in lower case. What was changed may have been escaped, in any way:
    only what it did to the tokens counts.
    """
    part = altered(low, value)
    if part is None:
        return None
    spans = occurrences(sql, part)
    for scan in (_scan(sql, name) for name in dialects(dialect, sql)):
        for start, end in spans:
            first = bisect_right(scan.starts, start) - 1
            if problem := _problem(sql, "", (start, end), scan, first):
                return Judgement("attack", f"{problem}, after the application changed it")
    return _INERT


def _worst(sql: str, values: tuple[str, ...], spans: Sequence[Span], dialect: str) -> Judgement:
    verdict = _INERT
    for name in dialects(dialect, sql):
        verdict = _judge(sql, values, spans, _scan(sql, name))
        if verdict.attack:
            return verdict
    return verdict


@dataclass(frozen=True, slots=True)
class Scan:
    """A statement's tokens, and what every judgement of it needs to know: found out once, whatever the input."""

    tokens: Sequence[Token]
    starts: Sequence[int]
    closed: bool
    literals: Sequence[Token]
    """Closed strings and quoted names in which marks are escaped."""
    marks: frozenset[str]
    """What closes or escapes in them."""
    within: frozenset[int]
    """Positions between the two characters of an escape."""


@lru_cache(maxsize=16)
def _scan(sql: str, dialect: str) -> Scan:
    # Many inputs are judged in one statement: a request may hold thousands of them.
    tokens = tokenise(sql, dialect)
    quoted = [token for token in tokens if token.kind in {"string", "name"} and token.quote != "$"]
    return Scan(
        tokens=tokens,
        starts=[token.start for token in tokens],
        closed=all(token.closed for token in tokens),
        literals=[token for token in quoted if token.closed],
        marks=frozenset(token.quote for token in quoted) | frozenset("\\" for token in quoted if token.backslash),
        within=frozenset(at for token in quoted for at in _escapes(sql, token)),
    )


def _escapes(sql: str, token: Token) -> Iterator[int]:
    at = token.inner
    while at < token.inner_end:
        if (token.backslash and sql[at] == "\\") or sql.startswith(token.quote * 2, at):
            yield at + 1
            at += 1
        at += 1


def _judge(sql: str, values: tuple[str, ...], spans: Sequence[Span], scan: Scan) -> Judgement:
    """`values`: what was found, and what it was before it was escaped, if it was."""
    closed, value = scan.closed, values[0]
    # Where something stays open, a doubled mark may as well be the input's and the application's, side by side.
    escaped = Cover([span for one in values for span in _escaped_spans(sql, one, scan)] if closed else ())
    if closed and ((value in _QUOTES and len(value) == 1) or (escaped and not any(map(str.isalnum, value)))):
        # Marks alone also occur as the application's own. With everything closed and the input doubled where it
        # stands, or too short to open and close anything, those are not the input's.
        return _ESCAPED
    for start, end in spans:
        if escaped.holds(start, end):
            continue
        if problem := _problem(sql, value, (start, end), scan, bisect_right(scan.starts, start) - 1):
            return Judgement("attack", problem)
    return _ESCAPED if escaped else _INERT


def _problem(sql: str, value: str, span: Span, scan: Scan, first: int) -> str:
    """What the input did to the tokens around it, or an empty text."""
    token = scan.tokens[first]
    if span[1] > token.end:
        return _across(sql, span, scan.tokens, first)
    if token.kind in {"space", "number", "word"}:
        return ""
    if token.kind == "symbol":
        # One sign alone does nothing that a value could not: it stands there by chance, `?` as a placeholder.
        return "" if span == (token.start, token.end) else "the input is an operator of the statement"
    if span == (token.start, token.end) and token.closed and token.kind != "comment":
        return ""  # One literal where one number could stand.
    if not (token.inner <= span[0] and span[1] <= token.inner_end):
        return f"the input holds a delimiter of a {_NAMES[token.kind]}"
    if not token.closed:
        return f"the input is in a {_NAMES[token.kind]} that is never closed"
    if token.kind != "comment" and _breaks(value, span, token, scan):
        return f"the input holds a mark that closes a {_NAMES[token.kind]}, and it was not escaped"
    return ""


_NAMES = {"string": "string", "name": "quoted name", "comment": "comment"}


def _across(sql: str, span: Span, tokens: Sequence[Token], first: int) -> str:
    """An input over several tokens: one number, signed or not, or one word, with space around it, is still a value."""
    before = tokens[first - 1] if first else None
    if before is not None and before.kind == "comment" and before.end == span[0] and _is_line(sql, before):
        return "the input ends a comment"
    covered = takewhile(lambda token: token.start < span[1], islice(tokens, first, None))
    kinds = [(token.kind, sql[token.start : token.end]) for token in covered if token.kind != "space"]
    match kinds:
        case [] | [("number" | "word", _)] | [("symbol", "+" | "-"), ("number", _)]:
            return ""
        case [("symbol", "?" | "$" | ":" | "@" | "%"), ("number" | "word", _)]:
            return ""  # A placeholder of the application's own, such as `?1` or `%s`.
    if any(kind == "comment" for kind, _ in kinds):
        return "the input opens or closes a comment"
    if any(kind in {"string", "name"} for kind, _ in kinds):
        return "the input opens or closes a literal"
    return "the input adds tokens to the statement"


def _is_line(sql: str, comment: Token) -> bool:
    """Whether a comment is one that a new line ends."""
    return not sql.startswith("/*", comment.start)


def _breaks(value: str, span: Span, token: Token, scan: Scan) -> bool:
    """Whether an input inside a literal holds marks that mean something there, though nothing got out this time."""
    if token.quote == "$":
        return False
    if token.quote in value:
        return True
    # A last backslash takes the application's own mark with it.
    return token.backslash and "\\" in value and span[1] in scan.within


def _escaped_spans(sql: str, value: str, scan: Scan) -> list[Span]:
    """Where the value stands in a closed literal with each of its marks escaped, by the application or by itself."""
    found: list[Span] = []
    if not ("\\" in scan.marks or any(mark in value for mark in scan.marks)):
        return found
    for token in scan.literals:
        for form in _forms(value, token):
            inner = sql[token.inner : token.inner_end]
            for start, end in occurrences(inner, form):
                span = (token.inner + start, token.inner + end)
                if span[0] not in scan.within and span[1] not in scan.within:
                    found.append(span)
    return found


def _forms(value: str, token: Token) -> Iterator[str]:
    if token.quote not in value and not token.backslash:
        return
    doubled = value.replace(token.quote, token.quote * 2)
    yield value
    if doubled != value:
        yield doubled
    if token.backslash:
        twice, mark = value.replace("\\", "\\\\"), "\\" + token.quote
        forms = (
            slashed(value),
            twice.replace(token.quote, token.quote * 2),
            twice.replace(token.quote, mark),
            value.replace(token.quote, mark),
        )
        yield from (form for form in dict.fromkeys(forms) if form not in {value, doubled})
