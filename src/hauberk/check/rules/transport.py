"""TLS from the application's side: redirects, HSTS, and which proxy is believed about it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hauberk.check.facts import Facts
from hauberk.check.verdict import Check, fail, not_applicable, passed, review, unknown
from hauberk.core.finding import Confidence, Finding, Rule

YEAR = 365 * 24 * 3600
REDIRECT = Rule(
    id="check.https-redirect",
    title="Plain http is answered",
    severity="low",
    why="Pages and cookies travel in clear where nothing in front of the application redirects.",
    fix="Redirect http to https in the application, or make sure that the proxy does.",
    cwe=(319,),
    asvs=("v5.0.0-12.2.1",),
    top10=("A04:2025",),
)
HSTS = Rule(
    id="check.hsts",
    title="Browsers are not told to come back by https",
    severity="medium",
    why="Every visit that starts with http:// can be kept on http by somebody in the network.",
    fix="Send Strict-Transport-Security: max-age=31536000; includeSubDomains",
    cwe=(319, 523),
    asvs=("v5.0.0-3.4.1",),
    top10=("A04:2025",),
    docs="https://www.rfc-editor.org/rfc/rfc6797",
)
PROXY = Rule(
    id="check.proxy-trust",
    title="Any client is believed about its address and scheme",
    severity="medium",
    why="A client that writes X-Forwarded-For itself escapes rate limits, allow lists and the log.",
    fix="Believe the addresses of your own proxies only.",
    cwe=(348, 290),
    asvs=("v5.0.0-4.1.3", "v5.0.0-15.3.4"),
    top10=("A07:2025",),
)
BLANKET = Rule(
    id="check.https-redirect-blanket",
    title="Programs are redirected to https as well",
    severity="info",
    why="A client that sends its token over http is answered, so nobody notices that the token goes in clear.",
    fix="Redirect only what a person opens; refuse the rest: hauberk's HTTPS() does.",
    cwe=(319,),
    asvs=("v5.0.0-4.1.2",),
    top10=("A04:2025",),
)


def blanket(facts: Facts) -> Iterator[Finding]:
    """Only hauberk's own feature tells a visit from a call; other middleware redirects whatever comes."""
    setting = facts.https_redirect
    if setting is None or not setting.value:
        yield not_applicable(BLANKET, "Nothing in the application redirects http to https.")
    elif setting.name.startswith("Policy."):
        yield passed(
            BLANKET, f"{setting.name} redirects visits, and refuses requests that carry something.", setting.where
        )
    else:
        yield fail(BLANKET, setting.where, f"{setting.name} redirects calls of programs too.", confidence="firm")


SOCKETS = Rule(
    id="check.websocket-plain",
    title="WebSockets are answered without TLS",
    severity="medium",
    why="Whoever is on the way reads and changes every message, the cookie of the handshake included.",
    fix="Refuse ws: Policy(https=HTTPS()), or HTTPSRedirectMiddleware, which covers handshakes.",
    cwe=(319,),
    asvs=("v5.0.0-4.4.1",),
    top10=("A04:2025",),
    docs="https://www.rfc-editor.org/rfc/rfc6455#section-10.6",
)


def sockets(facts: Facts) -> Iterator[Finding]:
    """What redirects http refuses ws: Starlette's middleware and hauberk's feature both see handshakes."""
    if facts.websockets is None or facts.https_redirect is None:
        yield unknown(SOCKETS, facts, "whether WebSockets are answered")
    elif not facts.websockets:
        yield not_applicable(SOCKETS, "There is no WebSocket route.")
    elif facts.https_redirect.value:
        yield passed(SOCKETS, f"{facts.https_redirect.name} covers handshakes.", facts.https_redirect.where)
    else:
        message = f"{facts.websockets} WebSocket routes answer ws as well as wss; a proxy may refuse it."
        yield fail(SOCKETS, facts.https_redirect.where, message, confidence="firm")


def redirect(facts: Facts) -> Iterator[Finding]:
    """From http to https, in the application."""
    setting = facts.https_redirect
    if setting is None:
        yield unknown(REDIRECT, facts, "whether plain http is redirected")
    elif setting.value:
        yield passed(REDIRECT, f"{setting.name} redirects http to https.", setting.where)
    else:
        message = f"Nothing in the application redirects http to https ({setting.name}); a proxy may."
        yield fail(REDIRECT, setting.where, message, confidence="firm")


def hsts(facts: Facts) -> Iterator[Finding]:
    """RFC 6797; a year at least, and subdomains too."""
    header = facts.headers.get("strict-transport-security")
    if header is None:
        yield unknown(HSTS, facts, "whether Strict-Transport-Security is sent")
        return
    if not header.sent:
        message = f"Nothing sends Strict-Transport-Security{f' ({header.by})' * bool(header.by)}; a proxy may."
        yield fail(HSTS, header.where, message, confidence="firm")
        return
    age = re.search(r"max-age\s*=\s*\"?(\d+)", header.value or "", re.IGNORECASE)
    if age and int(age[1]) < YEAR:
        message = f"Strict-Transport-Security holds {int(age[1])} seconds, which is less than a year ({header.by})."
        yield fail(HSTS, header.where, message, severity="low", evidence={"max_age": int(age[1])})
    elif age and "includesubdomains" not in (header.value or "").lower():
        message = f"Strict-Transport-Security leaves subdomains out ({header.by})."
        yield fail(HSTS, header.where, message, severity="low", key="subdomains")
    else:
        known = "" if age else "; its value cannot be seen here"
        confidence: Confidence = "certain" if age else "firm"
        yield passed(HSTS, f"{header.by} sends Strict-Transport-Security{known}.", header.where, confidence=confidence)


def proxies(facts: Facts) -> Iterator[Finding]:
    """X-Forwarded-* and its kin."""
    if facts.proxies is None:
        yield unknown(PROXY, facts, "which proxy is believed")
    elif not facts.proxies:
        yield passed(PROXY, "Nothing in the application reads forwarding headers.")
    for proxy in facts.proxies or ():
        if proxy.everybody:
            yield fail(PROXY, proxy.where, f"{proxy.name} believes every client.", key=proxy.name)
        elif proxy.named:
            yield passed(PROXY, f"{proxy.name} believes listed addresses only.", proxy.where, key=proxy.name)
        else:
            message = (
                f"{proxy.name} believes whoever connects. That is right if only your proxy can connect to the server, "
                "and if it replaces the header."
            )
            yield review(PROXY, proxy.where, message, key=proxy.name)


CHECKS = (
    Check(REDIRECT, redirect),
    Check(HSTS, hsts),
    Check(PROXY, proxies),
    Check(SOCKETS, sockets),
    Check(BLANKET, blanket),
)
