"""No Referrer-Policy, or one that gives whole addresses away."""

from __future__ import annotations

from hauberk.core.finding import Rule
from hauberk.scan.page import FINE, Page, Seen

RULE = Rule(
    id="scan.missing-referrer-policy",
    title="No Referrer-Policy",
    severity="low",
    why="Addresses with ids and tokens in them go to every other site that a page links to.",
    fix="Send Referrer-Policy: strict-origin-when-cross-origin, or no-referrer.",
    cwe=(200,),
    asvs=("v5.0.0-3.4.5",),
    top10=("A01:2025",),
    docs="https://developer.mozilla.org/docs/Web/HTTP/Headers/Referrer-Policy",
)

KNOWN = frozenset(
    "no-referrer no-referrer-when-downgrade origin origin-when-cross-origin same-origin strict-origin "
    "strict-origin-when-cross-origin unsafe-url".split()
)
LEAKY = frozenset({"unsafe-url", "no-referrer-when-downgrade"})


def judge(page: Page) -> Seen | None:
    """The last known token counts (Referrer Policy, section 8.1). Only documents make requests."""
    if not page.is_document:
        return None
    tokens = [t.strip().lower() for field in page.response.all("referrer-policy") for t in field.split(",")]
    known = [token for token in tokens if token in KNOWN]
    if not known:
        return Seen(fault="the field is missing" if not tokens else f"no browser knows {', '.join(tokens)}")
    return Seen(fault=f"{known[-1]} sends whole addresses to other sites") if known[-1] in LEAKY else FINE
