"""The Observatory's test of Subresource Integrity."""

from __future__ import annotations

import re
from urllib.parse import urljoin, urlsplit

from hauberk.scan.headers import markup
from hauberk.scan.headers.site import site
from hauberk.scan.headers.visit import HTML_TYPES, Visit

ORDER = (
    "sri-implemented-and-all-scripts-loaded-securely",
    "sri-implemented-and-external-scripts-loaded-securely",
    "sri-implemented-but-external-scripts-not-loaded-securely",
    "sri-not-implemented-but-external-scripts-loaded-securely",
    "sri-not-implemented-and-external-scripts-not-loaded-securely",
)
"""Of several, the one that stands last here is told."""
ABSOLUTE = re.compile(r"https?://")
ABSOLUTE_ANY = re.compile(r"\s*(https?:)?//", re.IGNORECASE)


def subresource_integrity(visit: Visit, algorithm: int) -> str:
    """Judge the scripts of the page. Version 4 took an answer without a type for no page, and resolved addresses."""
    if visit.page is None:
        return "sri-not-implemented-but-no-scripts-loaded"
    media = (visit.field("content-type") or "").partition(";")[0]
    if media not in HTML_TYPES and (media or algorithm < 6):
        return "sri-not-implemented-response-not-html"
    page = markup.read(visit.page.text)
    if not page.scripts:
        return "sri-not-implemented-but-no-scripts-loaded"
    worst, foreign = "", False
    for script in page.scripts:
        address = script.get("src", "")
        if algorithm < 6 and "src" in script:
            address = _resolved(page.base, address)
        if address:
            found, is_foreign = _judge(address, bool(script.get("integrity")), visit)
            foreign = foreign or is_foreign
            worst = _worse(worst, found)
    if worst:
        return worst
    return ORDER[1] if foreign else "sri-not-implemented-but-all-scripts-loaded-from-secure-origin"


def _resolved(base: str, address: str) -> str:
    """The address as a document without one of its own resolves it: only an absolute one, or with a base."""
    if not base and not ABSOLUTE_ANY.match(address):
        return address
    try:
        whole = urljoin(base, address.strip())
        return urlsplit(whole).geturl()
    except ValueError:  # such as an unclosed bracket in the host
        return address


def _worse(one: str, other: str) -> str:
    """The one bonus is given only where nothing was said before, whatever comes later may take it back."""
    if not other or (other == ORDER[0] and one):
        return one
    return other if not one else max(one, other, key=ORDER.index)


def _judge(address: str, integrity: bool, visit: Visit) -> tuple[str, bool]:
    """What this script means, and whether it is another site's."""
    protocol_relative = address.startswith("//") and address[2:3] not in {"", "/"}
    absolute = bool(ABSOLUTE.match(address))
    if not protocol_relative and (not absolute or _same_site(address, visit.host)):
        secure = address.startswith("https:") if absolute else visit.is_https
        return (ORDER[0] if integrity and secure else ""), False
    if absolute and address.startswith("https:"):
        return ("" if integrity else ORDER[3]), True
    return (ORDER[2] if integrity else ORDER[4]), True


def _same_site(address: str, host: str) -> bool:
    try:
        other = urlsplit(address).hostname or ""
    except ValueError:
        return False
    return site(other) == site(host)
