"""What the Observatory's tests look at: one visit to a site, as plain facts."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from hauberk.scan.messages import Response

HTML_TYPES = frozenset({"text/html", "application/xhtml+xml"})
FIRST_WINS = frozenset(
    "age content-length content-type etag expires last-modified location max-forwards retry-after server".split()
)
"""Fields of which a client keeps only the first when they come twice; others are joined (RFC 9110, section 5.3)."""
PREFLIGHT_ORIGIN = "https://http-observatory.security.mozilla.org"
"""Whom the Observatory claims to be when it asks for leave to read across origins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """One answer on the way from the http address to the page."""

    url: str
    """Absolute."""
    status: int = 0
    """0 where the way led out of what may be asked."""

    @property
    def scheme(self) -> str:
        """`http` or `https`."""
        return self.url.partition(":")[0].lower()

    @property
    def host(self) -> str:
        """Without a port, in lower case."""
        try:
            return urlsplit(self.url).hostname or ""
        except ValueError:  # such as an unclosed bracket: a redirect to nowhere
            return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A page asked for over https and over http, and what was asked beside it."""

    host: str
    """Without a port."""
    https: Response | None = None
    """Where the https address led; None if nothing answers there."""
    http: tuple[Hop, ...] | None = None
    """Every hop from the http address on; None if nothing answers there."""
    http_answer: Response | None = None
    """Where the http address led."""
    set_cookies: tuple[str, ...] = ()
    """Every Set-Cookie field seen on the way to the page, and with /robots.txt."""
    preflight: Response | None = None
    """The answer to a preflight from `PREFLIGHT_ORIGIN`; None if there was none, or one that is no success."""
    certificate_verified: bool = True
    preloaded: frozenset[str] = frozenset()
    """Hosts of this visit that browsers have built in as https only."""

    @property
    def page(self) -> Response | None:
        """The answer that is judged: that of https where there is one."""
        return self.https if self.https is not None else self.http_answer

    @property
    def is_https(self) -> bool:
        """Whether the answer that is judged came by https."""
        return self.https is not None

    def field(self, name: str) -> str | None:
        """The field of the page as a client joins it; None if absent."""
        return joined(self.page, name)

    @property
    def says_html(self) -> bool:
        """Whether the page calls itself HTML."""
        return (self.field("content-type") or "").partition(";")[0] in HTML_TYPES


def joined(response: Response | None, name: str) -> str | None:
    """The field of that lower-case name as a client hands it on; None if absent."""
    values = response.all(name) if response is not None else ()
    if not values:
        return None
    return values[0] if name in FIRST_WINS else ", ".join(values)
