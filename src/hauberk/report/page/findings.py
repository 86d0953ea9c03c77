"""Faults on the page: the five to mend first, then all of them, with their evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hauberk.core.finding import SEVERITIES, Confidence, Finding, HttpLocation, Location, PackageLocation, Rule
from hauberk.report.page.markup import EMPTY, Markup, el, join, link
from hauberk.report.plain import clip, clip_block, line, spoken, value_text, words
from hauberk.standards import asvs, cwe_name, cwe_url, top10

FIRST = 5
PARTS = ("scan", "check", "audit")
PROOF_LIMIT = 700
EVIDENCE_LIMIT = 2_000
FINDING_LIMIT = 6_000
"""Characters of evidence shown: of a card's proof, of one piece, of one finding."""

_CONFIDENCES: tuple[Confidence, ...] = ("certain", "firm", "tentative")
_PROOF = ("request", "sensor", "event", "setting", "header", "response")
"""Which evidence makes the shortest proof, best first."""


def part_of(finding: Finding) -> str:
    """The part that judged it, for the filter; a word of ours, whatever a file says."""
    part = finding.rule.id.partition(".")[0]
    return part if part in PARTS else "other"


def urgency(finding: Finding) -> tuple[int, int, int, int]:
    """What to mend first: the severity, how sure it is, whether it is known to be exploited, how near it is."""
    return (
        SEVERITIES.index(finding.severity),
        _CONFIDENCES.index(finding.confidence),
        0 if finding.evidence.get("kev") else 1,
        [*PARTS, "other"].index(part_of(finding)),
    )


def first_of_all(failures: Sequence[Finding], limit: int = FIRST) -> list[Finding]:
    """At most five, each of a rule of its own: the same mistake elsewhere is the same work."""
    chosen: dict[str, Finding] = {}
    for finding in sorted(failures, key=urgency):
        chosen.setdefault(finding.rule.id, finding)
    return list(chosen.values())[:limit]


def first_cards(failures: Sequence[Finding], anchors: Mapping[int, str]) -> Markup:
    """The cards of "Fix these first": what, where, proof, mend."""
    cards = []
    for finding in first_of_all(failures):
        same = sum(f.rule.id == finding.rule.id for f in failures) - 1
        more = f"The same fault stands in {same} more {'place' if same == 1 else 'places'}." if same else ""
        anchor = anchors.get(id(finding))
        title = clip(words(finding.title), 160)
        text = el(
            "div",
            None,
            el("p", "pills", pill(finding), doubt(finding)),
            el("h3", None, link(f"#{anchor}", title) if anchor else title),
            where(finding.location),
            el("p", None, clip(words(finding.message), 400)),
            el("p", "note", more) if more else None,
            mend(finding),
        )
        cards.append(el("li", None, text, _proof(finding)))
    return el("ol", "first", cards)


def _proof(finding: Finding) -> Markup:
    """The one piece of evidence that says most."""
    for name in _PROOF:
        if name in finding.evidence and (shown := _shown(finding.evidence[name], PROOF_LIMIT)):
            return el("figure", "proof", el("figcaption", None, f"Proof: {spoken(name).lower()}"), scrolled(shown))
    if advisories := advisory_ids(finding):
        return el("figure", "proof", el("figcaption", None, "Proof: advisories"), scrolled("\n".join(advisories[:12])))
    return EMPTY


def pill(finding: Finding) -> Markup:
    """The severity as a word in its colour."""
    return el("span", f"pill s-{finding.severity}", finding.severity)


def doubt(finding: Finding) -> Markup:
    """How sure it is, where it is not certain."""
    return EMPTY if finding.confidence == "certain" else el("span", "pill quiet", finding.confidence)


def where(location: Location) -> Markup:
    """File and line, then the request's part or the package."""
    file = el("code", "file", clip(line(Location.__str__(location)), 200)) if location.file else None
    what: Markup | None = None
    if isinstance(location, HttpLocation):
        part = f" {location.place} {location.parameter or ''}".rstrip() if location.place else ""
        what = join(
            el("code", None, clip(line(f"{location.method} {location.path}"), 200)),
            el("span", "param", clip(line(part.strip()), 100)) if part else None,
        )
    elif isinstance(location, PackageLocation):
        what = el("code", None, clip(line(f"{location.package} {location.version}"), 160))
    if file is None and what is None:
        return el("p", "where", "the application as a whole")
    return el("p", "where", what, " " if what and file else None, file)


def mend(finding: Finding) -> Markup:
    """What to change."""
    return el("p", "fix", el("b", None, "Fix"), " ", clip(words(finding.fix), 500)) if finding.fix else EMPTY


def card(finding: Finding, anchor: str) -> Markup:
    """One fault in full: message and fix in the open, evidence and references folded."""
    heading = el("h3", None, clip(words(finding.title), 200), " ", el("code", "rule", clip(line(finding.rule.id), 80)))
    attributes = {
        "class": "finding",
        "id": anchor,
        "data-severity": finding.severity,
        "data-part": part_of(finding),
    }
    return el(
        "article",
        attributes,
        el("div", "finding-head", pill(finding), doubt(finding), heading),
        where(finding.location),
        el("p", None, clip(words(finding.message), 900)),
        mend(finding),
        _folded(finding),
    )


def _folded(finding: Finding) -> Markup:
    why = el("p", None, clip(words(finding.rule.why), 500)) if finding.rule.why else None
    body = [why, _pieces(finding), references(finding.rule), el("p", "note", f"Fingerprint {finding.fingerprint}")]
    return el("details", None, el("summary", None, _folded_title(finding)), body)


