"""Checks of accounts, in the order in which they run: what may close an account to us comes last."""

from __future__ import annotations

from hauberk.scan.accounts.checks import accepted, changing, exact, guessing, recorded, sessions
from hauberk.scan.accounts.verdict import AccountCheck

CHECKS: tuple[AccountCheck, ...] = (
    *recorded.CHECKS,
    *accepted.CHECKS,
    *exact.CHECKS,
    *changing.CHECKS,
    *sessions.CHECKS,
    *guessing.CHECKS,
)
