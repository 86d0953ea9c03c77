"""Data that a browser would show as a page if its address were opened: SVG, XML, and what may be sniffed."""

from __future__ import annotations

from hauberk.core.finding import Rule
from hauberk.scan.page import FINE, Page, Seen

RULE = Rule(
    id="scan.rendered-data",
    title="Data may be shown as a page",
    severity="low",
    why="An upload or an API's answer that holds markup runs as script of this site when its address is opened.",
    fix="Send nosniff with every answer, and for what is not a page Content-Security-Policy: sandbox (or default-src "
    "'none'), or Content-Disposition: attachment.",
    cwe=(430, 79),
    asvs=("v5.0.0-3.2.1",),
    top10=("A05:2025", "A06:2025"),
    docs="https://developer.mozilla.org/docs/Web/HTTP/Headers/Content-Security-Policy/sandbox",
)
ACTIVE = frozenset({"image/svg+xml", "text/xml", "application/xml", "application/xhtml+xml", "text/xsl"})
"""Types in which browsers run script."""


def judge(page: Page) -> Seen | None:
    """Pages are meant to be shown; redirects and errors without a body are nobody's content."""
    response = page.response
    if page.is_document or not response.body or not 200 <= response.status < 300:
        return None
    kind = (response.header("content-type") or "").partition(";")[0].strip().lower()
    if (response.header("content-disposition") or "").strip().lower().startswith("attachment"):
        return FINE
    sniffed = (response.header("x-content-type-options") or "").partition(",")[0].strip().lower() != "nosniff"
    if kind in ACTIVE:
        return (
            FINE
            if _contained(page)
            else Seen(fault=f"{kind} runs script here: no sandbox, no attachment", severity="medium")
        )
    if sniffed:
        return Seen(fault=f"{kind or 'no type'} without nosniff, so that a browser may take it for something else")
    return FINE


def _contained(page: Page) -> bool:
    """A sandbox, or a policy under which no script runs."""
    for policy in page.csp:
        script = policy.get("script-src", policy.get("default-src"))
        if "sandbox" in policy or (script is not None and [source.lower() for source in script] == ["'none'"]):
            return True
    return False
