"""The page that shows two results next to each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hauberk.core.finding import SEVERITIES, Finding, Result
from hauberk.report.evidence import asvs_evidence, good, tally
from hauberk.report.grade import Grade, grade, grade_parts
from hauberk.report.meta import Meta, took
from hauberk.report.page import grid, head, tables
from hauberk.report.page.findings import part_of, pill, prose, where
from hauberk.report.page.markup import EMPTY, Markup, el, join, within
from hauberk.report.page.shell import LIMIT, document, section
from hauberk.report.plain import clip, line, words

_FATES: Mapping[str, tuple[str, str]] = {
    "gone": ("✓", "gone"),
    "remains": ("✕", "remains"),
    "new": ("✕", "new"),
    "not-seen": ("?", "not seen"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One fault, what became of it, and why it is still there."""

    finding: Finding
    fate: str
    reason: str


def page(before: Result, after: Result, lines: Sequence[Line], meta: Meta) -> str:
    """The whole page."""
    title = clip(words(meta.title or "Before and after"), 160)
    facts = [meta.when, clip(words(meta.framework), 60), took(meta.duration) if meta.duration is not None else ""]
    top = el(
        "header",
        "hero plain",
        el("div", "top", head.brand("before and after")),
        el(
            "div",
            "hero-text",
            el("h1", None, title),
            el("p", "lead", _sum(lines)),
            el("p", "note", " · ".join(filter(None, facts))),
        ),
    )
    whole = max(len(before.failures), len(after.failures), 1)
    sides = el("div", "sides", _side("Before", before, whole), _side("After", after, whole))
    standards = el("div", "sides", _grid("Before", before), _grid("After", after))
    fixed = join(grid.signs(), top, sides, standards, tables.limits())
    table = _table(lines, LIMIT - fixed.size - document("").size - 12_000)
    main = join(
        sides,
        _parts(before, after),
        _gaps(before, after),
        section("faults", f"Every fault, and what became of it ({len(lines)})", None, table),
        section("asvs", "OWASP ASVS 5.0", "A square is a requirement.", standards, grid.signs_only()),
        section("method", "Method and limits", None, tables.limits()),
    )
    body = el("main", {"id": "content", "class": "wrap"}, main)
    return document(f"hauberk: {title}", grid.signs(), el("div", "wrap", top), body)


def _gaps(before: Result, after: Result) -> Markup:
    """What was not judged on either side; said once where it is the same."""
    if (before.complete, before.gaps) == (after.complete, after.gaps):
        return head.gaps(before, ", before or after")
    return join(head.gaps(before, " before"), head.gaps(after, " after"))


def _side(label: str, result: Result, whole: int) -> Markup:
    counts = head.severity_counts(result.failures)
    rows = [
        el("li", None, pill_of(severity), el("b", None, str(counts[severity])), _bar(severity, counts[severity], whole))
        for severity in SEVERITIES[:-1]
    ]
    passed = sum(f.outcome == "pass" for f in result.findings)
    return el(
        "section",
        {"class": "side", "aria-label": label},
        el("h2", None, el("span", "soft", label), " ", clip(words(result.target), 80)),
        head.verdict(grade(result)),
        el("ul", "tally", rows),
        el("p", "note", f"{passed} checks passed"),
    )


def _parts(before: Result, after: Result) -> Markup:
    """The grade of each part, before and after."""
    old, new = grade_parts(before), grade_parts(after)
    names = list(dict.fromkeys((*old, *new)))
    if len(names) < 2:
        return EMPTY
    heads = [el("th", {"scope": "col"}, name) for name in ("Part", "Before", "After")]
    rows = [
        el("tr", None, el("th", {"scope": "row"}, name), [el("td", None, _letter(g.get(name))) for g in (old, new)])
        for name in names
    ]
    table = el("table", None, el("thead", None, el("tr", None, heads)), el("tbody", None, rows))
    return section("parts", "Part by part", None, el("div", "scroll", table))


def _letter(given: Grade | None) -> Markup | str:
    if given is None:
        return "–"
    return "withheld" if given.letter is None else join(el("b", None, given.letter), f" {given.score}/100")


def pill_of(severity: str) -> Markup:
    """The severity as a word in its colour."""
    return el("span", f"pill s-{severity}", severity)


def _bar(severity: str, count: int, whole: int) -> Markup:
    frame = {"class": "bar", "viewBox": "0 0 100 6", "preserveAspectRatio": "none", "aria-hidden": "true"}
    width = f"{100 * count / whole:.2f}"
    return el("svg", frame, el("rect", {"class": f"s-{severity}", "width": width, "height": "6"}))


def _table(lines: Sequence[Line], room: int) -> Markup:
    if not lines:
        return el("p", "empty", "Neither of them has a fault that was found.")
    rows, cut = within((_row(one) for one in lines), room)
    names = ("Severity", "Fault", "Before", "After")
    heads = [el("th", {"scope": "col"}, name) for name in names]
    table = el("table", "fates", el("thead", None, el("tr", None, heads)), el("tbody", None, rows))
    rest = el("p", "note", f"{len(lines) - len(rows)} more have no room here.") if cut else None
    return join(el("div", {"class": "scroll", "tabindex": "0", "role": "region", "aria-label": "Faults"}, table), rest)


def _row(one: Line) -> Markup:
    finding = one.finding
    rule = el("code", "rule", clip(line(finding.rule.id), 80))
    fault = el(
        "th", {"scope": "row"}, el("b", None, clip(words(finding.title), 120)), " ", rule, where(finding.location)
    )
    found = el("td", "fate", "–") if one.fate == "new" else el("td", "fate bad", "✕ found")
    attributes = {"data-severity": finding.severity, "data-part": part_of(finding)}
    return el("tr", attributes, el("td", None, pill(finding)), fault, found, _fate(one))


def _fate(one: Line) -> Markup:
    sign, word = _FATES[one.fate]
    known = one.fate == "not-seen" or (one.fate == "remains" and bool(one.reason))
    kind = "good" if one.fate == "gone" else "known" if known else "bad"
    why = one.reason if one.fate != "not-seen" else "That part of the second run did not finish."
    said = el("small", "block", prose(why, 300)) if why else EMPTY
    return el("td", "fate", el("span", kind, f"{sign} {word}"), said)


def _sum(lines: Sequence[Line]) -> str:
    before = sum(one.fate != "new" for one in lines)
    gone = sum(one.fate == "gone" for one in lines)
    stay = sum(one.fate == "remains" for one in lines)
    new = len(lines) - before
    unseen = before - gone - stay
    said = f"{gone} of {before} faults are gone, {stay} remain"
    said += f", {unseen} were not looked for" if unseen else ""
    return said + (f", {new} are new." if new else ".")


def _grid(label: str, result: Result) -> Markup:
    evidence = asvs_evidence(result)
    have = tally(evidence.values())
    said = f"a fault in {have['fail']}, good in {good(have)} of {len(evidence)}"
    return el(
        "div", None, el("h3", None, f"{label}: ", el("span", "soft", said)), grid.asvs_grid(evidence, names=False)
    )
