"""What people answered for themselves: who, until when, and why."""

from __future__ import annotations

from hauberk.core.finding import Result
from hauberk.report.evidence import stat
from hauberk.report.page.markup import EMPTY, Markup, el, join, link, within
from hauberk.report.plain import clip, words
from hauberk.standards import asvs

ROOM = 30_000
"""Octets that the list may take."""
_SAID = {"fulfilled": "fulfilled", "not-fulfilled": "not fulfilled", "not-applicable": "does not apply"}


def attestations(result: Result) -> Markup:
    """Every answer that still counts."""
    rows, cut = within((_row(id, one) for id, one in stat(result, "attested").items()), ROOM)
    if not rows:
        return EMPTY
    rest = el("p", "note", "More are in the JSON.") if cut else None
    return join(el("ul", "plain-list people", rows), rest)


def _row(id: str, one: dict[str, str]) -> Markup:
    requirement = asvs().get(id)
    title = f"{requirement.number} {requirement.title}" if requirement else id
    answer = _SAID.get(one["answer"], one["answer"])
    proof = clip(words(one.get("evidence", "")), 200)
    return el(
        "li",
        None,
        el("b", None, clip(words(title), 120)),
        ": ",
        answer,
        el("p", None, clip(words(one["why"]), 400)),
        el("small", None, f"{clip(words(one['by']), 80)}, {one['on']}, until {one['until']}"),
        el("small", "block", link(proof, proof)) if proof else None,
    )
