"""What a rule's function says, in one line each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from hauberk.check.facts import NOWHERE, Facts
from hauberk.core.finding import Confidence, Finding, Location, Rule, Severity

Judge = Callable[[Facts], Iterator[Finding]]
UNKNOWN: Mapping[str, Any] = MappingProxyType({"known": False})
"""Evidence of a finding that says nothing: neither that the application is right nor that it has no such thing."""


@dataclass(frozen=True, slots=True)
class Check:
    """A rule and the pure function that judges it. The function says something of every application."""

    rule: Rule
    judge: Judge


def fail(
    rule: Rule,
    where: Location,
    message: str,
    *,
    key: str = "",
    severity: Severity | None = None,
    confidence: Confidence = "certain",
    evidence: Mapping[str, Any] | None = None,
) -> Finding:
    """It is wrong, and this is how."""
    return Finding(
        rule=rule,
        outcome="fail",
        message=message,
        location=where,
        confidence=confidence,
        key=key,
        own_severity=severity,
        evidence=evidence or {},
    )


def passed(
    rule: Rule, message: str, where: Location = NOWHERE, *, key: str = "", confidence: Confidence = "certain"
) -> Finding:
    """It was looked at, and it is right."""
    return Finding(rule=rule, outcome="pass", message=message, location=where, key=key, confidence=confidence)


def not_applicable(rule: Rule, message: str) -> Finding:
    """There is nothing of the kind here, or it cannot be known from the configuration."""
    return Finding(rule=rule, outcome="not-applicable", message=message)


def review(rule: Rule, where: Location, message: str, *, key: str = "") -> Finding:
    """Only a person who knows the deployment can say."""
    return Finding(rule=rule, outcome="review", message=message, location=where, key=key, confidence="tentative")


def unknown(rule: Rule, facts: Facts, what: str) -> Finding:
    """The configuration does not tell."""
    message = f"The configuration of this {facts.framework} application does not tell {what}."
    return replace(not_applicable(rule, message), evidence=UNKNOWN)
