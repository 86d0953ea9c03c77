"""Faults on the page: the five to mend first, then all of them, with their evidence."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from hauberk.core.finding import SEVERITIES, Confidence, Finding, HttpLocation, Location, PackageLocation, Rule
from hauberk.report.page.markup import EMPTY, Markup, el, join, link
from hauberk.report.plain import clip, clip_block, header_pairs, line, spoken, value_text, words
from hauberk.standards import asvs, cwe_name, cwe_url, top10

FIRST = 5
PARTS = ("scan", "check", "audit")
PROOF_LIMIT = 700
EVIDENCE_LIMIT = 2_000
FINDING_LIMIT = 6_000
"""Characters of evidence shown: of a card's proof, of one piece, of one finding."""

_CONFIDENCES: tuple[Confidence, ...] = ("certain", "firm", "tentative")
_SENT = ("request", "setting", "value")
_SEEN = ("event", "sensor", "reason", "response")
"""Which evidence makes the shortest proof, best first: what was sent or set, and what was seen then."""


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
            el("p", None, prose(finding.message, 400)),
            el("p", "note", more) if more else None,
            mend(finding),
        )
        cards.append(el("li", None, text, _proof(finding)))
    return el("ol", "first", cards)


def _proof(finding: Finding) -> Markup:
    """The two pieces of evidence that say most."""
    pieces = []
    for names in (_SENT, _SEEN):
        name = next((n for n in names if n in finding.evidence), None)
        shown = _shown(_core(finding.evidence[name], finding.location), PROOF_LIMIT) if name else ""
        if name and shown:
            pieces += [el("figcaption", None, _CAPTIONS.get(name, spoken(name))), scrolled(shown)]
    if not pieces and (advisories := advisory_ids(finding)):
        pieces = [el("figcaption", None, "Known as"), scrolled("\n".join(advisories[:8]))]
    return el("figure", "proof", pieces) if pieces else EMPTY


def _core(value: Any, where: Location) -> Any:
    """The part of a request or a call that proves something; the rest is in the list below."""
    if not isinstance(value, Mapping):
        return value
    if "target" in value and "text" in value:
        said = "text" if value["text"] else "argv"
        return {name: value[name] for name in ("target", said) if value.get(name)}
    if "method" in value and "url" in value:
        target = re.sub(r"^https?://[^/]*", "", str(value["url"])) or "/"
        telling = {"origin", "cookie" if isinstance(where, HttpLocation) and where.place == "cookie" else ""}
        if isinstance(where, HttpLocation) and where.place == "header":
            telling.add((where.parameter or "").lower())
        headers = [pair for pair in header_pairs(value.get("headers")) if pair[0].lower() in telling]
        return {"method": value["method"], "path": target, "headers": headers, "body": value.get("body")}
    return value


_CAPTIONS: Mapping[str, str] = {
    "request": "What was sent",
    "event": "What the code did with it",
    "sensor": "What the code did with it",
    "response": "What came back",
    "reason": "What was seen",
}


def pill(finding: Finding) -> Markup:
    """The severity as a word in its colour."""
    return el("span", f"pill s-{finding.severity}", finding.severity)


def doubt(finding: Finding) -> Markup:
    """How sure it is, where it is not certain."""
    return EMPTY if finding.confidence == "certain" else el("span", "pill quiet", finding.confidence)


def prose(said: str, limit: int) -> Markup:
    """A sentence in one paragraph's width; what stands between backticks is set as code."""
    pieces = clip(words(said), limit).split("`")
    if len(pieces) % 2 == 0:
        return join("`".join(pieces))
    return join([el("code", None, piece) if n % 2 else piece for n, piece in enumerate(pieces)])


def where(location: Location) -> Markup:
    """The request's part or the package, then file and line."""
    file = el("code", "file", clip(line(Location.__str__(location)), 200)) if location.file else None
    what: Markup | None = None
    if isinstance(location, HttpLocation):
        part = f"{location.place} {location.parameter or ''}".rstrip() if location.place else ""
        name = "every operation" if location.path == "*" else line(f"{location.method} {location.path}")
        what = join(el("code", None, clip(name, 200)), el("span", "param", clip(line(part), 100)) if part else None)
    elif isinstance(location, PackageLocation):
        what = el("code", None, clip(line(f"{location.package} {location.version}"), 160))
    if file is None and what is None:
        return el("p", "where", "the application as a whole")
    return el("p", "where", what, file)


def mend(finding: Finding) -> Markup:
    """What to change."""
    return el("p", "fix", el("b", None, "Fix"), " ", prose(finding.fix, 500)) if finding.fix else EMPTY


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
        el("p", None, prose(finding.message, 900)),
        mend(finding),
        _folded(finding),
    )


def _folded(finding: Finding) -> Markup:
    why = el("p", None, prose(finding.rule.why, 500)) if finding.rule.why else None
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
