"""Every fault on the page: cards for the worst, and where there is no room for a card, a line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from hauberk.core.finding import SEVERITIES, Finding
from hauberk.report.page.findings import PARTS, card, part_of, pill
from hauberk.report.page.markup import EMPTY, Markup, el, join, within
from hauberk.report.plain import clip, line, words

CARDS_AT_LEAST = 0.4
"""The part of the room that cards may take even where the lines of the rest do not all fit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The faults as far as there is room, and where each stands on the page."""

    markup: Markup
    anchors: Mapping[int, str]
    """id(finding) to its anchor, or to that of its group."""
    full: int
    brief: int
    left_out: int


def listing(failures: Sequence[Finding], room: int) -> Listing:
    """Cards for the worst, lines for the rest, a number for what still does not fit in `room` octets."""
    anchors: dict[int, str] = {}
    cards = list(_cards(failures, room, anchors))
    rest = failures[len(cards) :]
    left = room - sum(one.size for one in cards)
    groups: list[Markup] = []
    brief = 0
    for number, (_, group) in enumerate(groupby(rest, key=_kind)):
        members = list(group)
        lines, cut = within(map(_line, members), left - _head_size(members[0]))
        if not lines:
            break
        made = _group(f"g{number}", members[0], lines, len(members))
        anchors |= {id(f): f"g{number}" for f in members[: len(lines)]}
        groups.append(made)
        left -= made.size
        brief += len(lines)
        if cut:
            break
    missing = len(rest) - brief
    return Listing(markup=join(cards, groups), anchors=anchors, full=len(cards), brief=brief, left_out=missing)


def _cards(failures: Sequence[Finding], room: int, anchors: dict[int, str]) -> Iterator[Markup]:
    """As many as leave room for a line of each of the others, and some in any case."""
    lines = [
        _line(f).size + (_head_size(f) if n == 0 or _kind(f) != _kind(failures[n - 1]) else 0)
        for n, f in enumerate(failures)
    ]
    # The group that the first line opens repeats a heading which the sum above gives to an earlier fault.
    used, rest = 0, sum(lines) + max(map(_head_size, failures), default=0)
    for number, finding in enumerate(failures):
        anchor = f"f{number + 1}"
        made = card(finding, anchor)
        used, rest = used + made.size, rest - lines[number]
        if used + rest > room and used > room * CARDS_AT_LEAST:
            return
        anchors[id(finding)] = anchor
        yield made


def _kind(finding: Finding) -> tuple[str, str, str]:
    return finding.severity, finding.rule.id, finding.rule.title


def _line(finding: Finding) -> Markup:
    return el("li", None, clip(line(str(finding.location)), 110))


def _head_size(finding: Finding) -> int:
    return _group("g0000", finding, [], 100_000).size + 20


def _group(anchor: str, first: Finding, lines: Sequence[Markup], total: int) -> Markup:
    """All faults of one kind: what it is once, then the places."""
    attributes: dict[str, str | int | bool | None] = {
        "class": "group",
        "id": anchor,
        "data-severity": first.severity,
        "data-part": part_of(first),
        "data-count": len(lines),
    }
    rule = el("code", "rule", clip(line(first.rule.id), 80))
    cut = f", the first {len(lines)}" if len(lines) < total else ""
    count = el("span", "soft", f"in {total} more places{cut}")
    heading = el("h3", None, clip(words(first.rule.title), 120), " ", rule, " ", count)
    return el("article", attributes, el("div", "finding-head", pill(first), heading), el("ul", "places", lines))


def filters(failures: Sequence[Finding]) -> Markup:
    """Boxes to tick, shown only where scripts run; a choice of one thing is none and is left out."""
    severities = [s for s in SEVERITIES if any(f.severity == s for f in failures)]
    parts = [p for p in (*PARTS, "other") if any(part_of(f) == p for f in failures)]
    if len(severities) < 2 and len(parts) < 2:
        return EMPTY
    groups = [_boxes("Severity", "severity", severities), _boxes("Part", "part", parts)]
    shown = el("output", {"id": "shown", "aria-live": "polite"})
    return el(
        "form", {"id": "filter", "class": "filter", "hidden": True, "aria-label": "Filter findings"}, groups, shown
    )


def _boxes(title: str, name: str, values: Sequence[str]) -> Markup:
    if len(values) < 2:
        return EMPTY
    boxes = []
    for value in values:
        box = el("input", {"type": "checkbox", "name": name, "value": value, "checked": True, "autocomplete": "off"})
        boxes.append(el("label", "chip", box, " ", value))
    return el("fieldset", None, el("legend", None, title), boxes)
