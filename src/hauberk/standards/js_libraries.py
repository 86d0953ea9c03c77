"""Versions of front-end libraries that have known faults, as data: `js_libraries.json` says which since when."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Known:
    """One fault: versions from `since` (empty: from the beginning) and below `before` (empty: to this day)."""

    since: str
    before: str
    severity: str
    ids: tuple[str, ...]


@cache
def js_libraries() -> Mapping[str, tuple[Known, ...]]:
    """The table, read once."""
    data = json.loads((files(__package__) / "js_libraries.json").read_text(encoding="utf-8"))
    return {
        name: tuple(Known(since, before, severity, tuple(ids)) for since, before, severity, ids in rows)
        for name, rows in data["libraries"].items()
    }


def known_faults(name: str, version: str) -> list[Known]:
    """The faults that this version of the library has."""
    return [
        fault
        for fault in js_libraries().get(name, ())
        if (not fault.since or not is_below(version, fault.since))
        and (not fault.before or is_below(version, fault.before))
    ]


def is_below(version: str, other: str) -> bool:
    """Whether a version comes before another (Semantic Versioning 2.0.0, section 11, of as many parts as there are)."""
    (numbers, words), (others, their) = _parts(version), _parts(other)
    if numbers != others or not words or not their:
        return (numbers, not words) < (others, not their)
    return words < their


def _parts(version: str) -> tuple[list[int], list[tuple[int, str]]]:
    """The numbers, and what comes before the release: 1.2 and 1.2.0 are the same, 1.2-rc.1 and 1.2b1 are before it."""
    plain = re.sub(r"(?<=\d)\.?(?=[a-z])", "-", version.lower().lstrip("v").partition("+")[0])
    release, _, pre = plain.partition("-")
    numbers = [int(part) for part in release.split(".") if part.isdigit()][:4]
    words = [(int(part), "") if part.isdigit() else (10**9, part) for part in re.split(r"[.-]|(?<=[a-z])(?=\d)", pre)]
    return numbers + [0] * (4 - len(numbers)), [word for word in words if word != (10**9, "")]
