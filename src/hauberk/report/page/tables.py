"""The quieter parts of the page: dependencies, what passed, how it was judged and what that is worth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hauberk.core.finding import Finding, Location, PackageLocation, Result
from hauberk.report.meta import Meta, took
from hauberk.report.page.findings import advisory_ids, part_of, pill, prose, where
from hauberk.report.page.markup import EMPTY, Markup, el, join, within
from hauberk.report.plain import clip, line, spoken, value_text, words

TABLE_ROOM = 40_000
FOLD_ROOM = 40_000
"""Octets that the dependencies and the folded lists may take."""


def dependencies(failures: Sequence[Finding], room: int = TABLE_ROOM) -> Markup:
    """Each vulnerable package: how it came in, and which version is free of it."""
    found = [(f, f.location) for f in failures if isinstance(f.location, PackageLocation)]
    if not found:
        return EMPTY
    rows, cut = within((_package(f, place) for f, place in found), room)
    head = [
        el("th", {"scope": "col"}, name)
        for name in ("Package", "Severity", "Advisories", "Fixed in", "Why it is there")
    ]
    rest = (
        el("p", "note", f"{len(found) - len(rows)} more are in the list of findings or in the JSON.") if cut else None
    )
    table = el("table", "packages", el("thead", None, el("tr", None, head)), el("tbody", None, rows))
    return join(
        el("div", {"class": "scroll", "tabindex": "0", "role": "region", "aria-label": "Dependencies"}, table), rest
    )


def _package(finding: Finding, place: PackageLocation) -> Markup:
    advisories = advisory_ids(finding)
    more = f" and {len(advisories) - 4} more" if len(advisories) > 4 else ""
    path = " → ".join(clip(words(step), 60) for step in place.path[-6:])
    signs = _signs(finding)
    return el(
        "tr",
        None,
        el(
            "th",
            {"scope": "row"},
            el("b", None, clip(words(place.package), 80)),
            " ",
            clip(words(place.version), 40),
            " ",
            el("span", "soft", place.ecosystem),
        ),
        el("td", None, pill(finding), el("small", "block", signs) if signs else None),
        el("td", None, "; ".join(advisories[:4]) + more or "–"),
        el("td", None, el("b", None, clip(fixed_in(finding), 80) or "no version yet")),
        el("td", None, path or "named directly", el("small", "block", clip(line(Location.__str__(place)), 120))),
    )


def fixed_in(finding: Finding) -> str:
    """The versions without the fault, as evidence names them."""
    value = finding.evidence.get("safe_version") or finding.evidence.get("fixed_in")
    return words(value_text(value)) if value else ""


def _signs(finding: Finding) -> str:
    """What is known about its being exploited."""
    said = []
    if finding.evidence.get("kev"):
        said.append("known to be exploited")
    epss, cvss = finding.evidence.get("epss"), finding.evidence.get("cvss")
    if isinstance(cvss, Mapping):
        cvss = cvss.get("score")
    if isinstance(cvss, int | float) and not isinstance(cvss, bool):
        said.append(f"CVSS {cvss:g}")
    if isinstance(epss, int | float) and not isinstance(epss, bool):
        said.append(f"EPSS {epss:.0%}")
    return ", ".join(said)


def folded(findings: Sequence[Finding], label: str, room: int = FOLD_ROOM) -> Markup:
    """A list that opens on demand: what passed, what did not apply, what waits for a person."""
    if not findings:
        return EMPTY
    ordered = sorted(findings, key=lambda f: (part_of(f), f.rule.id, str(f.location)))
    rows, cut = within((_line(f) for f in ordered), room)
    rest = el("p", "note", f"{len(ordered) - len(rows)} more are in the JSON.") if cut else None
    return el("details", "fold", el("summary", None, f"{len(findings)} {label}"), el("ul", "plain-list", rows), rest)


def people(findings: Sequence[Finding], room: int = FOLD_ROOM) -> Markup:
    """What only a person can say, in the open."""
    if not findings:
        return EMPTY
    rows, cut = within((_line(f) for f in findings), room)
    rest = el("p", "note", f"{len(findings) - len(rows)} more are in the JSON.") if cut else None
    return join(el("ul", "plain-list people", rows), rest)


def _line(finding: Finding) -> Markup:
    place = where(finding.location) if finding.location.key() else None
    title = el("b", None, clip(words(finding.title), 120))
    rule = el("code", "rule", clip(line(finding.rule.id), 80))
    return el("li", None, title, " ", rule, el("p", None, prose(finding.message, 300)), place)


def method(result: Result, meta: Meta) -> Markup:
    """How it was judged: version, time, figures, the rules that spoke, the limits."""
    rules = sorted({f.rule.id for f in result.findings})
    facts = [
        ("Made by", f"hauberk {clip(words(meta.version), 40)}"),
        ("Ended", meta.when),
        ("Took", took(meta.duration) if meta.duration is not None else ""),
        ("Rules that spoke", str(len(rules))),
        *_figures(result.stats),
    ]
    terms = [el("div", None, el("dt", None, name), el("dd", None, value)) for name, value in facts[:60] if value]
    return join(el("dl", "facts wide", terms), limits())


def limits() -> Markup:
    """What the page does not say."""
    said = (
        "The grade starts at 100 points. The worst fault of each rule costs 30 (critical), 12 (high), 5 (medium) or 1 "
        "(low), each further fault of the same rule a quarter of that. The worst fault caps the letter: critical F, "
        "high C, medium B, low A. A tentative fault counts one step lower. It is withheld when a part did not run.",
        "“No fault found” means that what was tried did not fail. It does not prove that nothing is there.",
        "Requirements are those of OWASP ASVS 5.0.0, cited by id with titles of our own. OWASP certifies nobody, and "
        "this page is no certificate. Most requirements of the standard need more than a tool: they are shown as not "
        "judged, not as passed.",
    )
    return el("ul", "prose", [el("li", None, sentence) for sentence in said])


def _figures(stats: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """The run's figures, one level of nesting deep."""
    for name, value in stats.items():
        label = clip(spoken(f"{prefix} {name}"), 80)
        if isinstance(value, Mapping) and not prefix:
            yield from _figures(value, str(name))
        elif isinstance(value, Mapping):
            yield label, clip(", ".join(f"{words(str(n))} {words(value_text(v))}" for n, v in value.items()), 200)
        elif value is not None:
            yield label, clip(words(value_text(value)), 200)


def by_outcome(findings: Sequence[Finding], outcome: str) -> list[Finding]:
    """Those with that outcome."""
    return [f for f in findings if f.outcome == outcome]
