"""Judges an application's effective configuration: no traffic, no source patterns, the values that are in force."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from hauberk.check.facts import Facts
from hauberk.check.features import features
from hauberk.check.rules import CHECKS
from hauberk.core.finding import Finding, Result, Rule

__all__ = ["RULES", "Facts", "check"]

RULES: tuple[Rule, ...] = tuple(check.rule for check in CHECKS)


def check(facts: Facts) -> Result:
    """Ask every rule. Pure: reads nothing but its argument.

    Each rule says something, be it that it does not apply. What could not be read is in `gaps`; if it should have been
    readable, the result is not complete, and nothing may be called clean.
    """
    findings = tuple(_placed(finding, facts) for one in CHECKS for finding in one.judge(facts))
    return Result(
        command="check",
        target=facts.name,
        complete=not facts.broken,
        findings=findings,
        stats={
            "framework": facts.framework,
            "rules": len(CHECKS),
            "routes": facts.routes,
            "protected": facts.protected,
            "features": dict(features(facts)),
            "outcomes": dict(Counter(finding.outcome for finding in findings)),
        },
        gaps=facts.broken + facts.gaps,
    )


def _placed(finding: Finding, facts: Facts) -> Finding:
    """A finding without a place of its own is about the application as a whole."""
    return finding if finding.location.file else replace(finding, location=facts.where)
