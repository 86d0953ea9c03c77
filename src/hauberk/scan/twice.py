"""Fields that are asked for twice, such as a new password and the same again: where they differ, nothing happens."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from hauberk.core.finding import Place
from hauberk.scan.surface import Parameter

Key = tuple[Place, str]
"""Place and name."""

_AGAIN = re.compile(r"confirm(?:ation|ed)?|again|repeat(?:ed)?|retype[d]?|re[-_]?enter(?:ed)?|verif(?:y|ication)|check")
_SECRET = re.compile(r"pass|pwd|pin|secret|mail")
_NUMBER = re.compile(r"[12]$")
_SIGNS = re.compile(r"[-_.\s]+")


def repeated(parameters: Iterable[Parameter]) -> dict[Key, Key]:
    """For each field that repeats another one, which it repeats: `password_again` and `password2` say `password`."""
    keys = tuple([(p.place, p.name) for p in parameters if p.place in {"form", "json", "query"}])
    return dict(_repeated(keys)) if len(keys) > 1 else {}


@lru_cache(maxsize=512)
def _repeated(keys: tuple[Key, ...]) -> tuple[tuple[Key, Key], ...]:
    firsts: dict[Key, Key] = {}
    for place, name in keys:
        if not _says_again(name):
            firsts.setdefault((place, _stem(name)), (place, name))
    found = []
    for place, name in keys:
        first = firsts.get((place, _stem(name)))
        if first is not None and _says_again(name):
            found.append(((place, name), first))
    return tuple(found)


def _says_again(name: str) -> bool:
    low = name.lower()
    if _NUMBER.search(low) and _SECRET.search(low):
        return low.endswith("2")
    return _AGAIN.search(low) is not None


def _stem(name: str) -> str:
    low = _SIGNS.sub("", _AGAIN.sub("", name.lower()))
    return _NUMBER.sub("", low) if _SECRET.search(low) else low
