"""How much a request may bring."""

from __future__ import annotations

from collections.abc import Iterator

from hauberk.check.facts import Facts, Setting
from hauberk.check.verdict import Check, fail, passed, unknown
from hauberk.core.finding import Finding, Rule

BODY = Rule(
    id="check.body-limit",
    title="Request bodies may be of any size",
    severity="medium",
    why="A few clients fill memory or disk, and the service is gone for everybody.",
    fix="Set a limit that fits your largest upload.",
    cwe=(770, 400),
    asvs=("v5.0.0-5.2.1", "v5.0.0-15.2.2"),
    top10=("A06:2025",),
)
FIELDS = Rule(
    id="check.form-limit",
    title="Forms may have any number of fields",
    severity="low",
    why="Parsing millions of small fields takes far more time than sending them.",
    fix="Leave the framework's limit on, or set one that fits your largest form.",
    cwe=(770,),
    asvs=("v5.0.0-15.2.2",),
    top10=("A06:2025",),
)
RATE = Rule(
    id="check.rate-limit",
    title="Nothing limits how often a client may come",
    severity="low",
    why="Guessing, scraping, and calls that cost money or time go as fast as the machine can.",
    fix="Limit by client and by route: Limits(rates=(Rate(...),)), or at the proxy.",
    cwe=(770, 799),
    asvs=("v5.0.0-2.4.1",),
    top10=("A06:2025",),
)


def _limit(rule: Rule, setting: Setting[int | None] | None, facts: Facts, what: str) -> Iterator[Finding]:
    if setting is None:
        yield unknown(rule, facts, f"whether {what} are limited")
    elif setting.value is None:
        yield fail(rule, setting.where, f"{setting.name} is not set: {what} are not limited.", confidence="firm")
    else:
        yield passed(rule, f"{setting.name} limits {what} to {setting.value}.", setting.where)


def body(facts: Facts) -> Iterator[Finding]:
    """Octets."""
    return _limit(BODY, facts.body_limit, facts, "request bodies")


def form(facts: Facts) -> Iterator[Finding]:
    """Fields and parts."""
    return _limit(FIELDS, facts.fields_limit, facts, "form fields")


def rate(facts: Facts) -> Iterator[Finding]:
    """Requests in a time."""
    setting = facts.rates
    if setting is None:
        yield unknown(RATE, facts, "how often a client may come")
    elif setting.value:
        yield passed(RATE, f"{setting.value} limits how often a client may come.", setting.where)
    else:
        message = "Nothing in the application limits how often a client may come; a proxy may."
        yield fail(RATE, setting.where, message, confidence="firm")


CHECKS = (Check(BODY, body), Check(FIELDS, form), Check(RATE, rate))
