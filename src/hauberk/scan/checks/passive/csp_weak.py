"""A Content-Security-Policy that lets injected scripts run."""

from __future__ import annotations

from hauberk.core.finding import Rule
from hauberk.scan.oracles.containment import fault
from hauberk.scan.page import FINE, Page, Seen

RULE = Rule(
    id="scan.weak-csp",
    title="Content-Security-Policy allows injected scripts",
    severity="medium",
    why="The policy is there, but a script that an attacker injects runs all the same.",
    fix="Allow scripts by nonce or hash, drop 'unsafe-inline', '*' and bare schemes, and set object-src and base-uri.",
    cwe=(693,),
    asvs=("v5.0.0-3.4.3",),
    top10=("A02:2025",),
    docs="https://cheatsheetseries.owasp.org/cheatsheets/Content_Security_Policy_Cheat_Sheet.html",
)


def judge(page: Page) -> Seen | None:
    """A script has to pass every policy: the answer is as good as its best one."""
    if not page.is_document or not page.csp:
        return None
    faults = [fault(policy) for policy in page.csp]
    return FINE if not all(faults) else Seen(fault=faults[0])
