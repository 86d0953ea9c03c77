"""Stored cross-site scripting: what was put in at one place becomes markup on another page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from hauberk.core.finding import Rule
from hauberk.scan.messages import Response
from hauberk.scan.oracles.containment import contained
from hauberk.scan.oracles.markup import escape
from hauberk.scan.page import policies
from hauberk.scan.trial import CANARY, Proof

RULE = Rule(
    id="scan.stored-xss",
    title="Stored cross-site scripting",
    severity="high",
    why="Whoever opens the page runs the attacker's script in his own session; nobody has to be lured to a link.",
    fix="Escape the value where it is written out: let the template engine's autoescape do it. Do not mark stored text "
    "as safe.",
    cwe=(79,),
    asvs=("v5.0.0-1.2.1", "v5.0.0-1.3.1"),
    top10=("A05:2025",),
    docs="https://cheatsheetseries.owasp.org/cheatsheets/Cross_Site_Scripting_Prevention_Cheat_Sheet.html",
)

T = TypeVar("T")


def judge(response: Response, sent: Mapping[str, T]) -> list[tuple[str, T, Proof]]:
    """Which of the canaries that were sent earlier are markup on this page, each with what sent it."""
    if not response.is_html:
        return []
    text = response.text
    found = []
    for canary in dict.fromkeys(CANARY.findall(text.lower())):
        if canary in sent:
            reason = escape(text, canary)
            if reason:
                found.append((canary, sent[canary], contained(Proof(reason=reason), policies(response))))
    return found
