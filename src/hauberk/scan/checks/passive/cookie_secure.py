"""A cookie that also goes over http."""

from __future__ import annotations

from hauberk.core.finding import Rule
from hauberk.scan.page import FINE, Page, Seen

RULE = Rule(
    id="scan.cookie-not-secure",
    title="Cookie without Secure",
    severity="medium",
    why="One request over http, which an attacker can provoke, shows the cookie to everybody on the way.",
    fix="Set Secure, and name the cookie __Host-...: hauberk's cookies=Cookies() does it for every cookie.",
    cwe=(614,),
    asvs=("v5.0.0-3.3.1",),
    top10=("A02:2025",),
    docs="https://developer.mozilla.org/docs/Web/HTTP/Headers/Set-Cookie#secure",
)


def judge(page: Page) -> Seen | None:
    """Over http a cookie cannot be Secure, so only https is judged."""
    if not page.cookies or page.scheme != "https":
        return None
    names = sorted({cookie.name for cookie in page.cookies if cookie.attribute("secure") is None})
    return Seen(fault=f"without Secure: {', '.join(names)}") if names else FINE
