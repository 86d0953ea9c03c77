"""Which version a vulnerable package should go to: pure, from what the advisories say.

The smallest version above the present one that is no pre-release and that no advisory of the package concerns. Nothing
here asks a registry: whether the version was ever published, and whether the others get along with it, is the
resolver's to say (`Upgrade.candidates` are tried in turn).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hauberk.audit.advisory import Affected
from hauberk.audit.judging import Key
from hauberk.audit.matching import affects, fixes_above
from hauberk.audit.versions import Candidate, Ecosystem, is_prerelease, key


@dataclass(frozen=True, slots=True, kw_only=True)
class Upgrade:
    """A package that should go up, and where to."""

    ecosystem: Ecosystem
    name: str
    """Normalised."""
    version: str
    candidates: tuple[str, ...]
    """Versions that clear every advisory, smallest first; at least one."""
    advisories: tuple[str, ...]
    """Ids of those that concern the present version."""

    @property
    def to(self) -> str:
        """The smallest candidate."""
        return self.candidates[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoFix:
    """A package that stays as it is, and why."""

    ecosystem: Ecosystem
    name: str
    version: str
    reason: str
    advisories: tuple[str, ...]


def choose(package: Key, entries: Sequence[Affected], published: Sequence[str] = ()) -> Upgrade | NoFix | None:
    """Where a package should go; None if no advisory concerns it.

    `entries` are all advisories of the package: an upgrade must not walk into another one. `published` are versions
    that a registry is known to have: with them a fault that no advisory calls fixed, yet whose range ends, is mended.
    """
    ecosystem, name, text = package
    version = Candidate.of(ecosystem, text)
    matched = [entry for entry in entries if affects(entry, version)]
    if not matched:
        return None
    ids = tuple(dict.fromkeys(entry.id for entry in matched))
    known = fixes_above(version, entries)
    safe = _safe([*known, *published], version, entries)
    if safe:
        return Upgrade(ecosystem=ecosystem, name=name, version=text, candidates=safe, advisories=ids)
    reason = _why_not(version, matched, known)
    return NoFix(ecosystem=ecosystem, name=name, version=text, reason=reason, advisories=ids)


def ends(package: Key, entries: Iterable[Affected]) -> tuple[str, ...]:
    """The last affected versions, at or above the present one: what comes after them may be safe, if there is any."""
    ecosystem, _, text = package
    version = Candidate.of(ecosystem, text)
    if version.full is None:
        return ()
    last = {end for entry in entries for _, end, inclusive in entry.intervals if end is not None and inclusive}
    keyed = [(found, end) for end in last if (found := key(ecosystem, end)) is not None and found >= version.public]
    return tuple(end for _, end in sorted(keyed, key=lambda pair: pair[0]))


def _safe(texts: Iterable[str], version: Candidate, entries: Sequence[Affected]) -> tuple[str, ...]:
    """Those above the version that are no pre-release and that nothing concerns, smallest first."""
    if version.full is None:
        return ()
    keyed = []
    for text in dict.fromkeys(texts):
        candidate = Candidate.of(version.ecosystem, text)
        higher = candidate.full is not None and candidate.full > version.public
        if higher and not is_prerelease(version.ecosystem, text):
            keyed.append((candidate.full, text, candidate))
    keyed.sort(key=lambda one: one[0])
    return tuple(text for _, text, candidate in keyed if not any(affects(entry, candidate) for entry in entries))


def _why_not(version: Candidate, matched: Sequence[Affected], known: Sequence[str]) -> str:
    if version.full is None:
        return f"{version.text} is no version that {version.ecosystem} knows, so none can be said to be above it"
    open_ended = [entry.id for entry in matched if not fixes_above(version, [entry])]
    if open_ended:
        return f"{open_ended[0]} names no fixed version above {version.text}"
    final = [text for text in known if not is_prerelease(version.ecosystem, text)]
    if not final:
        return f"{known[0]} mends it, and is a pre-release"
    return f"{final[0]} mends it, yet another advisory concerns it, and every later version that is named as fixed"
