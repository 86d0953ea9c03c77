"""A GET that changes what others see: any page can make a visitor's browser send it (RFC 9110, section 9.2.1)."""

from __future__ import annotations

from hauberk.core.finding import Rule

RULE = Rule(
    id="scan.state-change-by-get",
    title="State changed by a GET request",
    severity="medium",
    why="A link or a picture on any site changes something in the name of whoever loads it.",
    fix="Take changes by POST, PUT, PATCH or DELETE, where the checks against forged requests apply.",
    cwe=(352, 650),
    asvs=("v5.0.0-3.5.3",),
    top10=("A01:2025",),
    docs="https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html",
)
"""Judged where the scan looks again at its pages: what a GET put there is found by its canary."""
