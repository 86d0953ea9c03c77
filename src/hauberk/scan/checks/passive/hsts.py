"""No Strict-Transport-Security over https, or one too short to help."""

from __future__ import annotations

import re

from hauberk.core.finding import Rule
from hauberk.scan.page import FINE, Page, Seen

RULE = Rule(
    id="scan.missing-hsts",
    title="No Strict-Transport-Security",
    severity="low",
    why="Who sits between browser and server can keep a visitor on http and read along.",
    fix="Send Strict-Transport-Security with a max-age of at least a year (31536000), here or at the proxy.",
    cwe=(319,),
    asvs=("v5.0.0-3.4.1",),
    top10=("A04:2025",),
    docs="https://cheatsheetseries.owasp.org/cheatsheets/HTTP_Strict_Transport_Security_Cheat_Sheet.html",
)

YEAR = 31_536_000
MAX_AGE = re.compile(r'(?:^|;)\s*max-age\s*=\s*"?(\d+)"?\s*(?:;|$)', re.IGNORECASE)


def judge(page: Page) -> Seen | None:
    """The first field counts (RFC 6797, section 8.1); over http it means nothing."""
    if page.scheme != "https":
        return None
    field = page.response.header("strict-transport-security")
    if field is None:
        return Seen(fault="the field is missing")
    found = MAX_AGE.search(field)
    if found is None:
        return Seen(fault="max-age is missing or no number, so that browsers ignore the field")
    return FINE if int(found[1]) >= YEAR else Seen(fault=f"max-age={int(found[1])} is less than a year")
