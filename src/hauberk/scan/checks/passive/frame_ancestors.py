"""No frame-ancestors in the Content-Security-Policy."""

from __future__ import annotations

from hauberk.core.finding import Rule
from hauberk.scan.page import FINE, Page, Seen

RULE = Rule(
    id="scan.frame-ancestors",
    title="The policy does not say who may frame the page",
    severity="low",
    why="X-Frame-Options is obsolete: it knows no list, and browsers may drop it.",
    fix="Send frame-ancestors 'self' (or 'none') in the Content-Security-Policy of every answer.",
    cwe=(1021,),
    asvs=("v5.0.0-3.4.6",),
    top10=("A06:2025",),
    docs="https://developer.mozilla.org/docs/Web/HTTP/Headers/Content-Security-Policy/frame-ancestors",
)


def judge(page: Page) -> Seen | None:
    """Of pages; `*` allows everybody."""
    if not page.is_document:
        return None
    listed = [found for policy in page.csp if (found := policy.get("frame-ancestors")) is not None]
    if not listed:
        return Seen(fault="no policy has frame-ancestors")
    return Seen(fault="frame-ancestors allows every site") if all("*" in found for found in listed) else FINE
