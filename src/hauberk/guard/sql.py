"""Did an input leave its literal? Judged on the tokens of the statement, never on what the input looks like (CWE-89).

An input is inert where it lies strictly inside one string, quoted name or comment, or is (part of) one number or word:
then another value in its place would give the same tokens. Everything else changed the statement.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import takewhile

from hauberk.guard.tokens import Token, dialects, tokenise
from hauberk.guard.verdict import ABSENT, Judgement, escapings, occurrences, slashed

Span = tuple[int, int]

_INERT = Judgement("inert", "the input stays inside one literal")
_ESCAPED = Judgement("inert", "the input is escaped inside one literal")
_QUOTES = "'\"`"


def judge(sql: str, value: str, dialect: str = "sqlite") -> Judgement:
    """Judge one input in one statement (or several).

    `dialect` is `sqlite`, `postgresql`, `mysql` or `mssql`; under any other name every grammar is tried, and one that
    says attack is believed. Never raises. A value that does not occur is inert: it was bound, escaped or left out.
    """
    for form in (value, *escapings(value)):
        # An application may have escaped it for another grammar: doubled before a backslash, slashed for SQLite.
        if spans := occurrences(sql, form):
            # What was found is what is judged: it may be the stripped form.
            return _worst(sql, form if spans[0][1] - spans[0][0] == len(form) else form.strip(), spans, dialect)
    return ABSENT


def _worst(sql: str, value: str, spans: Sequence[Span], dialect: str) -> Judgement:
    verdict = _INERT
    for name in dialects(dialect):
        verdict = _judge(sql, value, spans, tokenise(sql, name))
        if verdict.attack:
            return verdict
    return verdict


def _judge(sql: str, value: str, spans: Sequence[Span], tokens: Sequence[Token]) -> Judgement:
    closed = all(token.closed for token in tokens)
    # Where something stays open, a doubled mark may as well be the input's and the application's, side by side.
    escaped = _escaped_spans(sql, value, tokens) if closed else []
    if closed and ((value in _QUOTES and len(value) == 1) or (escaped and not any(map(str.isalnum, value)))):
        # Marks alone also occur as the application's own. With everything closed and the input doubled where it
        # stands, or too short to open and close anything, those are not the input's.
        return _ESCAPED
    starts = [token.start for token in tokens]
    for start, end in spans:
        first = bisect_right(starts, start) - 1
        if any(a <= start and end <= b for a, b in escaped):
            continue
        if problem := _problem(sql, value, (start, end), tokens, first):
            return Judgement("attack", problem)
    return _ESCAPED if escaped else _INERT


def _problem(sql: str, value: str, span: Span, tokens: Sequence[Token], first: int) -> str:
    """What the input did to the tokens around it, or an empty text."""
    token = tokens[first]
    if span[1] > token.end:
        return _across(sql, span, tokens, first)
    if token.kind in {"space", "number", "word"}:
        return ""
    if token.kind == "symbol":
        return "the input is an operator of the statement"
    if span == (token.start, token.end) and token.closed and token.kind != "comment":
        return ""  # One literal where one number could stand.
    if not (token.inner <= span[0] and span[1] <= token.inner_end):
        return f"the input holds a delimiter of a {_NAMES[token.kind]}"
    if not token.closed:
        return f"the input is in a {_NAMES[token.kind]} that is never closed"
    if token.kind != "comment" and _breaks(sql, value, span, token):
        return f"the input holds a mark that closes a {_NAMES[token.kind]}, and it was not escaped"
    return ""


_NAMES = {"string": "string", "name": "quoted name", "comment": "comment"}


def _across(sql: str, span: Span, tokens: Sequence[Token], first: int) -> str:
    """An input over several tokens: one number, signed or not, or one word, with space around it, is still a value."""
    covered = takewhile(lambda token: token.start < span[1], tokens[first:])
    kinds = [(token.kind, sql[token.start : token.end]) for token in covered if token.kind != "space"]
    match kinds:
        case [] | [("number" | "word", _)] | [("symbol", "+" | "-"), ("number", _)]:
            return ""
    if any(kind == "comment" for kind, _ in kinds):
        return "the input opens or closes a comment"
    if any(kind in {"string", "name"} for kind, _ in kinds):
        return "the input opens or closes a literal"
    return "the input adds tokens to the statement"


def _breaks(sql: str, value: str, span: Span, token: Token) -> bool:
    """Whether an input inside a literal holds marks that mean something there, though nothing got out this time."""
    if token.quote == "$":
        return False
    if token.quote in value:
        return True
    # A last backslash takes the application's own mark with it.
    return token.backslash and "\\" in value and not _boundary(sql, token, span[1])


def _boundary(sql: str, token: Token, position: int) -> bool:
    """Whether no escape of the literal lies across that position."""
    at = token.inner
    while at < position:
        if (token.backslash and sql[at] == "\\") or sql.startswith(token.quote * 2, at):
            at += 2
        else:
            at += 1
    return at == position


def _escaped_spans(sql: str, value: str, tokens: Sequence[Token]) -> list[Span]:
    """Where the value stands in a closed literal with each of its marks escaped, by the application or by itself."""
    found: list[Span] = []
    for token in tokens:
        if token.kind not in {"string", "name"} or not token.closed or token.quote == "$":
            continue
        for form in _forms(value, token):
            inner = sql[token.inner : token.inner_end]
            for start, end in occurrences(inner, form):
                span = (token.inner + start, token.inner + end)
                if _boundary(sql, token, span[0]) and _boundary(sql, token, span[1]):
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
        if (form := slashed(value)) != value:
            yield form
        if (both := doubled.replace("\\", "\\\\")) not in {value, doubled}:
            yield both
