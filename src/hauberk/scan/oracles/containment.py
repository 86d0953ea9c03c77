"""Whether a page's Content-Security-Policy keeps injected script from running (CSP3, sections 6.7.2 and 8.2)."""

from __future__ import annotations

from hauberk.scan.trial import Proof
from hauberk.wire.csp import Policy

BROAD = frozenset({"*", "http:", "https:", "data:", "http://*", "https://*"})
HELD = "; the page's Content-Security-Policy keeps script in it from running"


def fault(policy: Policy) -> str:
    """How a script gets past the policy; empty if it does not."""
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


def contained(proof: Proof, policies: list[Policy]) -> Proof:
    """The proof as it is worth on such a page: markup that cannot run a script is half the fault, and still one.

    Event handlers and `javascript:` URLs fall under script-src-attr, so that has to hold as well. Forms, links and
    styles that are injected stay possible.
    """
    if any(not fault(policy) and not fault(_attributes(policy)) for policy in policies):
        return Proof(
            reason=proof.reason + HELD,
            event=proof.event,
            confidence=proof.confidence,
            severity="medium",
            seen=proof.seen | {"contained_by": "content-security-policy"},
        )
    return proof


def _attributes(policy: Policy) -> Policy:
    sources = policy.get("script-src-attr", policy.get("script-src", policy.get("default-src")))
    return {} if sources is None else {"script-src": sources}
