"""Did an input become a part of an LDAP filter (RFC 4515) or distinguished name (RFC 4514)? By their grammar (CWE-90).

An input is inert inside one assertion value or attribute value, as it came or escaped as those documents say.
"""

from __future__ import annotations

import re
from functools import lru_cache

from hauberk.guard.likeness import compare
from hauberk.guard.verdict import ABSENT, Judgement, occurrences

WILDCARD = Judgement("attack", "the input is the wildcard that matches every value")
WHOLE = Judgement("unknown", "the input is the whole distinguished name")
_MUST = re.compile(r"[\\,+\"<>;]|\A[# ]| \Z")
_MAY = re.compile(r"[\\,+\"<>;=#]|\A | \Z")
_ANYTHING = re.compile(r"\(\s*([^()&|!=~<>:*\\\s]+)\s*=\*+\)")
"""An assertion that any value satisfies."""
_EVERY_ENTRY = frozenset({"objectclass"})
"""Attributes that every entry has, so that applications ask for any value of them."""


def judge_filter(text: str, value: str) -> Judgement:
    """Judge one input in one search filter. Never raises."""
    return compare(text, value, filter_shape, "the input adds syntax to the filter")


def judge_name(text: str, value: str) -> Judgement:
    """Judge one input in one distinguished name. Never raises."""
    if text.strip().lower() == value.strip().lower() and occurrences(text, value):
        return WHOLE if "=" in text else ABSENT
    changed = "the input adds parts to the distinguished name"
    return compare(text, value, name_shape, changed, escaped=_escaped_name(value))


def _escaped_name(value: str) -> list[str]:
    """The value as libraries escape it (RFC 4514, section 2.4): all that they may, or only what they must."""
    least = _MUST.sub(r"\\\g<0>", value)
    most = _MAY.sub(r"\\\g<0>", value)
    return [least, most, *(form.replace("\0", "\\00") for form in (least, most) if "\0" in value)]


def any_value(text: str) -> tuple[str, ...]:
    """The attributes of a filter for which any value will do, but for those that every entry has."""
    return tuple(name.lower() for name in _ANYTHING.findall(text) if name.lower() not in _EVERY_ENTRY)


@lru_cache(maxsize=32)
def filter_shape(text: str) -> tuple[str, ...]:
    """The structure of a filter: parentheses, operators, wildcards, and one sign for a value.

    `&`, `|`, `!` are operators right behind a parenthesis only, and the first `=` is the one of its assertion.
    """
    found: list[str] = []
    at, opened = 0, True
    while at < len(text):
        character = text[at]
        if character in "()":
            found.append(character)
            opened = character == "("
            at += 1
        elif character.isspace():
            at += 1
        elif opened and character in "&|!":
            found.append(character)
            at += 1
        else:
            at = _assertion(text, at, found)
            opened = False
    return tuple(found)


def _assertion(text: str, at: int, found: list[str]) -> int:
    """`attr=value` up to the next parenthesis; where it ends."""
    end = at
    while end < len(text) and text[end] not in "()":
        end += 1
    name, equals, value = text[at:end].partition("=")
    operator = name[-1:] if equals and name[-1:] in {"~", "<", ">", ":"} else ""
    # What stands behind a colon is a matching rule: syntax, unlike a name (RFC 4515, `extensible`).
    found.append("v" + ":" * name.count(":"))
    if equals:
        found.append(operator + "=")
        found += _value(value)
    return end


def _value(value: str) -> list[str]:
    parts: list[str] = []
    for at, part in enumerate(value.split("*")):
        if at:
            parts.append("*")
        if part.strip():
            parts.append("0" if "\0" in part else "v")
    return parts


@lru_cache(maxsize=32)
def name_shape(text: str) -> tuple[str, ...] | None:
    """The structure of a distinguished name: what separates its parts; None where a quote is never closed."""
    found: list[str] = []
    at, named = 0, False
    while at < len(text):
        character = text[at]
        if character == "\\":
            at += 1
            _one_value(found)
        elif character == '"':
            end = _quoted(text, at)
            if end < 0:
                return None
            at = end
            _one_value(found)
        elif character in ",;+":
            found.append("," if character == ";" else character)
            named = False
        elif character == "=" and not named:
            found.append("=")
            named = True
        elif not character.isspace():
            _one_value(found)
        at += 1
    return tuple(found)


def _one_value(found: list[str]) -> None:
    if not found or found[-1] != "v":
        found.append("v")


def _quoted(text: str, at: int) -> int:
    """Where a quoted value ends (RFC 1779, and readers of RFC 4514 that still take it); -1 if it does not."""
    at += 1
    while at < len(text) and text[at] != '"':
        at += 2 if text[at] == "\\" else 1
    return at if at < len(text) else -1
