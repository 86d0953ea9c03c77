"""Keys and passwords that the application uses. No finding ever holds one."""

from __future__ import annotations

from collections.abc import Iterator

from hauberk.check.facts import Facts
from hauberk.check.secrets import faults
from hauberk.check.verdict import Check, fail, not_applicable, passed, unknown
from hauberk.core.finding import Finding, Rule

WEAK = Rule(
    id="check.secret-weak",
    title="A secret can be guessed",
    severity="high",
    why="Whoever guesses the key signs sessions and tokens as any user; it is tried offline, millions a second.",
    fix="Make one with `hauberk secret`, give it through the environment, and change it wherever it was used.",
    cwe=(1391, 326, 1394),
    asvs=("v5.0.0-11.2.3", "v5.0.0-13.2.3"),
    top10=("A07:2025", "A04:2025"),
    docs="https://cwe.mitre.org/data/definitions/1391.html",
)
IN_SOURCE = Rule(
    id="check.secret-in-source",
    title="A secret stands in the source code",
    severity="high",
    why="Everybody who ever sees the repository, a build or a backup has it, and it cannot be changed in one place.",
    fix="Read it from the environment or a vault, fail without it, and replace the one that was published.",
    cwe=(798, 321),
    asvs=("v5.0.0-13.3.1",),
    top10=("A07:2025", "A04:2025"),
    docs="https://cwe.mitre.org/data/definitions/798.html",
)


def weak(facts: Facts) -> Iterator[Finding]:
    """Length, variety and published values."""
    if facts.secrets is None:
        yield unknown(WEAK, facts, "which secrets are used")
    elif not facts.secrets:
        yield not_applicable(WEAK, "No secret is configured.")
    for secret in facts.secrets or ():
        problems = faults(secret)
        if problems:
            yield fail(
                WEAK,
                secret.literal or secret.where,
                f"{secret.name} {' and '.join(problems)}.",
                key=secret.name,
                severity="critical" if secret.strength.known and secret.use != "password" else None,
                evidence={"setting": secret.name, "octets": secret.strength.length, "known": secret.strength.known},
            )
        else:
            yield passed(WEAK, f"{secret.name} is long and has variety.", secret.where, key=secret.name)


def in_source(facts: Facts) -> Iterator[Finding]:
    """The effective value, found again as a literal."""
    if facts.secrets is None:
        yield unknown(IN_SOURCE, facts, "which secrets are used")
    elif not any(secret.searched for secret in facts.secrets):
        why = "The source could not be read." if facts.secrets else "No secret is configured."
        yield not_applicable(IN_SOURCE, why)
    for secret in facts.secrets or ():
        if secret.literal is not None:
            message = f"The value of {secret.name} is written in the source."
            yield fail(IN_SOURCE, secret.literal, message, key=secret.name, evidence={"setting": secret.name})
        elif secret.searched:
            message = f"The value of {secret.name} is not a literal of the application's own modules."
            yield passed(IN_SOURCE, message, secret.where, key=secret.name, confidence="firm")


CHECKS = (Check(WEAK, weak), Check(IN_SOURCE, in_source))
