"""By when faults of dependencies have to be mended: whether the project says so."""

from __future__ import annotations

from collections.abc import Iterator

from hauberk.check.facts import Facts
from hauberk.check.verdict import Check, fail, passed, unknown
from hauberk.core.finding import Finding, Rule

RULE = Rule(
    id="check.no-deadlines",
    title="Nothing says by when faults of dependencies are mended",
    severity="info",
    why="What has no date is put off, and nobody can tell whether it was put off too long.",
    fix="Write [tool.hauberk.audit.deadlines] into pyproject.toml: days for critical, high, medium and low.",
    cwe=(1104,),
    asvs=("v5.0.0-15.1.1",),
    top10=("A03:2025",),
    docs="https://cheatsheetseries.owasp.org/cheatsheets/Vulnerable_Dependency_Management_Cheat_Sheet.html",
)


def deadlines(facts: Facts) -> Iterator[Finding]:
    """A table in the project's own file."""
    setting = facts.deadlines
    if setting is None:
        yield unknown(RULE, facts, "by when faults of dependencies are mended")
    elif not setting.value:
        message = "The project does not say by when faults of its dependencies have to be mended."
        yield fail(RULE, setting.where, message)
    else:
        said = ", ".join(f"{name} within {days} days" for name, days in setting.value.items())
        yield passed(RULE, f"Faults of dependencies are mended: {said}.", setting.where)


CHECKS = (Check(RULE, deadlines),)