def _folded_title(finding: Finding) -> str:
    names = [spoken(name).lower() for name in list(finding.evidence)[:4]]
    return clip("Evidence: " + ", ".join(names), 120) if names else "Why it matters, and the standards"


def _pieces(finding: Finding) -> Markup:
    left, shown = FINDING_LIMIT, []
    for name, value in finding.evidence.items():
        piece = _shown(value, min(left, EVIDENCE_LIMIT)) if left > 0 else ""
        left -= len(piece)
        if piece:
            shown.append(join(el("h4", None, clip(spoken(name), 80)), scrolled(piece)))
    return join(shown)


def _shown(value: Any, limit: int) -> str:
    return clip_block(value_text(value), limit) if value not in (None, "", [], {}) else ""


def scrolled(content: str) -> Markup:
    """Literal text, wrapped where it is too long."""
    return el("pre", None, content)


def references(rule: Rule) -> Markup:
    """Where the standards speak of it."""
    known, categories = asvs(), top10()
    tags = [link(cwe_url(n), f"CWE-{n} {cwe_name(n) or ''}".strip()) for n in rule.cwe[:6]]
    for id in rule.asvs[:8]:
        title = f" {known[id].title}" if id in known else ""
        tags.append(el("span", None, f"ASVS {clip(words(id), 20)}{title}"))
    for id in rule.top10[:4]:
        category = categories.get(id)
        tags.append(link(category.url, f"{id} {category.name}") if category else el("span", None, clip(words(id), 20)))
    if rule.docs.startswith("https://"):
        tags.append(link(rule.docs, "Read on"))
    return el("ul", "tags", [el("li", None, tag) for tag in tags]) if tags else EMPTY


def short(finding: Finding, anchor: str) -> Markup:
    """One fault in one line, where there are too many for cards."""
    attributes = {"class": "short", "id": anchor, "data-severity": finding.severity, "data-part": part_of(finding)}
    place = str(finding.location) if finding.location.key() else ""
    return el(
        "li",
        attributes,
        pill(finding),
        " ",
        clip(words(finding.title), 60),
        " ",
        el("code", None, clip(line(place), 70)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """Every fault as far as there is room, and where each stands on the page."""

    markup: Markup
    anchors: Mapping[int, str]
    """id(finding) to the anchor."""
    full: int
    brief: int
    left_out: int


def listing(failures: Sequence[Finding], room: int) -> Listing:
    """Cards for the worst, lines for the rest, a number for what still does not fit in `room` octets."""
    cards: list[Markup] = []
    lines: list[Markup] = []
    anchors: dict[int, str] = {}
    used = 0
    tight = _tight(failures, room)
    for number, finding in enumerate(failures, 1):
        anchor = f"f{number}"
        made = card(finding, anchor) if not lines else None
        if made is not None and used + made.size <= tight:
            cards.append(made)
        else:
            made = short(finding, anchor)
            if used + made.size > room:
                break
            lines.append(made)
        used += made.size
        anchors[id(finding)] = anchor
    left = len(failures) - len(cards) - len(lines)
    return Listing(
        markup=join(cards, el("ol", {"class": "shorts", "role": "list"}, lines) if lines else None),
        anchors=anchors,
        full=len(cards),
        brief=len(lines),
        left_out=left,
    )


def _tight(failures: Sequence[Finding], room: int) -> int:
    """How much of the room cards may take: all of it if every fault fits as a card, else two thirds."""
    whole = 0
    for finding in failures:
        whole += card(finding, "f0000").size
        if whole > room:
            return room * 2 // 3
    return room


def filters(failures: Sequence[Finding]) -> Markup:
    """Boxes to tick, shown only where scripts run; a choice of one thing is none and is left out."""
    severities = [s for s in SEVERITIES if any(f.severity == s for f in failures)]
    parts = [p for p in (*PARTS, "other") if any(part_of(f) == p for f in failures)]
    groups = [_group("Severity", "severity", severities), _group("Part", "part", parts)]
    if len(failures) < 2:
        return EMPTY
    shown = el("output", {"id": "shown", "aria-live": "polite"})
    return el(
        "form", {"id": "filter", "class": "filter", "hidden": True, "aria-label": "Filter findings"}, groups, shown
    )


def _group(title: str, name: str, values: Sequence[str]) -> Markup:
    if len(values) < 2:
        return EMPTY
    boxes = []
    for value in values:
        box = el("input", {"type": "checkbox", "name": name, "value": value, "checked": True})
        boxes.append(el("label", f"chip s-{value}" if name == "severity" else "chip", box, " ", value))
    return el("fieldset", None, el("legend", None, title), boxes)


def advisory_ids(finding: Finding) -> list[str]:
    """The advisories that an audit's finding rests on, each with its first alias."""
    said: list[str] = []
    advisories = finding.evidence.get("advisories")
    for advisory in advisories if isinstance(advisories, list | tuple) else ():
        if isinstance(advisory, Mapping):
            aliases = advisory.get("aliases")
            other = [str(a) for a in aliases if str(a).startswith("CVE-")] if isinstance(aliases, list | tuple) else []
            said.append(words(" ".join([str(advisory.get("id", "")), *(f"({a})" for a in other[:1])])))
        else:
            said.append(words(str(advisory)))
    return [one for one in said if one]
