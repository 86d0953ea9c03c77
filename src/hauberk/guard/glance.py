"""A glance at request and page: could anything of the one run in the other? Most can be told without reading either."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from hauberk.core.exchange import Exchange
from hauberk.guard.html import words_in
from hauberk.guard.inputs import every, forms

_SIGNS = re.compile(
    rb"<|>|\"|'|`|\\|;|\(|%(?:3[cCdDeE]|2[257]|60|5[cC])|&(?:[lLgG][tT]|[qQ][uU]|#)|=[^&]*=|"
    rb"s(?:[cC][rR][iI][pP][tT])|S(?:[cC][rR][iI][pP][tT])"
)
"""Octets of a query or body, one of which stands in all that can become a script, unless it is encoded as a whole.

Each alternative begins with one octet, and none ignores case: so the search passes by all other octets in one loop.
"""
_RUN = re.compile(rb"[A-Za-z0-9+/_-]{24}")
"""What may be encoded as a whole."""
_SHORTEST_RUN = 24
_CAPABLE = re.compile(r"[<>\"'`\\(]|=|script\s*:|^\s*(?:https?:)?[/\\]{2}", re.IGNORECASE)
_PATH = re.compile(r"[<>\"'`\\(=:]")
"""Without one of these and two slashes, a path is none of that."""
_HEADER = re.compile(r"<|script:|%(?:3c|22|27)|[\"'].*[=(]", re.IGNORECASE)
"""What a header or a cookie must hold to be looked for in pages."""
_SHORT = 300
_BROWSERS_OWN = frozenset({"authorization", "content-type", "accept"})
_BROWSERS_OWN_START = ("sec-", "if-")
"""Header fields that browsers fill with quotes of their own."""
_ENCODED = re.compile(r"[%&\\]|^\s*[{\[]|[A-Za-z0-9+/_-]{24}")
"""Values that may be something else once they are decoded."""
_CUT = re.compile(r"[<=]|script\s*:|^\s*[{\[]", re.IGNORECASE)
"""Values of which a part may be enough, or something inside."""


def telling(ex: Exchange) -> bool:
    """Whether the octets of the request hold anything that could become a script, before any of it is parsed."""
    query = ex.query
    if query and _may_hold(query):
        return True
    path = ex.path
    if (("//" in path or _PATH.search(path)) and _CAPABLE.search(path)) or (ex.body and _may_hold(ex.kept_body())):
        return True
    for name, value in ex.headers():
        if _remembered(name, value) if len(value) <= _SHORT else _tells(name, value):
            return True
    return False


def _may_hold(octets: bytes) -> bool:
    """Whether a query or body holds what can become a script."""
    return _SIGNS.search(octets) is not None or (len(octets) >= _SHORTEST_RUN and _RUN.search(octets) is not None)


def _tells(name: str, value: str) -> bool:
    return _HEADER.search(value) is not None and not _browsers_own(name)


_remembered = lru_cache(maxsize=1_024)(_tells)
"""The same of a short field: what browsers send comes again with each request."""


def capable(name: str, value: str) -> bool:
    """Whether an input could be markup or code."""
    kind, _, field = name.partition(":")
    if kind in {"header", "cookie"}:
        return _HEADER.search(value) is not None and (kind == "cookie" or not _browsers_own(field))
    return _CAPABLE.search(value) is not None


def inert(page: str) -> bool:
    """Whether nothing can run in it: there is no attribute, and no script."""
    return "=" not in page and "<script" not in page and "<script" not in page.lower()


def worth_reading(ex: Exchange, page: str) -> bool:
    """Whether some input could be a script of the page, which is in lower case: its words are there, or may be."""
    return any(
        capable(name, form) and (_CUT.search(form) is not None or not _plain(form) or words_in(page, form.lower()))
        for name, value in every(ex)
        for form in (forms(value) if _ENCODED.search(value) else (value,))
    )


def _plain(value: str) -> bool:
    return value.isascii() or unicodedata.is_normalized("NFKC", value)


def _browsers_own(field: str) -> bool:
    return field in _BROWSERS_OWN or field.startswith(_BROWSERS_OWN_START)
