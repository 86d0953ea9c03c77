"""Checks that only look. Each module has a RULE and one pure function over a page."""

from __future__ import annotations

from hauberk.core.finding import Rule
from hauberk.scan.checks.passive import (
    clickjacking,
    content_type,
    context,
    cookie_httponly,
    cookie_samesite,
    cookie_secure,
    csp_missing,
    csp_weak,
    debugger,
    exposed_secrets,
    frame_ancestors,
    hsts,
    missing_sri,
    mixed_content,
    nosniff,
    referrer_policy,
    server_banner,
    session_cache,
    source_map,
    traceback,
    weak_jwt,
)
from hauberk.scan.page import PassiveCheck, checks

PASSIVE: tuple[PassiveCheck, ...] = checks(
    csp_missing,
    csp_weak,
    hsts,
    nosniff,
    content_type,
    context,
    clickjacking,
    frame_ancestors,
    referrer_policy,
    cookie_secure,
    cookie_httponly,
    cookie_samesite,
    server_banner,
    traceback,
    debugger,
    session_cache,
    exposed_secrets,
    weak_jwt,
    mixed_content,
    missing_sri,
    source_map,
)

ON_ERRORS: frozenset[str] = frozenset({traceback.RULE.id, debugger.RULE.id})
"""Rules that are also asked about answers to attacks that failed."""

RULES: tuple[Rule, ...] = tuple(check.RULE for check in PASSIVE)
