"""How sessions are kept, and for how long."""

from __future__ import annotations

from collections.abc import Iterator

from hauberk.check.facts import Facts
from hauberk.check.verdict import Check, fail, not_applicable, passed, unknown
from hauberk.core.finding import Finding, Rule, Severity

LONGEST = 14 * 24 * 3600
DOCS = "https://cheatsheetseries.owasp.org/cheatsheets/Session_Management_Cheat_Sheet.html"
LIFETIME = Rule(
    id="check.session-lifetime",
    title="Sessions live too long",
    severity="low",
    why="A session that was stolen or left open on a shared machine works for weeks.",
    fix="End sessions after two weeks at most, and sooner without activity.",
    cwe=(613,),
    asvs=("v5.0.0-7.3.1",),
    top10=("A07:2025",),
    docs=DOCS,
)
ABSOLUTE = Rule(
    id="check.session-absolute",
    title="A session never ends while it is used",
    severity="low",
    why="Whoever took one over keeps it alive by a request now and then.",
    fix="End each session some time after its login, whatever happens: hauberk's Sessions(absolute=...).",
    cwe=(613,),
    asvs=("v5.0.0-7.3.2",),
    top10=("A07:2025",),
    docs=DOCS,
)
SERIALIZER = Rule(
    id="check.session-serializer",
    title="Session data is unpickled",
    severity="high",
    why="Whoever can write a session, with a leaked key or in the store, runs code on the server.",
    fix="Use the JSON serializer.",
    cwe=(502,),
    asvs=("v5.0.0-1.5.2",),
    top10=("A08:2025",),
    docs="https://cwe.mitre.org/data/definitions/502.html",
)
CLIENT_SIDE = Rule(
    id="check.session-client-side",
    title="Sessions cannot be ended",
    severity="low",
    why="The whole session is in the cookie: a copy of it works after logout and after a change of password.",
    fix="Keep sessions on the server, so that logout ends them.",
    cwe=(613,),
    asvs=("v5.0.0-7.4.1",),
    top10=("A07:2025",),
    docs=DOCS,
)


def lifetime(facts: Facts) -> Iterator[Finding]:
    """Two weeks at most."""
    if facts.session is None:
        yield _none(LIFETIME, facts)
    elif (setting := facts.session.lifetime) is None:
        yield unknown(LIFETIME, facts, "how long a session lives")
    elif setting.value is None:
        yield fail(LIFETIME, setting.where, f"{setting.name} sets no end.", severity="medium")
    elif setting.value > LONGEST:
        message = f"{setting.name} lets a session live {setting.value // 86400} days."
        yield fail(LIFETIME, setting.where, message, evidence={"seconds": setting.value})
    else:
        yield passed(LIFETIME, f"{setting.name} ends a session after {setting.value} seconds.", setting.where)


def absolute(facts: Facts) -> Iterator[Finding]:
    """However much it is used."""
    if facts.session is None:
        yield _none(ABSOLUTE, facts)
    elif (setting := facts.session.absolute) is None:
        yield unknown(ABSOLUTE, facts, "whether a session that is used ends")
    elif setting.value is None:
        yield fail(ABSOLUTE, setting.where, f"Each use lengthens the session ({setting.name}).")
    else:
        yield passed(ABSOLUTE, f"{setting.name} ends a session {setting.value} seconds after it began.", setting.where)


def serializer(facts: Facts) -> Iterator[Finding]:
    """Anything that runs code when it is read."""
    if facts.session is None:
        yield _none(SERIALIZER, facts)
    elif facts.session.serializer is None:
        yield unknown(SERIALIZER, facts, "how session data is written")
    elif any(word in facts.session.serializer.lower() for word in ("pickle", "dill", "marshal")):
        severity: Severity | None = "critical" if facts.session.kind == "client" else None
        message = f"{facts.session.serializer} reads session data."
        yield fail(SERIALIZER, facts.session.where, message, severity=severity)
    else:
        yield passed(SERIALIZER, f"{facts.session.serializer} reads session data.", facts.session.where)


def client_side(facts: Facts) -> Iterator[Finding]:
    """In the cookie, or under an id."""
    if facts.session is None:
        yield _none(CLIENT_SIDE, facts)
    elif facts.session.kind is None:
        yield unknown(CLIENT_SIDE, facts, "where sessions are kept")
    elif facts.session.kind == "client":
        yield fail(CLIENT_SIDE, facts.session.where, f"{facts.session.engine} keeps the session in the cookie.")
    else:
        yield passed(CLIENT_SIDE, f"{facts.session.engine} keeps sessions on the server.", facts.session.where)


def _none(rule: Rule, facts: Facts) -> Finding:
    if facts.cookies is None:
        return unknown(rule, facts, "whether there are sessions")
    return not_applicable(rule, "The configuration makes no sessions.")


CHECKS = (
    Check(LIFETIME, lifetime),
    Check(ABSOLUTE, absolute),
    Check(SERIALIZER, serializer),
    Check(CLIENT_SIDE, client_side),
)
