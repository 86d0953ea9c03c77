"""No X-Content-Type-Options: nosniff."""

from __future__ import annotations

from hauberk.core.finding import Rule
from hauberk.scan.page import FINE, Page, Seen

RULE = Rule(
    id="scan.missing-nosniff",
    title="No X-Content-Type-Options: nosniff",
    severity="low",
    why="A browser may take an upload or an API's answer for a script or a page.",
    fix="Send X-Content-Type-Options: nosniff with every answer.",
    cwe=(693,),
    asvs=("v5.0.0-3.4.4",),
    top10=("A02:2025",),
    docs="https://developer.mozilla.org/docs/Web/HTTP/Headers/X-Content-Type-Options",
)


def judge(page: Page) -> Seen | None:
    """The first value counts (Fetch, section 3.6). An answer without a body has nothing to sniff."""
    if not page.response.body:
        return None
    field = (page.response.header("x-content-type-options") or "").partition(",")[0].strip().lower()
    return FINE if field == "nosniff" else Seen(fault=f"it says {field!r}" if field else "the field is missing")
