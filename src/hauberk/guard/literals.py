"""Did an input leave its string in Perl, JavaScript, awk and their like? A conservative reading of quotes (CWE-94).

None of these is tokenised in full: an input passes where it is one word or number, or lies whole in one quoted string,
with nothing in it that ends the string or is evaluated in it. Anything else is an attack.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from hauberk.guard.interpreters import Language
from hauberk.guard.verdict import ABSENT, Judgement, occurrences

_WORD = re.compile(r"\s*(?:\w+|[+-]?\d+(?:\.\d+)?)\s*")
_INERT = Judgement("inert", "the input stays inside one string")
_NAMED = Judgement("inert", "the input is one word or number")
_ATTACK = Judgement("attack", "the input is code of the program that is handed over")
_QUOTES: dict[Language, str] = {
    "perl": "'\"", "ruby": "'\"", "php": "'\"", "javascript": "'\"`", "awk": '"', "lua": "'\"", "r": "'\"",
    "julia": '"',
}  # fmt: skip
_ONE_LINE = frozenset({"javascript", "awk", "lua"})
"""Languages whose strings do not go on in the next line, but for JavaScript's templates."""
_EVALUATED: dict[tuple[Language, str], re.Pattern[str]] = {
    ("perl", '"'): re.compile(r"[$@]"),
    ("ruby", '"'): re.compile(r"#[{$@]|#\Z"),
    ("php", '"'): re.compile(r"\$|\{\Z"),
    ("javascript", "`"): re.compile(r"\$\{|\$\Z"),
    ("julia", '"'): re.compile(r"\$"),
}
"""What is code inside a string, by its quote; the last sign counts with what may follow it."""


def judge(text: str, value: str, language: Language) -> Judgement:
    """Judge one input in one program. Never raises."""
    spans = occurrences(text, value)
    if not spans:
        return ABSENT
    if _WORD.fullmatch(value):
        return _NAMED
    if language == "sed":
        return _INERT if _between_delimiters(text, spans) else _ATTACK
    quotes = _quotes(text, language)
    if quotes is None:
        return _ATTACK
    return _INERT if all(_inside(text, quotes, span, language) for span in spans) else _ATTACK


def _inside(text: str, quotes: list[str], span: tuple[int, int], language: Language) -> bool:
    start, end = span
    quote = quotes[start]
    # One string has one sign all along, from before the first character of the input to behind its last.
    if len(quote) != 1 or set(quotes[start : end + 1]) - {quote, "\\" + quote} or quotes[end] != quote:
        return False
    inner = text[start:end]
    if language in _ONE_LINE and quote != "`" and ("\n" in inner or "\r" in inner):
        return False
    evaluated = _EVALUATED.get((language, quote))
    return evaluated is None or evaluated.search(inner) is None


_SUBSTITUTION = re.compile(r"\s*(?:[0-9,$]+|/[^/]*/)?\s*[sy]([^\w\s\\])")
"""How a script of sed begins that is one substitution, with its delimiter (sed(1p), "s/BRE/replacement/flags")."""


def _between_delimiters(text: str, spans: list[tuple[int, int]]) -> bool:
    """Whether an input of a sed script is a part of what a substitution looks for, or puts there."""
    found = _SUBSTITUTION.match(text)
    if found is None:
        return False
    delimiter, at, left = found[1], found.end(), 2
    while at < len(text) and left:
        left -= text[at] == delimiter
        at += 1 + (text[at] == "\\")
    return left == 0 and all(
        found.end() <= start and end < at and not any(char in text[start:end] for char in (delimiter, "\n", "\\"))
        for start, end in spans
    )


def outside(text: str, language: Language) -> Callable[[int], bool]:
    """Tells of a position whether it is in no string."""
    marks = _marks(text, language)
    return lambda at: marks[at] == ""


def _quotes(text: str, language: Language) -> list[str] | None:
    """As `_marks`; None where a string is never closed."""
    marks = _marks(text, language)
    return None if marks[-1] else marks


def _marks(text: str, language: Language) -> list[str]:
    """Before each character, the quote of the string that it is in, with a backslash in the middle of an escape.

    The sign of a closing quote's place is that of the string it closes.
    """
    found, quote, at = [], "", 0
    while at < len(text):
        char = text[at]
        found.append(quote)
        if quote and char == "\\":
            found.append("\\" + quote)
            at += 2
            continue
        if quote and char == quote:
            quote = ""
        elif not quote and char in _QUOTES[language]:
            quote = char
        at += 1
    return [*found[: len(text)], quote]
