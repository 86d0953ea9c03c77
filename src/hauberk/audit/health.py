"""What speaks against a package though no advisory does: given up, misspelt, or under a licence nobody agreed to."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from functools import cache, lru_cache

from hauberk.audit.paths import Paths
from hauberk.audit.popular import POPULAR
from hauberk.audit.readers import Pinned
from hauberk.audit.reading import Read
from hauberk.audit.rules import DEPRECATED, LICENCE, TYPOSQUAT
from hauberk.audit.text import clean, summary
from hauberk.audit.text import name as shown
from hauberk.audit.versions import Ecosystem, normal_name
from hauberk.core.finding import Finding, PackageLocation, Rule

_SHORTEST = 6
"""Letters of a popular name: among shorter ones, honest names are a letter apart."""
_END = (_SHORTEST - 2) // 2
"""Letters at one end of a name, at least, that two letters changing places leave alone."""
_LONGEST = 60
_WORD = re.compile(r"[A-Za-z0-9.+-]+")


def health(read: Read, known: Collection[tuple[str, str]], allowed: frozenset[str] = frozenset()) -> Iterator[Finding]:
    """What is to be said of each package of a file, once for each version.

    `known` are (ecosystem, name) of packages that advisories speak of: whoever analyses a package's faults has looked
    at it, so it is no unnoticed squat. `allowed` are SPDX ids in lower case; empty: no licence is judged.
    """
    paths = Paths(read.manifest)
    for copies in read.pins.values():
        pin = copies[0]
        if pin.deprecated:
            yield _finding(read, pin, paths, f"is deprecated: {summary(pin.deprecated)}", DEPRECATED)
        own = normal_name(pin.ecosystem, pin.name)
        if (pin.ecosystem, own) not in known and (meant := near(pin.ecosystem, own)):
            yield _finding(read, pin, paths, f"is a letter away from {meant}", TYPOSQUAT)
        if allowed and pin.licence and not permitted(pin.licence, allowed):
            yield _finding(read, pin, paths, f"is under {clean(pin.licence, 80)}, which is not allowed", LICENCE)


def _finding(read: Read, pin: Pinned, paths: Paths, verb: str, rule: Rule) -> Finding:
    own, version = shown(normal_name(pin.ecosystem, pin.name)), shown(pin.version)
    return Finding(
        rule=rule,
        # No advisory speaks against it: whether it has to go is for a person to say. A list of licences is an order.
        outcome="fail" if rule is LICENCE else "review",
        confidence="tentative" if rule is TYPOSQUAT else "certain",
        message=f"{own} {version} {verb}",
        location=PackageLocation(
            file=read.name,
            line=pin.line,
            package=own,
            version=version,
            ecosystem=pin.ecosystem,
            path=paths.to(pin),
        ),
        evidence={"dev": pin.dev},
        own_title=f"{own} {version}: {rule.title[0].lower()}{rule.title[1:]}",
    )


@lru_cache(maxsize=1 << 14)
def near(ecosystem: Ecosystem, name: str) -> str | None:
    """The popular name that this one is a slip of the finger away from; None if it is one itself, or is none."""
    names = POPULAR[ecosystem]
    if name in names or not _SHORTEST - 1 <= len(name) <= _LONGEST:
        return None
    ends = _ends(ecosystem)
    for end in (name[:_END], name[-_END:] + "$"):
        for meant in ends.get(end, ()):
            if -2 < len(meant) - len(name) < 2 and _slipped(name, meant) and not _numbered(name, meant):
                return meant
    return None


@cache
def _ends(ecosystem: Ecosystem) -> dict[str, list[str]]:
    """Popular names by their first and by their last letters: one slip leaves the ones or the others as they are."""
    found: dict[str, list[str]] = {}
    for name in sorted(POPULAR[ecosystem]):
        if len(name) >= _SHORTEST:
            for end in (name[:_END], name[-_END:] + "$"):
                found.setdefault(end, []).append(name)
    return found


def _without_one(name: str) -> list[str]:
    return [name[:at] + name[at + 1 :] for at in range(len(name))]


def _slipped(one: str, other: str) -> bool:
    """Whether one letter is missing, too many or another, or two that are side by side changed places (Damerau)."""
    if len(one) != len(other):
        longer, shorter = (one, other) if len(one) > len(other) else (other, one)
        return len(longer) - len(shorter) == 1 and shorter in _without_one(longer)
    differ = [at for at, (mine, theirs) in enumerate(zip(one, other, strict=True)) if mine != theirs]
    if len(differ) == 2 and differ[1] == differ[0] + 1:
        first, second = differ
        return one[first] == other[second] and one[second] == other[first]
    return len(differ) == 1


def _numbered(one: str, other: str) -> bool:
    """`requests2` beside `requests`: a digit at the end tells honest names apart."""
    longer, shorter = (one, other) if len(one) > len(other) else (other, one)
    return longer.startswith(shorter) and longer[len(shorter) :].isdigit()


def permitted(licence: str, allowed: frozenset[str]) -> bool:
    """Whether an SPDX expression can be met: of `or` one side suffices, of `and` both are needed."""
    text = licence.strip().lower()
    if text in allowed:
        return True
    text = text.replace("(", " ").replace(")", " ")
    return any(
        all(_plain(part) in allowed for part in re.split(r"\s+and\s+", choice))
        for choice in re.split(r"\s+or\s+", text)
    )


def _plain(part: str) -> str:
    words = _WORD.findall(part.partition(" with ")[0])
    return " ".join(words)
