"""Where in JavaScript a word stands: in code, in a string, in a comment. Source: ECMAScript, section 12."""

from __future__ import annotations

from collections.abc import Iterator

QUOTES = "'\"`"
BROKEN = "!"
OUTSIDE = frozenset({"", "//", "/*", BROKEN})
"""States in which a word is not the content of a string."""


def states(code: str, word: str) -> Iterator[str]:
    """For each occurrence of the word: the quote of the string it is in, nothing for code, `//` or `/*` for a comment,
    `!` after a syntax error.

    Regular expression literals are read as code. They can hold a quote and so mislead this reading; what it finds is
    therefore never more than firm, and confirmed by a second answer.
    """
    position, length = 0, len(code)
    state = ""
    depth: list[int] = []
    """Open braces of each `${` that is open."""
    while position < length:
        if code.startswith(word, position):
            yield state
            position += len(word)
        elif not state:
            state, position = _in_code(code, position, depth)
        elif state == BROKEN:
            position += 1
        elif state == "//":
            state = "" if code[position] in "\n\u2028\u2029" else state
            position += 1
        elif state == "/*":
            state, position = ("", position + 2) if code.startswith("*/", position) else (state, position + 1)
        else:
            state, position = _in_string(code, position, state, depth)


def _in_code(code: str, position: int, depth: list[int]) -> tuple[str, int]:
    character = code[position]
    if code[position : position + 2] in ("//", "/*"):
        return code[position : position + 2], position + 2
    if character in QUOTES:
        return character, position + 1
    if depth and character == "{":
        depth[-1] += 1
    elif depth and character == "}":
        if depth[-1] == 0:
            depth.pop()
            return "`", position + 1
        depth[-1] -= 1
    return "", position + 1


def _in_string(code: str, position: int, quote: str, depth: list[int]) -> tuple[str, int]:
    character = code[position]
    if character == "\\":
        return quote, position + 2
    if character == quote:
        return "", position + 1
    if quote == "`" and code.startswith("${", position):
        depth.append(0)
        return "", position + 2
    if character == "\n" and quote != "`":  # an unterminated string: a syntax error, so that nothing of the script runs
        return BROKEN, position + 1
    return quote, position + 1
