"""Every check, in the order in which a report names them."""

from __future__ import annotations

from hauberk.check.code import injection, lint, routes, usage
from hauberk.check.rules import (
    accounts,
    cookies,
    cors,
    csrf,
    enforced,
    exposed,
    headers,
    hosts,
    limits,
    modes,
    secrets,
    sessions,
    templates,
    transport,
)
from hauberk.check.verdict import Check

CHECKS: tuple[Check, ...] = (
    *modes.CHECKS,
    *hosts.CHECKS,
    *cors.CHECKS,
    *secrets.CHECKS,
    *cookies.CHECKS,
    *csrf.CHECKS,
    *sessions.CHECKS,
    *templates.CHECKS,
    *exposed.CHECKS,
    *transport.CHECKS,
    *headers.CHECKS,
    *limits.CHECKS,
    *accounts.CHECKS,
    *injection.CHECKS,
    *usage.CHECKS,
    *routes.CHECKS,
    *lint.CHECKS,
    *enforced.CHECKS,
)
