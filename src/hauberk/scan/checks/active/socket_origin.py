"""WebSockets that any site may open with the user's cookies (RFC 6455, section 10.2)."""

from __future__ import annotations

import secrets
from base64 import b64encode

from hauberk.core.finding import Finding, HttpLocation, Rule
from hauberk.scan import evidence
from hauberk.scan.client import Client
from hauberk.scan.messages import Request
from hauberk.scan.surface import Surface
from hauberk.scan.trial import canary

RULE = Rule(
    id="scan.socket-origin",
    title="WebSocket open to every site",
    severity="medium",
    why="A browser sends its cookies with the handshake whatever page asks for it, and no same-origin policy keeps the "
    "page from reading: any site that a user visits speaks over the socket in his name.",
    fix="Compare the Origin of the handshake with the origins of your own pages, and refuse it before it is accepted.",
    cwe=(1385,),
    asvs=("v5.0.0-4.4.2",),
    top10=("A01:2025",),
    docs="https://cheatsheetseries.owasp.org/cheatsheets/WebSocket_Security_Cheat_Sheet.html",
)
SWITCHED = 101


def handshake(path: str, origin: str) -> Request:
    """A handshake as a page of that origin would make it (RFC 6455, section 4.1)."""
    key = b64encode(secrets.token_bytes(16)).decode()
    fields = (
        ("upgrade", "websocket"),
        ("connection", "Upgrade"),
        ("sec-websocket-key", key),
        ("sec-websocket-version", "13"),
        ("origin", origin),
    )
    return Request(target=path, headers=fields)


def ask(client: Client, surface: Surface) -> list[Finding]:
    """A finding for each socket that opens to the application's own pages and, twice, to a site that nobody knows."""
    found = []
    for path in surface.sockets:
        own = handshake(path, client.origin)
        if client.open(own) != SWITCHED:
            continue
        foreign = [handshake(path, f"https://{canary()}.example") for _ in range(2)]
        if all(client.open(request) == SWITCHED for request in foreign):
            found.append(_finding(client, path, foreign[-1], own))
    return found


def _finding(client: Client, path: str, sent: Request, control: Request) -> Finding:
    signed_in = client.jar.header(path) != ""
    note = (
        "with the session's cookies" if signed_in else "the scan had no session, so that this is how it is for guests"
    )
    return Finding(
        rule=RULE,
        outcome="fail",
        message=f"The handshake with an Origin that nobody can have allowed was accepted, {note}.",
        location=HttpLocation(method="GET", path=path, place="header", parameter="origin"),
        own_severity="high" if signed_in else None,
        confidence="certain" if signed_in else "firm",
        evidence={
            "request": evidence.request(client.origin, client.complete(sent)),
            "response": {"status": SWITCHED},
            "control": evidence.request(client.origin, client.complete(control)) | {"response": {"status": SWITCHED}},
        },
    )
