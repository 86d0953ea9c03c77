"""What each decision is about: a class for charts, a severity, and whether a request was stopped."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

Class = Literal["injection", "cross-site", "limits", "accounts", "requests", "sessions", "policy", "operations"]
Severity = Literal["info", "low", "medium", "high", "critical"]

CLASSES: tuple[Class, ...] = (
    "injection",
    "cross-site",
    "limits",
    "accounts",
    "requests",
    "sessions",
    "policy",
    "operations",
)
"""In the order in which charts show them."""


class Kind(NamedTuple):
    """How an event is shown."""

    title: str
    of: Class
    severity: Severity
    stopped: bool = False
    """Whether something was refused: a request, a login, a token."""


KINDS: dict[str, Kind] = {
    "guard-blocked": Kind("Attack blocked at the sink", "injection", "high", True),
    "guard-observed": Kind("Attack seen at the sink", "injection", "high"),
    "guard-reported": Kind("Input that steers a program", "injection", "medium"),
    "guard-incomplete": Kind("Request too large for the guard", "operations", "low"),
    "csrf-refused": Kind("Cross-site request refused", "cross-site", "medium", True),
    "cross-site-refused": Kind("Cross-site request refused", "cross-site", "medium", True),
    "cross-site-reported": Kind("Cross-site request seen", "cross-site", "low"),
    "cors-preflight-refused": Kind("Origin refused", "cross-site", "low", True),
    "csp-violation": Kind("Content-Security-Policy violated", "policy", "low"),
    "csp-reports-full": Kind("Too many different policy reports", "operations", "low"),
    "csp-reports-not-written": Kind("Policy reports could not be written", "operations", "medium"),
    "cookie-dropped-by-browsers": Kind("A cookie that browsers drop", "policy", "low"),
    "header-strengthened": Kind("A weak header was strengthened", "policy", "info"),
    "policy-overridden": Kind("A route has a policy of its own", "policy", "info"),
    "override-of-another-view": Kind("Two views of one path", "policy", "medium", True),
    "override-not-resolved": Kind("A route's own policy was not found", "operations", "medium"),
    "rate-exceeded": Kind("Too many requests", "limits", "low", True),
    "body-too-slow": Kind("Body too slow", "limits", "low", True),
    "limit-exceeded": Kind("Request too large", "limits", "low", True),
    "address-denied": Kind("Denied address", "limits", "medium", True),
    "actor-held": Kind("Attacker held back", "limits", "high"),
    "actor-observed": Kind("Attacker seen", "limits", "high"),
    "actor-let-go": Kind("Attacker let go", "limits", "info"),
    "actor-refused": Kind("Request of an attacker", "limits", "low", True),
    "actor-throttled": Kind("Attacker slowed down", "limits", "low", True),
    "actor-denied": Kind("Client on a deny list", "limits", "low", True),
    "honeypot-touched": Kind("Honeypot touched", "requests", "medium", True),
    "actor-behind-proxy": Kind("Attackers come through a proxy that is not trusted", "operations", "medium"),
    "actor-signals-dropped": Kind("Signals of attackers were dropped", "operations", "high"),
    "actors-store-failed": Kind("Workers could not agree on attackers", "operations", "high"),
    "vulnerable-library": Kind("Vulnerable library loaded", "operations", "medium"),
    "libraries-not-matched": Kind("Libraries could not be matched against advisories", "operations", "medium"),
    "jwks-not-fetched": Kind("An issuer's keys could not be fetched", "operations", "high"),
    "rate-store-failed": Kind("Rates could not be counted", "operations", "high"),
    "throttle-store-failed": Kind("Logins could not be counted", "operations", "high"),
    "login-throttled": Kind("Login slowed down", "accounts", "medium", True),
    "login-failed": Kind("Login failed", "accounts", "info"),
    "login-void": Kind("Login attempt no longer valid", "accounts", "low", True),
    "code-throttled": Kind("Second factor slowed down", "accounts", "medium", True),
    "code-failed": Kind("Wrong second factor", "accounts", "low"),
    "totp-replayed": Kind("One-time code used again", "accounts", "high", True),
    "recovery-code-used": Kind("Recovery code used", "accounts", "info"),
    "recovery-code-replayed": Kind("Recovery code used again", "accounts", "high", True),
    "passkey-refused": Kind("Passkey refused", "accounts", "medium", True),
    "dpop-replayed": Kind("Proof of possession used again", "accounts", "high", True),
    "token-refused": Kind("Token refused", "accounts", "low", True),
    "refresh-family-ended": Kind("Login ended", "accounts", "info"),
    "refresh-refused": Kind("Refresh token from another client", "accounts", "high", True),
    "refresh-reused": Kind("Refresh token used again", "accounts", "high", True),
    "stored-hash-refused": Kind("Stored password that cannot be read", "accounts", "medium", True),
    "host-refused": Kind("Wrong host", "requests", "low", True),
    "path-refused": Kind("Malformed path", "requests", "low", True),
    "plain-http-refused": Kind("Plain http refused", "requests", "low", True),
    "https-proxy-not-believed": Kind("A proxy that is not trusted", "operations", "medium"),
    "session-browser-changed": Kind("Session from another browser", "sessions", "high", True),
    "session-rotation-refused": Kind("Session ended meanwhile", "sessions", "info"),
    "session-write-refused": Kind("Session ended meanwhile", "sessions", "info", True),
    "socket-closed": Kind("WebSocket closed with its session", "sessions", "info", True),
    "memory-store-of-several-workers": Kind("Workers do not share their store", "operations", "medium"),
    "events-dropped": Kind("Events were dropped", "operations", "high"),
}


def kind(event: Mapping[str, Any]) -> Kind:
    """How this event is shown; one that is not known here by its name, as a matter of operations."""
    name = str(event.get("event", ""))
    found = KINDS.get(name)
    if found is None:
        return Kind(name.replace("-", " ").capitalize() or "Event", "operations", "low", name.endswith("-refused"))
    return found
