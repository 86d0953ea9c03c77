"""An answer that sets a session cookie, and that caches may keep."""

from __future__ import annotations

import re

from hauberk.core.finding import Rule
from hauberk.scan.page import FINE, Page, Seen, is_session

RULE = Rule(
    id="scan.cacheable-session",
    title="Answer with a session cookie may be cached",
    severity="low",
    why="A shared cache that keeps the answer hands one visitor's session to the next.",
    fix="Send Cache-Control: no-store (or private) with answers that set a session cookie.",
    cwe=(525,),
    asvs=("v5.0.0-14.3.2", "v5.0.0-14.2.2"),
    top10=("A06:2025",),
    docs="https://cheatsheetseries.owasp.org/cheatsheets/Session_Management_Cheat_Sheet.html#web-content-caching",
)

KEEPS_OUT = re.compile(r"(?:^|,)\s*(?:no-store|private|no-cache)\s*(?:,|$)", re.IGNORECASE)
"""Bare directives: `no-cache="set-cookie"` keeps the rest in the cache (RFC 9111, section 5.2.2.4)."""
CACHEABLE = frozenset({200, 203, 204, 206, 300, 301, 308, 404, 405, 410, 414, 501})
"""Without a word about caching, only these are kept (RFC 9110, section 15.1)."""


def judge(page: Page) -> Seen | None:
    """Only answers that a cache may keep by themselves."""
    if not any(is_session(cookie) for cookie in page.cookies):
        return None
    field = ", ".join(page.response.all("cache-control"))
    if KEEPS_OUT.search(field):
        return FINE
    explicit = re.search(r"\b(public|max-age|s-maxage)\b", field, re.IGNORECASE) or page.response.header("expires")
    if not explicit and (page.operation.method not in {"GET", "HEAD"} or page.response.status not in CACHEABLE):
        return FINE
    return Seen(fault=f"Cache-Control: {field}" if field else "there is no Cache-Control")
