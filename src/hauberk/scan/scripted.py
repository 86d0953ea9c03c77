"""Where a page's own scripts lead and what they send, read without running them: literals next to what browsers offer.

`location.href = "/x"` and its kin are links; `fetch`, `XMLHttpRequest.open`, jQuery and axios are requests, with the
fields that the same function puts into a FormData, an object or a JSON text. What is put together from variables is
left to a browser (`--browser`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from hauberk.scan.surface import FORM, JSON, MULTIPART, Media

LONGEST = 300_000
"""Characters of a script that are read."""
AROUND = 1_500
"""Characters before and after a call that may belong to it."""
MOST = 60
"""Requests that are read of one script."""
_TEXT = r"""(?P<quote>["'`])(?P<to>(?:\$\{[^{}]*\}|[^"'`\s<>\\{}])+)(?P=quote)"""
_LEADS = re.compile(
    rf"(?:\blocation(?:\.href)?\s*=(?!=)\s*|\blocation\.(?:assign|replace)\(\s*|\bwindow\.open\(\s*){_TEXT}(?!\s*\+)"
)
_CALLS = re.compile(
    rf"(?:(?P<fetch>\bfetch)\(\s*|\.open\(\s*[\"'](?P<open>[A-Za-z]+)[\"']\s*,\s*"
    rf"|(?:\$|\bjQuery|\baxios)\.(?P<short>get|post|put|patch|delete)\(\s*|\burl\s*:\s*){_TEXT}(?P<more>\s*\+)?"
)
_METHOD = re.compile(r"\b(?:method|type)[\"']?\s*:\s*[\"'](GET|POST|PUT|PATCH|DELETE)[\"']", re.IGNORECASE)
_APPENDED = re.compile(r"(\w+)\.append\(\s*[\"']([\w.\[\]-]{1,60})[\"']\s*,")
_STRINGIFIED = re.compile(r"JSON\.stringify\(\s*\{([^{}]{1,800})\}")
_DATA = re.compile(r"\bdata\s*:\s*\{([^{}]{1,800})\}")
_SECOND = re.compile(r"\s*,\s*\{([^{}]{1,800})\}")
_OPTIONS = re.compile(r"\s*,\s*[A-Za-z_$][\w$.]*\s*\)")
_KEY = re.compile(r"(?:^|,)\s*[\"']?([A-Za-z_][\w-]{0,60})[\"']?\s*(?=:|,|$)")
_BEGINS = re.compile(r"\bfunction\b|=>\s*\{")
_VARIABLE = re.compile(r"\$\{[^{}]*\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request that a script makes."""

    method: str
    address: str
    """As it is written; what a variable fills in is 1."""
    fields: tuple[str, ...] = ()
    media: Media = ""


def leads(code: str) -> Iterator[str]:
    """The addresses that the script sends the browser to."""
    for found in _LEADS.finditer(code[:LONGEST]):
        yield _VARIABLE.sub("1", found["to"])


def calls(code: str) -> Iterator[Call]:
    """The requests that the script makes, as far as they are written out."""
    code = code[:LONGEST]
    for number, found in enumerate(_CALLS.finditer(code)):
        if number >= MOST:
            return
        address = _VARIABLE.sub("1", found["to"])
        if not address.startswith(("/", "http://", "https://", "./")) and "/" not in address:
            continue
        if found["more"] and not address.endswith("="):  # the rest of the path is in a variable
            continue
        yield _call(code, found, address)


def _call(code: str, found: re.Match[str], address: str) -> Call:
    before, after = _function(code, found.start(), found.end())
    named = found["open"] or found["short"]
    if named is None:
        said = _METHOD.search(after)
        if said is None and _OPTIONS.match(after):  # they stand in a variable
            said = next(reversed(list(_METHOD.finditer(before))), None)
        named = said[1] if said else "GET"
    method = named.upper()
    if method == "GET":
        return Call(method=method, address=address)
    around = before + after
    second = _SECOND.match(after) if found["short"] else None
    for pattern in (_STRINGIFIED, _DATA):
        body = second or pattern.search(after) or pattern.search(before)
        if body is not None:
            is_form = pattern is _DATA or (second is not None and "axios" not in found[0])
            return Call(method=method, address=address, fields=_keys(body[1]), media=FORM if is_form else JSON)
    fields = [name for owner, name in _APPENDED.findall(around) if "header" not in owner.lower()]
    media = (MULTIPART if "FormData" in around else FORM) if fields else ""
    return Call(method=method, address=address, fields=tuple(dict.fromkeys(fields)), media=media)


def _function(code: str, start: int, end: int) -> tuple[str, str]:
    """What stands before and after the call within its function, about."""
    before = code[max(0, start - AROUND) : start]
    begins = [found.start() for found in _BEGINS.finditer(before)]
    after = code[end : end + AROUND]
    following = _CALLS.search(after)
    return before[begins[-1] :] if begins else before, after[: following.start()] if following else after


def _keys(members: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_KEY.findall(members)))
