"""No Content-Security-Policy."""

from __future__ import annotations

from hauberk.core.finding import Rule
from hauberk.scan.page import FINE, Page, Seen

RULE = Rule(
    id="scan.missing-csp",
    title="No Content-Security-Policy",
    severity="medium",
    why="One place where output is not escaped is enough for an attacker's script to run.",
    fix="Send a Content-Security-Policy that allows scripts by nonce: hauberk's recommended policy does.",
    cwe=(693,),
    asvs=("v5.0.0-3.4.3",),
    top10=("A02:2025",),
    docs="https://cheatsheetseries.owasp.org/cheatsheets/Content_Security_Policy_Cheat_Sheet.html",
)


def judge(page: Page) -> Seen | None:
    """Every document needs a policy; one that only reports protects nobody."""
    if not page.is_document:
        return None
    if page.csp:
        return FINE
    only = page.response.header("content-security-policy-report-only") is not None
    return Seen(fault="the policy only reports and blocks nothing" if only else "there is no policy")
