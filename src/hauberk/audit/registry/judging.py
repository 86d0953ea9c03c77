"""From what an index says of a package to findings about the version that is pinned."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from hauberk.audit.paths import Paths
from hauberk.audit.readers import Pinned
from hauberk.audit.reading import Read
from hauberk.audit.registry.asking import Package
from hauberk.audit.registry.releases import Releases, plain
from hauberk.audit.rules import ABANDONED, DEPRECATED, OUTDATED, YANKED
from hauberk.audit.text import name as shown
from hauberk.audit.text import summary
from hauberk.audit.versions import key, normal_name
from hauberk.core.finding import Finding, Outcome, PackageLocation, Rule, Severity

ABANDONED_AFTER = 3 * 365
"""Days without a release after which a package counts as given up."""
_GIVEN_UP = {"archived": ABANDONED, "deprecated": DEPRECATED}


def judged(read: Read, releases: Mapping[Package, Releases], today: date) -> Iterator[Finding]:
    """What is to be said of each version that a file pins, once."""
    paths = Paths(read.manifest)
    for copies in read.pins.values():
        pin = copies[0]
        found = releases.get((pin.ecosystem, normal_name(pin.ecosystem, pin.name)))
        if found is not None:
            for rule, verb, outcome, severity in _verdicts(pin, found, today):
                yield _finding(read, pin, paths, found, rule, verb, outcome, severity)


Verdict = tuple[Rule, str, Outcome, Severity | None]


def _verdicts(pin: Pinned, found: Releases, today: date) -> Iterator[Verdict]:
    own = plain(pin.ecosystem, pin.version)
    if found.status == "quarantined":
        yield YANKED, _because("is held back by its index as suspect", found.reason), "fail", "high"
    elif own in found.yanked:
        yield YANKED, _because("was taken back by its authors", found.yanked[own]), "fail", None
    elif found.versions and own not in found.versions and "+" not in pin.version:
        yield YANKED, "is not on its index any more, or came from another one", "review", None
    if own in found.deprecated and not pin.deprecated:  # what the file repeats is said already
        yield DEPRECATED, _because("is deprecated", found.deprecated[own]), "review", None
    if rule := _GIVEN_UP.get(found.status):
        yield rule, _because(f"is {found.status} by its authors", found.reason), "review", None
    elif (days := _age(found.last, today)) is not None and days > ABANDONED_AFTER:
        yield ABANDONED, f"had its last release on {found.last}, {days // 365} years ago", "review", None
    mine, newest = key(pin.ecosystem, pin.version), key(pin.ecosystem, found.latest)
    if mine is not None and newest is not None and mine < newest:
        yield OUTDATED, f"is outdated: {shown(found.latest)} is out", "review", None


def _because(verb: str, reason: str) -> str:
    return f"{verb}: {summary(reason)}" if reason.strip() else verb


def _age(day: str, today: date) -> int | None:
    try:
        return (today - date.fromisoformat(day)).days
    except ValueError:
        return None


def _finding(
    read: Read,
    pin: Pinned,
    paths: Paths,
    found: Releases,
    rule: Rule,
    verb: str,
    outcome: Outcome,
    severity: Severity | None,
) -> Finding:
    own, version = shown(normal_name(pin.ecosystem, pin.name)), shown(pin.version)
    return Finding(
        rule=rule,
        outcome=outcome,
        message=f"{own} {version} {verb}",
        location=PackageLocation(
            file=read.name, line=pin.line, package=own, version=version, ecosystem=pin.ecosystem, path=paths.to(pin)
        ),
        evidence={"dev": pin.dev, "latest": shown(found.latest) or None, "last_release": shown(found.last) or None},
        own_severity=severity,
        own_title=f"{own} {version}: {rule.title[0].lower()}{rule.title[1:]}",
    )
