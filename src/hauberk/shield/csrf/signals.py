"""What a request's own header fields say about where it came from: no token, no cookie, no body.

Browsers set `Sec-Fetch-Site`, `Origin` and `Referer` themselves, and no page can change them. So a request that was
sent from elsewhere with the user's cookies says so (Fetch, section 3.1; Fetch Metadata Request Headers, section 2).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from hauberk.core.exchange import Exchange
from hauberk.wire.origin import Origin, OriginError

Trusts = Callable[[Origin], bool]
"""Whether pages of this origin may send requests with the user's cookies."""

_AUTHORITY = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-._:[]")
"""What a Host field may consist of, in lower case; user information never."""
OWN_SITES = frozenset({"same-origin", "none"})
"""Values of Sec-Fetch-Site that no other origin's page can cause; `none` is the user's own doing: a bookmark."""


@dataclass(frozen=True, slots=True)
class Signal:
    """What the fields said: `allowed` is None where they said nothing at all."""

    allowed: bool | None
    why: str


ALLOWED_SITE = Signal(True, "Sec-Fetch-Site names the own origin")
ALLOWED_ORIGIN = Signal(True, "Origin is the own one")
TRUSTED = Signal(True, "Origin is trusted")
ALLOWED_REFERER = Signal(True, "Referer is of the own or a trusted origin")
SILENT = Signal(None, "neither Sec-Fetch-Site nor Origin nor Referer was sent")
OTHER_SITE = Signal(False, "Sec-Fetch-Site names another origin, and Origin is not a trusted one")
MALFORMED_ORIGIN = Signal(False, "Origin is null or malformed")
OTHER_ORIGIN = Signal(False, "Origin is neither the own nor a trusted one")
MALFORMED_REFERER = Signal(False, "Referer is malformed")
OTHER_REFERER = Signal(False, "Referer is of neither the own nor a trusted origin")


def judge(ex: Exchange, trusts: Trusts) -> Signal:
    """Ask the fields in the order of their strength; the first that was sent decides.

    The order is that of Go's `CrossOriginProtection` and Django's `CsrfViewMiddleware` together: Sec-Fetch-Site, which
    is exact and survives `Referrer-Policy: no-referrer`; Origin, which plain http has to rely on; Referer.
    """
    site, text = ex.header("sec-fetch-site"), ex.header("origin")
    if "," in text:  # no browser sends two
        return MALFORMED_ORIGIN
    if site in OWN_SITES:
        return ALLOWED_SITE
    if text and not site and is_own(ex, text):
        return ALLOWED_ORIGIN
    origin = origin_of(text)
    if origin is not None and trusts(origin):
        return TRUSTED
    if site:
        return OTHER_SITE
    if text:
        return MALFORMED_ORIGIN if origin is None else OTHER_ORIGIN
    if text := ex.header("referer"):
        if " " in text:  # two of them, joined; no URL holds a blank
            return MALFORMED_REFERER
        origin = origin_of(text := _origin_of_url(text))
        if is_own(ex, text) or (origin is not None and trusts(origin)):
            return ALLOWED_REFERER
        return MALFORMED_REFERER if origin is None else OTHER_REFERER
    return SILENT


def is_own(ex: Exchange, text: str) -> bool:
    """Whether a page of the origin in this text is one of the host's that was asked.

    Where the server sees http and the page was loaded by https, TLS ended at a proxy: the same authority, to the
    letter, is the own one. Never the reverse: what an attacker changed on the way could then be sent from.
    """
    scheme, host = ex.scheme, ex.header("host").lower()
    if not host or not _AUTHORITY.issuperset(host):
        return False
    text = text.lower()
    if text == f"{scheme}://{host}" or (scheme == "http" and text == f"https://{host}"):
        return True
    own = origin_of(f"{scheme}://{host}")  # with a default port on one of the two sides
    return own is not None and own == origin_of(text)


@lru_cache(maxsize=256)
def origin_of(text: str) -> Origin | None:
    """The http or https origin that a text names; None for the opaque one and for everything that is none.

    Kinder than browsers are strict: a host in capitals and a default port that is written out are the same origin.
    """
    text = text.lower()
    text = text.removesuffix(":443" if text.startswith("https:") else ":80")
    try:
        origin = Origin.parse(text)
    except OriginError:
        return None
    return origin if origin.scheme in {"http", "https"} else None


def _origin_of_url(url: str) -> str:
    """The part of an http URL that is its origin; the parser refuses whatever is none."""
    scheme, colon, rest = url.partition("://")
    for end in "/?#":
        rest = rest.partition(end)[0]
    return scheme + colon + rest
