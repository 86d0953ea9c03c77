"""Checks that send something. Each module has a RULE, the probes, and the judge of their answers."""

from __future__ import annotations

from hauberk.core.finding import Rule
from hauberk.scan.checks.active import (
    command_injection,
    cors_reflection,
    header_injection,
    open_redirect,
    path_traversal,
    reflected_xss,
    sql_injection,
    stored_xss,
)
from hauberk.scan.trial import ActiveCheck, checks

AT_POINTS: tuple[ActiveCheck, ...] = checks(
    reflected_xss, sql_injection, command_injection, path_traversal, open_redirect, header_injection
)
"""Run at every insertion point. `stored_xss` and `cors_reflection` look at pages and operations instead."""

RULES: tuple[Rule, ...] = (*(check.RULE for check in AT_POINTS), stored_xss.RULE, cors_reflection.RULE)
