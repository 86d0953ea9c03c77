"""The picture of the standard: one square for each of the 345 requirements of ASVS 5.0, a row for each chapter."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import groupby

from hauberk.core.finding import Finding
from hauberk.report.evidence import LABELS, STATES, Evidence, State, good, tally
from hauberk.report.page.markup import EMPTY, Markup, el, join, link
from hauberk.standards import asvs, group_names, groups, top10

# Each state has a sign of its own, so that the picture can be read without its colours.
_SIGNS: Mapping[State, Markup] = {
    "fail": Markup('<path d="M5 5l6 6M11 5l-6 6"/>'),
    "enforced": Markup('<path d="M8 3.8l3.6 1.4v2.9c0 2.2-1.5 3.5-3.6 4.3-2.1-.8-3.6-2.1-3.6-4.3V5.2z"/>'),
    "pass": Markup('<path d="M4.6 8.3l2.4 2.4 4.5-5"/>'),
    "no-fault": Markup('<path d="M5 8.2h.1M8 8.2h.1M11 8.2h.1"/>'),
    "attested": Markup(
        '<path d="M5.2 11.2c.5-1.7 1.5-2.5 2.8-2.5s2.3.8 2.8 2.5M8 4.6a1.6 1.6 0 1 1 0 3.2a1.6 1.6 0 0 1 0-3.2"/>'
    ),
    "person": Markup('<path d="M6 6.3a2 2 0 1 1 2.7 1.9c-.5.2-.7.5-.7 1.1M8 11.6v.1"/>'),
    "not-applicable": Markup('<path d="M5.2 8h5.6"/>'),
    "not-judged": EMPTY,
}
_SHORT: Mapping[State, str] = {
    "fail": "f",
    "enforced": "e",
    "pass": "p",
    "no-fault": "o",
    "attested": "a",
    "not-applicable": "n",
    "person": "r",
    "not-judged": "u",
}


def signs() -> Markup:
    """The squares once, to be used by reference. Stands once on a page, before any grid."""
    frame = Markup('<rect x="1" y="1" width="14" height="14" rx="3.5"/>')
    symbols = [
        el("symbol", {"id": f"q-{_SHORT[s]}", "class": f"q-{s}", "viewBox": "0 0 16 16"}, frame, _SIGNS[s])
        for s in STATES
    ]
    return el("svg", {"class": "defs", "width": "0", "height": "0", "aria-hidden": "true"}, symbols)


def asvs_grid(evidence: Mapping[str, Evidence], *, names: bool = True) -> Markup:
    """Seventeen rows of squares. `names` adds the chapters' names and counts; without them it fits in half a page."""
    rows = []
    known = asvs()
    for chapter, group in groupby(evidence.items(), key=lambda item: known[item[0]].chapter):
        members = list(group)
        rows.append(_row(chapter, known[members[0][0]].chapter_name, members, names))
    if not names:
        return el("ol", "grid small", rows)
    named = json.dumps(group_names(), ensure_ascii=True, default=dict, separators=(",", ":"))
    belongs = ",".join(f"{(g := groups()[id]).top10} {g.api} {g.cwe}".rstrip() for id in evidence)
    return el("ol", {"class": "grid", "id": "squares", "data-names": named, "data-groups": belongs}, rows)


def regroup() -> Markup:
    """Buttons that put the same squares into other rows; shown where scripts run."""
    choices = (("", "chapter"), ("top10", "Top 10 2025"), ("api", "API Top 10 2023"), ("cwe", "CWE Top 25"))
    buttons = [
        el(
            "label",
            "chip",
            el("input", {"type": "radio", "name": "group", "value": value, "checked": not value}),
            " ",
            label,
        )
        for value, label in choices
    ]
    legend_ = el("legend", None, "Grouped by")
    return el("form", {"id": "regroup", "class": "filter", "hidden": True}, el("fieldset", None, legend_, buttons))


