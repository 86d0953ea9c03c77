"""What a framework's own checks of a deployment say, where no rule here says it already."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from hauberk.check.facts import Advice, Facts
from hauberk.check.verdict import Check, fail, not_applicable, passed, review
from hauberk.core.finding import Finding, Rule

RULE = Rule(
    id="check.django-deploy",
    title="Django's own deployment check warns",
    severity="low",
    why="Django, or a package or check of the project's own, names a setting that is wrong or does nothing.",
    fix="Do what its hint says; where it was weighed and is right as it is, name its id in SILENCED_SYSTEM_CHECKS.",
    cwe=(16,),
    asvs=(),
    top10=("A02:2025",),
    docs="https://docs.djangoproject.com/en/stable/ref/checks/#security",
)
SAME: Mapping[str, str] = MappingProxyType(
    {
        "security.W001": "check.hsts",  # and nosniff, https-redirect, referrer-policy, opener-policy
        "security.W002": "check.framing",
        "security.W003": "check.csrf-off",
        "security.W004": "check.hsts",
        "security.W005": "check.hsts",
        "security.W006": "check.nosniff",
        "security.W008": "check.https-redirect",
        "security.W009": "check.secret-weak",
        "security.W010": "check.session-cookie-secure",
        "security.W011": "check.session-cookie-secure",
        "security.W012": "check.session-cookie-secure",
        "security.W013": "check.session-cookie-httponly",
        "security.W014": "check.session-cookie-httponly",
        "security.W015": "check.session-cookie-httponly",
        "security.W016": "check.csrf-cookie",
        "security.W018": "check.debug",
        "security.W019": "check.framing",
        "security.W020": "check.hosts",
        "security.W022": "check.referrer-policy",
        "security.W025": "check.secret-weak",
    }
)
"""Django's id to the rule here that judges the same setting, by what is in force and not by the setting alone.

A proxy's or a middleware's header counts there, and a key's strength instead of its length: so its verdict stands.
"""
DECISIONS = frozenset({"security.W021"})
"""Preloading binds a domain and everything below it for years: nobody but its owner can say."""


def advice(facts: Facts) -> Iterator[Finding]:
    """One finding a message; the ids that another rule covers are left to it."""
    if facts.advice is None:
        yield not_applicable(RULE, f"A {facts.framework} application has no deployment check of its own to ask.")
        return
    left = [one for one in facts.advice if one.code not in SAME]
    for one in left:
        yield _finding(one)
    if not left:
        known = len(facts.advice)
        also = f" beside {known} messages about what other rules here judge" if known else ""
        yield passed(RULE, f"Django's own deployment check has nothing to say{also}.")


def _finding(one: Advice) -> Finding:
    said = " ".join(part for part in (f"{one.code or 'A check without an id'}: {one.text}", one.hint) if part)
    key = one.code or one.text
    if one.code in DECISIONS:
        return review(RULE, one.where, said, key=key)
    return fail(RULE, one.where, said, key=key, severity=one.severity, evidence={"django": one.code})


CHECKS = (Check(RULE, advice),)
