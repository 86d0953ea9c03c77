"""What a check of accounts says."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from hauberk.core.finding import Confidence, Finding, HttpLocation, Rule, Severity
from hauberk.scan.accounts.people import People


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """An outcome, what was seen, and in which flow."""

    outcome: Literal["fail", "pass", "not-applicable", "review"]
    message: str
    flow: str = "login"
    confidence: Confidence = "certain"
    evidence: Mapping[str, Any] | None = None

    def finding(self, rule: Rule, people: People) -> Finding:
        """The finding of that rule, at the flow's operation."""
        text = getattr(people.flows, self.flow) or people.flows.login
        method, _, rest = text.partition(" ")
        path = rest.strip().partition(" ")[0].partition("?")[0]
        return Finding(
            rule=rule,
            outcome=self.outcome,
            message=self.message,
            location=HttpLocation(method=method.upper(), path=path),
            confidence=self.confidence,
            evidence=self.evidence or {},
        )


def fault(message: str, flow: str, **evidence: Any) -> Said:
    """It is wrong."""
    return Said(outcome="fail", message=message, flow=flow, evidence=evidence)


def fine(message: str, flow: str) -> Said:
    """It was tried, and it is right."""
    return Said(outcome="pass", message=message, flow=flow)


def nothing(message: str) -> Said:
    """There was nothing to try."""
    return Said(outcome="not-applicable", message=message)


Judge = Callable[[People], Iterator[Said]]


@dataclass(frozen=True, slots=True)
class AccountCheck:
    """A rule and what tries it."""

    rule: Rule
    judge: Judge


def account_rule(
    name: str,
    title: str,
    severity: Severity,
    *,
    why: str,
    fix: str,
    cwe: tuple[int, ...],
    asvs: str,
    top10: str = "A07",
) -> Rule:
    """A rule about accounts; requirements and categories without their editions."""
    return Rule(
        id=f"scan.{name}",
        title=title,
        severity=severity,
        why=why,
        fix=fix,
        cwe=cwe,
        asvs=tuple(f"v5.0.0-{number}" for number in asvs.split()),
        top10=tuple(f"{number}:2025" for number in top10.split()),
        docs="https://cheatsheetseries.owasp.org/cheatsheets/Authentication_Cheat_Sheet.html",
    )
