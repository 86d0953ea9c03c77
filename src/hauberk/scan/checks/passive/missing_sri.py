"""A script of another host that nobody holds to what it was."""

from __future__ import annotations

from urllib.parse import urlsplit

from hauberk.core.finding import Rule
from hauberk.scan.html import parse
from hauberk.scan.page import FINE, Page, Seen

RULE = Rule(
    id="scan.missing-sri",
    title="Scripts of other hosts without integrity",
    severity="low",
    why="Whoever changes the file at the other host, or takes the host over, runs his script in every page.",
    fix="Serve the file yourself, or add integrity and crossorigin (`openssl dgst -sha384 -binary FILE | base64`).",
    cwe=(353, 829),
    asvs=("v5.0.0-3.6.1",),
    top10=("A08:2025",),
    docs="https://developer.mozilla.org/docs/Web/Security/Subresource_Integrity",
)


def judge(page: Page) -> Seen | None:
    """Scripts and style sheets of another origin."""
    if not page.is_document:
        return None
    foreign = 0
    for node in parse(page.response.text).css("script[src], link[rel~=stylesheet][href]"):
        address = (node.attributes.get("src" if node.tag == "script" else "href") or "").strip()
        if urlsplit(address).netloc in ("", page.request.header("host") or "testserver"):
            continue
        foreign += 1
        if not (node.attributes.get("integrity") or "").strip():
            return Seen(fault=f"{address[:150]} without integrity")
    return FINE if foreign else None
