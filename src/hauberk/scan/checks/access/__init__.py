"""Checks of access control: each has a RULE and asks the World, in which several people are logged in."""

from __future__ import annotations

from collections.abc import Iterator

from hauberk.core.finding import Finding, Rule
from hauberk.scan.access import World
from hauberk.scan.checks.access import (
    bola,
    csrf,
    excessive_data,
    forged_token,
    function_level,
    logout,
    mass_assignment,
    missing_authentication,
    private_caching,
    private_jsonp,
    rate_limit,
    session_fixation,
    unsigned_session,
)

CHECKS = (
    missing_authentication,
    excessive_data,
    private_caching,
    private_jsonp,
    function_level,
    session_fixation,
    unsigned_session,
    forged_token,
    csrf,
    mass_assignment,
    bola,
    logout,
    rate_limit,
)
"""In their order: what reads comes before what writes, and what ends sessions last."""
RULES: tuple[Rule, ...] = tuple(check.RULE for check in CHECKS)


def ask(world: World) -> Iterator[Finding]:
    """Everything that they find."""
    for check in CHECKS:
        yield from check.ask(world)
