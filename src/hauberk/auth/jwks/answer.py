"""What a server answered, read as a key set: bounded, and trusted no further than that."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

from hauberk.auth.tokens.encoding import parse
from hauberk.auth.tokens.errors import TokenError
from hauberk.auth.tokens.keys import Key, key_set
from hauberk.core.errors import ConfigurationError

MOST_KEYS = 100
NUMBERS = ("crv", "x", "y", "n", "e", "d", "p", "q", "dp", "dq", "qi", "k")
_AGE = re.compile(r"(?:^|[,\s])max-age=\"?([0-9]{1,10})")
_SECONDS = re.compile(r"[0-9]{1,10}")
_NEVER = re.compile(r"(?:^|[,\s])no-(?:store|cache)(?:[,\s]|$)")


class Answer(NamedTuple):
    """A response, as far as it was read."""

    status: int
    fields: Mapping[str, str]
    body: bytes


class FetchError(Exception):
    """Why a key set could not be had, in words; for our own use."""


def read(answer: Answer, shortest: float, longest: float) -> tuple[list[Key], float]:
    """The public keys, and for how many seconds they are fresh. Raises FetchError."""
    if answer.status != 200:
        raise FetchError(f"the answer has status {answer.status}")
    try:
        entries = parse(answer.body).get("keys")
        if isinstance(entries, list) and len(entries) > MOST_KEYS:
            raise FetchError(f"the set has {len(entries)} keys")
        keys = [key for key in key_set(_textual(entries)) if key.public is not None]
    except TokenError as error:
        raise FetchError(f"the body is no JSON: {error.reason}") from None
    except ConfigurationError as error:
        raise FetchError(f"the set {error.problem}") from None
    if not keys:
        raise FetchError("the set holds no public key")
    return keys, lifetime(answer.fields, shortest, longest)


def _textual(entries: object) -> object:
    """Without entries whose numbers are not even texts: one that is no good takes no others with it."""
    if not isinstance(entries, list):
        return entries
    return [
        entry
        for entry in entries
        if isinstance(entry, Mapping) and all(isinstance(entry.get(name, ""), str) for name in NUMBERS)
    ]


def lifetime(fields: Mapping[str, str], shortest: float, longest: float) -> float:
    """Seconds, by Cache-Control and Age within our own bounds (RFC 9111, section 4.2)."""
    said = fields.get("cache-control", "").lower()
    found = None if _NEVER.search(said) else _AGE.search(said)
    if found is None:
        return shortest
    age = fields.get("age", "")
    passed = float(age) if _SECONDS.fullmatch(age) else 0.0
    return min(max(float(found[1]) - passed, shortest), longest)


def target(url: str, answer: Answer) -> str:
    """Where a redirect leads. Raises FetchError if that is another host, port or scheme; ValueError if it is no URL."""
    where = urljoin(url, answer.fields.get("location", ""))
    before, after = urlsplit(url), urlsplit(where)
    if (after.scheme, after.netloc) != (before.scheme, before.netloc):
        raise FetchError("it redirects to another host")
    return where
