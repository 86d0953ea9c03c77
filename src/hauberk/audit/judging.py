"""From packages and advisories to findings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hauberk.audit.advisory import Affected, Brief
from hauberk.audit.matching import affects, alias_groups, fixes_above, min_safe_version
from hauberk.audit.readers import Pinned
from hauberk.audit.rules import MALICIOUS, VULNERABLE
from hauberk.audit.severity import worst
from hauberk.audit.text import clean, enumerate_some
from hauberk.audit.text import name as shown
from hauberk.audit.versions import Candidate, Ecosystem, normal_name
from hauberk.core.finding import Finding, PackageLocation

Key = tuple[Ecosystem, str, str]
"""Ecosystem, normalised name, version."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the index says about one package at one version."""

    version: Candidate
    matched: tuple[Affected, ...]
    safe: str | None
    """The lowest fixed version that no advisory concerns."""


def key_of(package: Pinned) -> Key:
    """What is looked up."""
    return package.ecosystem, normal_name(package.ecosystem, package.name), package.version


def judge(key: Key, entries: Sequence[Affected]) -> Verdict | None:
    """Match one version against all advisories of its package; None if none of them concerns it."""
    version = Candidate.of(key[0], key[2])
    matched = tuple(entry for entry in entries if affects(entry, version))
    if not matched:
        return None
    # Those that concern this version are the likeliest to concern the next one too: asked first, they settle most.
    return Verdict(version, matched, min_safe_version(version, [*matched, *(e for e in entries if e not in matched)]))


def groups(verdict: Verdict, briefs: Mapping[str, Brief]) -> list[list[str]]:
    """The ids that speak of one fault, for each fault."""
    ids = dict.fromkeys(entry.id for entry in verdict.matched)
    return alias_groups((own, briefs[own].aliases if own in briefs else ()) for own in ids)


def finding(
    package: Pinned,
    verdict: Verdict,
    ids: Sequence[str],
    briefs: Mapping[str, Brief],
    file: str,
    path: tuple[str, ...],
    age: int | None,
) -> Finding:
    """One fault of one package, in one file."""
    known = [briefs[own] for own in ids if own in briefs]
    malicious = any(b.malicious for b in known)
    name, version = shown(normal_name(package.ecosystem, package.name)), shown(package.version)
    fixed = [shown(v) for v in fixes_above(verdict.version, [e for e in verdict.matched if e.id in ids])]
    safe = shown(verdict.safe) if verdict.safe else None
    level = worst(b.severity for b in known)
    main = max(known, key=lambda b: b.score or 0.0, default=None)
    named = enumerate_some(clean(own) for own in ids)
    title = next((b.summary for b in known if b.summary), "")
    verb = "is known to be malicious" if malicious else "has a known vulnerability"
    return Finding(
        rule=MALICIOUS if malicious else VULNERABLE,
        outcome="fail",
        message=f"{name} {version} {verb}: {named}" + f", {title}" * bool(title),
        location=PackageLocation(
            file=file, line=package.line, package=name, version=version, ecosystem=package.ecosystem, path=path
        ),
        evidence=_evidence(known, main, level)
        | {"fixed_in": fixed, "safe_version": safe, "dev": package.dev, "data_age": age},
        key=_lasting(ids, known),
        own_severity=level,
        own_title=f"{name} {version}: {clean(ids[0])}",
        own_fix=_fix(name, malicious, fixed, safe),
    )


def _lasting(ids: Sequence[str], known: Iterable[Brief]) -> str:
    """What names the fault in the next run too, though databases add records on it: the CVE id, where there is one."""
    names = sorted({name.upper() for b in known for name in (b.id, *b.aliases)} | {own.upper() for own in ids})
    return next((name for name in names if name.startswith("CVE-")), names[0])


def _evidence(known: Iterable[Brief], main: Brief | None, level: str | None) -> dict[str, Any]:
    known = list(known)
    scored = main is not None and main.score is not None
    return {
        "advisories": [
            {"id": clean(b.id), "aliases": [clean(a) for a in b.aliases], "summary": clean(b.summary)} for b in known
        ],
        "cvss": {"vector": clean(main.vector), "score": main.score} if main is not None and scored else None,
        "kev": any(b.exploited for b in known),
        "epss": _epss(known),
        "severity_known": level is not None,
    }


def _epss(known: Sequence[Brief]) -> dict[str, float | None] | None:
    likely = max((b for b in known if b.epss is not None), key=lambda b: b.epss or 0.0, default=None)
    return {"probability": likely.epss, "percentile": likely.percentile} if likely else None


def _fix(name: str, malicious: bool, fixed: Sequence[str], safe: str | None) -> str:
    if malicious:
        return (
            f"Remove {name}"
            + (f", or pin {safe}, which no advisory concerns" if safe else "")
            + "; "
            + ("take the machines that installed it as compromised and change the secrets they held.")
        )
    if safe:
        return f"Upgrade {name} to {safe}, the lowest version that no advisory concerns."
    if fixed:
        return (
            f"{fixed[0]} mends this, yet another advisory concerns every fixed version of {name}: upgrade and watch it."
        )
    return f"There is no fixed version of {name}: replace it, or make sure that its fault cannot be reached."
