"""A page over https that loads its parts over http."""

from __future__ import annotations

from hauberk.core.finding import Rule
from hauberk.scan.html import parse
from hauberk.scan.page import FINE, Page, Seen

RULE = Rule(
    id="scan.mixed-content",
    title="Parts of an https page loaded over http",
    severity="medium",
    why="Whoever sits on the network changes these parts; what runs or is filled in there changes the page.",
    fix="Load everything over https; `upgrade-insecure-requests` in the Content-Security-Policy does so by itself.",
    cwe=(311, 319),
    asvs=("v5.0.0-12.2.1",),
    top10=("A04:2025",),
    docs="https://developer.mozilla.org/docs/Web/Security/Mixed_content",
)

PARTS = (
    ("script", "src"),
    ("link[rel~=stylesheet]", "href"),
    ("iframe", "src"),
    ("object", "data"),
    ("embed", "src"),
    ("form", "action"),
    ("img", "src"),
    ("audio", "src"),
    ("video", "src"),
    ("source", "src"),
)


def judge(page: Page) -> Seen | None:
    """Where the page is served over https, and no policy upgrades its requests."""
    if not page.is_document or page.scheme != "https":
        return None
    if any("upgrade-insecure-requests" in policy for policy in page.csp):
        return FINE
    tree = parse(page.response.text)
    for selector, attribute in PARTS:
        for node in tree.css(selector):
            address = (node.attributes.get(attribute) or "").strip()
            if address.lower().startswith("http://"):
                return Seen(fault=f"<{node.tag} {attribute}={address[:100]!r}>")
    return FINE
