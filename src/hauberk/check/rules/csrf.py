"""Requests that another site makes in the user's name."""

from __future__ import annotations

from collections.abc import Iterator

from hauberk.check.facts import Facts
from hauberk.check.verdict import Check, fail, not_applicable, passed, unknown
from hauberk.core.finding import Finding, Rule

DOCS = "https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html"
OFF = Rule(
    id="check.csrf-off",
    title="Nothing checks where state-changing requests come from",
    severity="medium",
    why="A page of another site posts forms with the user's session: changes his mail address, buys, deletes.",
    fix="Turn on a check of Sec-Fetch-Site and Origin, or of a token, for every unsafe method.",
    cwe=(352,),
    asvs=("v5.0.0-3.5.1",),
    top10=("A01:2025",),
    docs=DOCS,
)
EXEMPT = Rule(
    id="check.csrf-exempt",
    title="A view is left out of the CSRF check",
    severity="medium",
    why="That one view can be called by any site with the user's session.",
    fix="Remove the exemption; for callers without a browser authenticate by a token in a header instead of a cookie.",
    cwe=(352,),
    asvs=("v5.0.0-3.5.1",),
    top10=("A01:2025",),
    docs=DOCS,
)


def off(facts: Facts) -> Iterator[Finding]:
    """Matters where the browser sends a session by itself."""
    csrf = facts.csrf
    if csrf is None:
        yield unknown(OFF, facts, "whether requests of other sites are refused")
    elif csrf.state == "on":
        yield passed(OFF, f"{csrf.name} checks unsafe requests.", csrf.where)
    elif csrf.state == "off":
        message = f"{csrf.name} is installed and switched off."
        yield fail(OFF, csrf.where, message, severity="high")
    elif facts.cookies is None:
        yield unknown(OFF, facts, "whether a cookie signs users in")
    elif not any(cookie.role == "session" for cookie in facts.cookies):
        yield not_applicable(OFF, "The configuration makes no session cookie that another site could use.")
    else:
        yield fail(
            OFF, csrf.where, f"There is a session cookie, and no {csrf.name or 'check of CSRF'}.", confidence="firm"
        )


def exempt(facts: Facts) -> Iterator[Finding]:
    """Views that somebody left out."""
    csrf = facts.csrf
    if csrf is None:
        yield unknown(EXEMPT, facts, "which views are exempt")
        return
    if csrf.state != "on":
        yield not_applicable(EXEMPT, "There is no check that a view could be exempt from.")
        return
    for view in csrf.exempt:
        message = f"{view.value} is exempt by {view.name}."
        yield fail(EXEMPT, view.where, message, key=view.value, confidence="firm", evidence={"view": view.value})
    if not csrf.exempt:
        yield passed(EXEMPT, f"No view is left out of {csrf.name}.", csrf.where)


CHECKS = (Check(OFF, off), Check(EXEMPT, exempt))
