"""JSONP: any site reads the answer, by having it call a function of its own."""

from __future__ import annotations

import re

from hauberk.core.finding import Rule
from hauberk.scan.lab import Lab
from hauberk.scan.trial import Point, Proof

RULE = Rule(
    id="scan.jsonp",
    title="JSONP",
    severity="medium",
    why="A page of any site gets the data in the name of whoever visits it, and chooses what the answer begins with.",
    fix="Answer with JSON, and let the sites that may read it do so by CORS.",
    cwe=(
        79,
        346,
    ),
    asvs=("v5.0.0-3.5.6",),
    top10=("A01:2025",),
    docs="https://cheatsheetseries.owasp.org/cheatsheets/HTML5_Security_Cheat_Sheet.html",
)


NAMED = re.compile(r"^(callback|jsonp|cb|jsoncallback|_callback|func)$", re.IGNORECASE)


def concerns(point: Point) -> bool:
    """Whether the parameter's name is one of those that name a function."""
    return NAMED.match(point.parameter.name) is not None


def prove(lab: Lab) -> Proof | None:
    """The answer is a call of a function that the input names."""
    if not concerns(lab.point):
        return None
    for attempt in (1, 2):
        shot = lab.fire("{c}")
        called = re.match(r"\s*(/\*.*?\*/)?\s*" + shot.canary + r"\s*\(", shot.response.text)
        if called is None or shot.response.is_html:
            return None
        if attempt == 2:
            return Proof(reason="the answer calls a function that the request names", shot=shot)
    return None
