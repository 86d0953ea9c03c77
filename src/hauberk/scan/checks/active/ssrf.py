"""Server-side request forgery: the application calls an address of the input's choosing."""

from __future__ import annotations

import re

from hauberk.core.finding import Rule
from hauberk.scan.care import snake
from hauberk.scan.lab import Lab
from hauberk.scan.trial import Point, Proof, canary

RULE = Rule(
    id="scan.ssrf",
    title="Server-side request forgery",
    severity="high",
    why="An attacker reaches what only the server reaches: other services, the cloud's metadata.",
    fix="Choose addresses from a list; where they must come from users, resolve first, refuse private "
    "and link-local ones, and connect to what was resolved.",
    cwe=(918,),
    asvs=("v5.0.0-1.3.6",),
    top10=("A01:2025",),
    docs="https://cheatsheetseries.owasp.org/cheatsheets/Server_Side_Request_Forgery_Prevention_Cheat_Sheet.html",
)


_HINT = re.compile(
    r"(^|[_-])(ur[il]|href|link|src|source|host|domain|server|site|feed|image|img|avatar|file|path|page|doc\w*|include|"
    r"template|load|fetch|proxy|target|dest\w*|webhook|callback|endpoint|module|plugin|script|theme|view|redirect\w*|next|content|data|ref\w*)([_-]|$)"
)


def concerns(point: Point) -> bool:
    """Whether the parameter's name or known value says that it leads somewhere."""
    return _HINT.search(snake(point.parameter.name)) is not None or "://" in str(point.parameter.example or "")


def prove(lab: Lab) -> Proof | None:
    """An address that only this scan knows was called, twice."""
    collaborator = lab.kit.collaborator
    if collaborator is None or not likely(lab):
        return None
    for attempt in (1, 2):
        word = canary()
        shot = lab.fire(collaborator.url(word))
        # Whether it came with the answer, or soon after it.
        if not collaborator.heard(word, wait=0.1):
            return None
        if attempt == 2:
            return Proof(reason="the server called an address that the input named", shot=shot)
    return None


def likely(lab: Lab) -> bool:
    """The same, or a value with a dot that makes a difference."""
    dotted = "." in str(lab.point.parameter.example or "") and not lab.kit.sees
    return concerns(lab.point) or (dotted and lab.stirred)
