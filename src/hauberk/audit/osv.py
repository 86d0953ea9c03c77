"""Advisories as OSV records (OSV schema 1.7) and what of them the index keeps.

Liberal in what is read: members may be null or missing, times of any shape, numbers where texts belong. Strict in what
is counted: a record that cannot be understood is reported, never skipped in silence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

import msgspec

from hauberk.audit.advisory import Affected, Brief
from hauberk.audit.matching import affects, intervals
from hauberk.audit.severity import judge
from hauberk.audit.text import summary
from hauberk.audit.versions import ECOSYSTEMS, Candidate, Ecosystem, normal_name

Json = dict[str, Any]
_NONE: Mapping[str, tuple[float, float]] = MappingProxyType({})


class Package(msgspec.Struct):
    """`affected[].package`."""

    name: str
    ecosystem: str


class Range(msgspec.Struct):
    """`affected[].ranges[]`."""

    type: str | None = None
    events: list[Json] | None = None
    database_specific: Json | None = None


class AffectedIn(msgspec.Struct):
    """`affected[]`."""

    package: Package | None = None
    ranges: list[Range] | None = None
    versions: list[str] | None = None
    severity: list[Json] | None = None
    database_specific: Json | None = None


class Record(msgspec.Struct):
    """One advisory, as far as it is read."""

    id: str
    modified: str | None = None
    published: str | None = None
    withdrawn: str | None = None
    aliases: list[str] | None = None
    summary: str | None = None
    details: str | None = None
    affected: list[AffectedIn] | None = None
    severity: list[Json] | None = None
    database_specific: Json | None = None


# Summaries of the databases' own making ("Malicious Package in x", "Malicious code in x (PyPI)", "Malware in x",
# "Embedded malicious code in x", "x releases contained malicious ..."), not faults that a malicious input triggers.
_MALICIOUS = re.compile(
    r"^(?:duplicate advisory: )?(?:malicious (?:npm |pypi )?(?:package|code|versions?|releases?)(?: in\b| of\b|: )"
    r"|(?:embedded )?malware in\b|embedded malicious code\b|\S+ (?:is|contains?|contained) malware\b)"
    r"|\b(?:package|release|version)s?\b.{0,60}\b(?:contain(?:s|ed|ing)?|with) (?:\w+ ){0,3}?"
    r"(?:malicious (?:code|crypto)|malware)\b",
    re.IGNORECASE,
)


def is_malicious(record: Record) -> bool:
    """Whether the package itself is the attack (CWE-506), rather than attackable."""
    own = record.database_specific or {}
    return (
        record.id.upper().startswith("MAL-")
        or "malicious-packages-origins" in own
        or (isinstance(own.get("cwe_ids"), list) and "CWE-506" in own["cwe_ids"])
        or bool(_MALICIOUS.search(record.summary or ""))
    )


def brief(record: Record, exploited: frozenset[str], likely: Mapping[str, tuple[float, float]] = _NONE) -> Brief:
    """The advisory in a few words. `exploited` and `likely` (EPSS, percentile) go by CVE ids in upper case."""
    aliases = tuple(dict.fromkeys(record.aliases or ()))
    vectors = [*(record.severity or ())]
    for affected in record.affected or ():
        vectors += affected.severity or ()
    level, score, vector = judge(vectors, record.database_specific or {})
    malicious = is_malicious(record)
    names = [name.upper() for name in (record.id, *aliases)]
    epss = max((likely[name] for name in names if name in likely), default=(None, None))
    return Brief(
        id=record.id,
        aliases=aliases,
        summary=summary(record.summary or (record.details or "").partition("\n")[0]),
        severity="critical" if malicious else level,
        score=score,
        vector=vector,
        malicious=malicious,
        exploited=any(name in exploited for name in names),
        modified=(record.modified or "")[:10],
        epss=epss[0],
        percentile=epss[1],
    )


def affected_packages(record: Record) -> Iterator[tuple[Ecosystem, str, Affected]]:
    """What the record says about each package of an ecosystem of ours; nothing if it was withdrawn."""
    if record.withdrawn:
        return
    for entry in record.affected or ():
        if entry.package is None:
            continue
        # `PyPI:https://...` names another index of the same ecosystem.
        ecosystem = next((e for e in ECOSYSTEMS if e == entry.package.ecosystem.partition(":")[0]), None)
        if ecosystem is not None:
            yield ecosystem, normal_name(ecosystem, entry.package.name), _affected(record.id, ecosystem, entry)


def _affected(own: str, ecosystem: Ecosystem, entry: AffectedIn) -> Affected:
    # A GIT range speaks of commits; one without a type is taken as one of the ecosystem's versions.
    events = [r.events or [] for r in entry.ranges or () if r.type != "GIT"]
    ended = any("fixed" in event or "last_affected" in event for r in events for event in r)
    fixed = (event["fixed"] for r in events for event in r if event.get("fixed") is not None)
    found = Affected(
        id=own,
        intervals=tuple(dict.fromkeys(i for r in events for i in intervals(r, ecosystem))),
        fixed=tuple(dict.fromkeys(map(str, fixed))),
        known="" if ended else _known(entry),
    )
    listed = entry.versions or []
    if not any("+" in (text or "") for first, last, _ in found.intervals for text in (first, last)):
        # What the ranges say already need not be listed: it is most of the data.
        listed = [text for text in listed if not affects(found, Candidate.of(ecosystem, text))]
    return found._replace(versions=tuple(listed))


def _known(entry: AffectedIn) -> str:
    for own in (entry.database_specific, *(r.database_specific for r in entry.ranges or ())):
        if own and isinstance(text := own.get("last_known_affected_version_range"), str):
            return text
    return ""


DECODE = msgspec.json.Decoder(Record)