def _row(chapter: str, name: str, members: list[tuple[str, Evidence]], names: bool) -> Markup:
    have = tally(one for _, one in members)
    said = ", ".join(f"{count} {LABELS[state]}" for state, count in have.items() if count)
    squares = el(
        "span",
        {"class": "squares", "role": "img", "aria-label": f"{chapter} {name}: {said}"},
        [_square(id, one) for id, one in members],
    )
    code = el("b", None, chapter)
    if not names:
        return el("li", None, code, squares)
    return el("li", None, el("span", "chapter", code, " ", name), squares, el("span", "count", _count(have)))


def _square(id: str, one: Evidence) -> Markup:
    requirement = asvs()[id]
    title = f"{requirement.number} (level {requirement.level}) {requirement.title}: {LABELS[one.state]}"
    use = Markup(f'<use href="#q-{_SHORT[one.state]}"/>')
    return el("svg", None, el("title", None, title), use)


def _count(have: Mapping[State, int]) -> Markup:
    """The two figures that matter of a chapter."""
    kept = good(have)
    faults = el("span", "bad", f"{have['fail']} ✕") if have["fail"] else None
    passes = el("span", "good", f"{kept} ✓") if kept else None
    return join(faults, " " if faults and passes else None, passes)


def legend(evidence: Mapping[str, Evidence]) -> Markup:
    """What the signs mean, and how many there are of each."""
    have = tally(evidence.values())
    entries = [
        el(
            "li",
            None,
            el("svg", {"aria-hidden": "true"}, Markup(f'<use href="#q-{_SHORT[s]}"/>')),
            f"{have[s]} {LABELS[s]}",
        )
        for s in STATES
    ]
    return el("ul", "legend", entries)


def signs_only() -> Markup:
    """What the signs mean, without numbers."""
    entries = [
        el("li", None, el("svg", {"aria-hidden": "true"}, Markup(f'<use href="#q-{_SHORT[s]}"/>')), LABELS[s])
        for s in STATES
    ]
    return el("ul", "legend", entries)


def requirements_at_fault(evidence: Mapping[str, Evidence], anchors: Mapping[int, str], limit: int = 60) -> Markup:
    """The squares with a fault as a list, each with a way to its findings. `anchors`: id(finding) to its place."""
    known = asvs()
    failing = [(known[number], one) for number, one in evidence.items() if one.state == "fail"]
    if not failing:
        return EMPTY
    rows = []
    for requirement, one in failing[:limit]:
        faults = [f for f in one.findings if f.outcome == "fail"]
        where = [link(f"#{anchors[id(f)]}", _short(f)) for f in faults if id(f) in anchors][:3]
        more = f" and {len(faults) - len(where)} more" if len(faults) > len(where) else None
        level = el("span", "level", f"L{requirement.level}")
        links = [join(", " if n else None, one_link) for n, one_link in enumerate(where)]
        rows.append(el("li", None, el("b", None, requirement.number), level, f" {requirement.title}: ", links, more))
    rest = len(failing) - limit
    summary = f"{len(failing)} requirements with a fault, as a list"
    tail = el("p", "note", f"{rest} more are in the picture above.") if rest > 0 else None
    return el("details", "fold", el("summary", None, summary), el("ul", "plain-list", rows), tail)


def _short(finding: Finding) -> str:
    return finding.title if len(finding.title) <= 60 else finding.title[:59] + "…"


def top10_table(evidence: Mapping[str, Evidence]) -> Markup:
    """The ten categories of 2025: state, faults and passes."""
    rows = []
    for id, one in evidence.items():
        category = top10()[id]
        named = link(category.url, category.name)
        sign = el("svg", {"aria-hidden": "true"}, Markup(f'<use href="#q-{_SHORT[one.state]}"/>'))
        rows.append(
            el(
                "tr",
                None,
                el(
                    "th",
                    {"scope": "row"},
                    el("span", "pair", el("span", "code", id.partition(":")[0]), el("span", None, named)),
                ),
                el("td", "state", sign, LABELS[one.state]),
                el("td", "num", str(one.count("fail"))),
                el("td", "num", str(one.count("pass"))),
            )
        )
    head = [el("th", {"scope": "col"}, name) for name in ("Category", "State")]
    head += [el("th", {"scope": "col", "class": "num"}, name) for name in ("Faults", "Passed")]
    return el("div", "scroll", el("table", "top10", el("thead", None, el("tr", None, head)), el("tbody", None, rows)))
