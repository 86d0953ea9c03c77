"""A cookie that goes along with requests from other sites."""

from __future__ import annotations

from hauberk.core.finding import Rule
from hauberk.scan.page import FINE, Page, Seen

RULE = Rule(
    id="scan.cookie-without-samesite",
    title="Cookie without SameSite",
    severity="low",
    why="Other sites can make requests that carry the cookie: the ground on which request forgery stands.",
    fix="Set SameSite=Lax, or Strict; SameSite=None only for what other sites must embed.",
    cwe=(1275,),
    asvs=("v5.0.0-3.3.2",),
    top10=("A01:2025",),
    docs="https://developer.mozilla.org/docs/Web/HTTP/Headers/Set-Cookie#samesitesamesite-value",
)


def judge(page: Page) -> Seen | None:
    """Lax by default is not what every browser does (RFC 6265bis, section 5.6.7), so it has to be said."""
    if not page.cookies:
        return None
    said = {c.name: (c.attribute("samesite") or "").lower() for c in page.cookies}
    names = sorted(name for name, value in said.items() if value not in {"lax", "strict"})
    words = {"none": "SameSite=None", "": "no SameSite"}
    return Seen(fault="; ".join(f"{n}: {words.get(said[n], 'an unknown SameSite')}" for n in names)) if names else FINE
