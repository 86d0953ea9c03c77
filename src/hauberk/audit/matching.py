"""Whether an advisory concerns a version: the evaluation algorithm of the OSV schema, section "evaluation".

Pure functions. `intervals` does the part that needs no version, once, when the index is built; `affects` does the rest.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from hauberk.audit.advisory import Affected, Interval
from hauberk.audit.versions import Candidate, Ecosystem, is_prerelease, key

_COMPARATOR = re.compile(r"(<=|>=|<|>|={1,3})\s*([^\s,]+)")
_TIES = {"fixed": 0, "introduced": 1, "last_affected": 2}
"""At one and the same version: first what is fixed, then what begins, then what ends with it."""

_Event = tuple[Any, str, str]
"""Key (None: "0", before every version), kind, version."""


def affects(entry: Affected, version: Candidate) -> bool:
    """Whether the version is in one of the intervals or in the list. A text that is no version is only looked up."""
    if version.full is None:
        return version.text in entry.versions
    if any(_within(interval, version) for interval in entry.intervals) and _within_known(entry.known, version):
        return True
    keys = (key(version.ecosystem, text) for text in entry.versions)
    return any(k is not None and k in (version.full, version.public) for k in keys)


def _within(interval: Interval, version: Candidate) -> bool:
    first, last, inclusive = interval
    if first is not None and version.against(low := key(version.ecosystem, first)) < low:
        return False
    if last is None:
        return True
    mine = version.against(high := key(version.ecosystem, last))
    return bool(mine <= high if inclusive else mine < high)


def _within_known(known: str, version: Candidate) -> bool:
    """Whether every comparator holds. One that cannot be read bounds nothing."""
    for sign, text in _COMPARATOR.findall(known):
        bound = key(version.ecosystem, text)
        if bound is None:
            continue
        mine = version.against(bound)
        holds = {"<": mine < bound, "<=": mine <= bound, ">": mine > bound, ">=": mine >= bound}
        if not holds.get(sign, mine == bound):
            return False
    return True


def intervals(events: Iterable[Mapping[str, Any]], ecosystem: Ecosystem) -> Iterator[Interval]:
    """What the walk over a range's events calls affected; they may come in any order. What is no version is skipped."""
    parsed, limit = _parse(events, ecosystem)
    begun = False
    first: str | None = None
    again = empty = None
    for at, kind, text in parsed:
        if kind == "introduced":
            if begun:
                again = at
            elif at is None or at != empty:  # introduced and fixed at once: nothing is affected
                begun, first = True, None if at is None else text
        elif not begun:
            empty = at
        elif kind == "fixed" or at != again:  # last affected where the next interval begins: they touch
            yield _limited((first, text, kind == "last_affected"), limit, ecosystem)
            begun = False
    if begun:
        yield _limited((first, None, False), limit, ecosystem)


def _parse(events: Iterable[Mapping[str, Any]], ecosystem: Ecosystem) -> tuple[list[_Event], str | None]:
    """The events in their order, and the highest limit."""
    first: list[_Event] = []
    later: list[_Event] = []
    limits: list[tuple[Any, str]] = []
    for event in events:
        for kind, value in event.items():
            text = str(value)
            if kind == "introduced" and text == "0":
                first.append((None, kind, text))
            elif (at := key(ecosystem, text)) is None:
                continue
            elif kind in _TIES:
                later.append((at, kind, text))
            elif kind == "limit":
                limits.append((at, text))
    later.sort(key=lambda event: (event[0], _TIES[event[1]]))
    return first + later, max(limits, key=lambda pair: pair[0])[1] if limits else None


def _limited(interval: Interval, limit: str | None, ecosystem: Ecosystem) -> Interval:
    """The interval, ended before the limit. Several limits allow what any of them allows: the highest counts."""
    first, last, inclusive = interval
    if limit is None or (last is not None and key(ecosystem, last) < key(ecosystem, limit)):
        return first, last, inclusive
    return first, limit, False


def fixes_above(version: Candidate, entries: Iterable[Affected]) -> list[str]:
    """The fixed versions above this one, each once, lowest first."""
    if version.full is None:
        return []
    texts = dict.fromkeys(text for entry in entries for text in entry.fixed)
    keyed = [(k, text) for text in texts if (k := key(version.ecosystem, text)) is not None and k > version.public]
    return [text for _, text in sorted(keyed, key=lambda pair: pair[0])]


def min_safe_version(version: Candidate, entries: Sequence[Affected]) -> str | None:
    """The lowest fixed version above this one that no advisory of the package concerns and that is no pre-release.

    `entries` are all advisories of the package, not only those that concern `version`: an upgrade must not walk into
    another one.
    """
    for text in fixes_above(version, entries):
        if is_prerelease(version.ecosystem, text):
            continue
        upgrade = Candidate.of(version.ecosystem, text)
        if not any(affects(entry, upgrade) for entry in entries):
            return text
    return None


def alias_groups(records: Iterable[tuple[str, Sequence[str]]]) -> list[list[str]]:
    """Ids of records that speak of the same fault, from (id, aliases): connected through any shared name, case apart.

    `upstream` and `related` are not aliases (OSV schema) and are not given here.
    """
    groups: list[tuple[set[str], list[str]]] = []
    for own, aliases in records:
        names = {text.casefold() for text in (own, *aliases)}
        ids = [own]
        apart = []
        for group in groups:
            if group[0].isdisjoint(names):
                apart.append(group)
            else:
                names |= group[0]
                ids += group[1]
        groups = [*apart, (names, ids)]
    return sorted(sorted(set(ids)) for _, ids in groups)
