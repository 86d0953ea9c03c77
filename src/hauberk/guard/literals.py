"""Did an input leave its string in Perl, Ruby, PHP, JavaScript or awk? A conservative reading of quotes (CWE-94).

None of these is tokenised in full: an input passes where it is one word or number, or lies whole in one quoted string,
with nothing in it that ends the string or is evaluated in it. Anything else is an attack.
"""

from __future__ import annotations

import re

from hauberk.guard.programs import Language
from hauberk.guard.verdict import ABSENT, Judgement, occurrences

_WORD = re.compile(r"\s*(?:\w+|[+-]?\d+(?:\.\d+)?)\s*")
_INERT = Judgement("inert", "the input stays inside one string")
_NAMED = Judgement("inert", "the input is one word or number")
_ATTACK = Judgement("attack", "the input is code of the program that is handed over")
_QUOTES: dict[Language, str] = {"perl": "'\"", "ruby": "'\"", "php": "'\"", "javascript": "'\"`", "awk": '"'}
_ONE_LINE = frozenset({"javascript", "awk"})
"""Languages whose strings do not go on in the next line, but for JavaScript's templates."""
_EVALUATED: dict[tuple[Language, str], re.Pattern[str]] = {
    ("perl", '"'): re.compile(r"[$@]"),
    ("ruby", '"'): re.compile(r"#[{$@]|#\Z"),
    ("php", '"'): re.compile(r"\$|\{\Z"),
    ("javascript", "`"): re.compile(r"\$\{|\$\Z"),
}
"""What is code inside a string, by its quote; the last sign counts with what may follow it."""


def judge(text: str, value: str, language: Language) -> Judgement:
    """Judge one input in one program. Never raises."""
    spans = occurrences(text, value)
    if not spans:
        return ABSENT
    if _WORD.fullmatch(value):
        return _NAMED
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


def _quotes(text: str, language: Language) -> list[str] | None:
    """Before each character, the quote of the string that it is in, with a backslash in the middle of an escape.

    The sign of a closing quote's place is that of the string it closes. None where a string is never closed.
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
    found.append(quote)
    return None if quote else found[: len(text) + 1]
