"""A Content-Security-Policy that lets injected scripts run."""

from __future__ import annotations

from hauberk.core.finding import Rule
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

BROAD = frozenset({"*", "http:", "https:", "data:", "http://*", "https://*"})


def judge(page: Page) -> Seen | None:
    """A script has to pass every policy: the answer is as good as its best one."""
    if not page.is_document or not page.csp:
        return None
    faults = [fault(policy) for policy in page.csp]
    return FINE if not all(faults) else Seen(fault=faults[0])


def fault(policy: dict[str, tuple[str, ...]]) -> str:
    """How a script gets past the policy; empty if it does not (CSP3, sections 6.7.2 and 8.2)."""
    sources = policy.get("script-src-elem", policy.get("script-src", policy.get("default-src")))
    if sources is None:
        return "no directive restricts scripts"
    words = {source.lower() for source in sources}
    named = any(word.startswith(("'nonce-", "'sha256-", "'sha384-", "'sha512-")) for word in words)
    if "'unsafe-inline'" in words and not named and "'strict-dynamic'" not in words:
        return "'unsafe-inline' allows inline scripts"
    broad = sorted(words & BROAD)
    if broad and not ("'strict-dynamic'" in words and named):
        return f"{broad[0]} allows scripts from anywhere"
    return ""
