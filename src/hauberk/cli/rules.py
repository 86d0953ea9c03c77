"""Every rule that hauberk judges by, gathered from the packages that judge."""

from __future__ import annotations

from hauberk.core.finding import Rule


def all_rules() -> dict[str, Rule]:
    """Id to rule, sorted by id."""
    from hauberk.audit import RULES as AUDIT
    from hauberk.check import RULES as CHECK
    from hauberk.guard import RULES as GUARD
    from hauberk.scan import RULES as SCAN
    from hauberk.scan.accounts import RULES as ACCOUNTS
    from hauberk.scan.certificate import RULE as CERTIFICATE
    from hauberk.scan.headers import RULES as HEADERS

    return {
        rule.id: rule
        for rule in sorted((*CHECK, *AUDIT, *GUARD, *SCAN, *ACCOUNTS, CERTIFICATE, *HEADERS), key=lambda rule: rule.id)
    }
