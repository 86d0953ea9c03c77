"""A page that any site may show in a frame."""

from __future__ import annotations

from hauberk.core.finding import Rule
from hauberk.scan.page import FINE, Page, Seen

RULE = Rule(
    id="scan.clickjacking",
    title="Pages may be framed by any site",
    severity="medium",
    why="An attacker lays the page invisibly over his own, and the visitor's clicks do what he did not mean.",
    fix="Send Content-Security-Policy: frame-ancestors 'none' or 'self' (and X-Frame-Options for old browsers).",
    cwe=(1021,),
    asvs=("v5.0.0-3.4.6",),
    top10=("A06:2025",),
    docs="https://cheatsheetseries.owasp.org/cheatsheets/Clickjacking_Defense_Cheat_Sheet.html",
)

OPEN = frozenset({"*", "http:", "https:", "http://*", "https://*"})


def judge(page: Page) -> Seen | None:
    """Where frame-ancestors is there, X-Frame-Options is ignored (CSP3, section 6.4.2)."""
    if not page.is_document:
        return None
    ancestors = [policy["frame-ancestors"] for policy in page.csp if "frame-ancestors" in policy]
    if ancestors:
        if all(OPEN & {source.lower() for source in sources} for sources in ancestors):
            return Seen(fault=f"frame-ancestors {' '.join(ancestors[0])} allows every site")
        return FINE
    options = {o.strip().lower() for field in page.response.all("x-frame-options") for o in field.split(",")}
    if options & {"deny", "sameorigin"}:
        return FINE
    return Seen(
        fault=f"X-Frame-Options: {', '.join(sorted(options))} is ignored by browsers"
        if options
        else "nothing forbids it"
    )
