"""Resource isolation: what pages of other sites have no business asking for (Fetch Metadata Request Headers, W3C).

Browsers say of each request where it came from and what for, in fields that no page can write: `Sec-Fetch-Site`,
`Sec-Fetch-Mode`, `Sec-Fetch-Dest`. A link that somebody follows is fine; a script, image or form of another site that
asks with the user's cookies is how cross-site leaks and forgeries are made (CWE-352, CWE-1385, CWE-203).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from hauberk.core.equipment import Equipment
from hauberk.core.errors import ConfigurationError
from hauberk.core.exchange import Exchange, Reply
from hauberk.core.log import decision
from hauberk.core.options import flag, one_of, words
from hauberk.core.plan import Steps
from hauberk.shield.cors.allowed import Allowed
from hauberk.shield.cors.pattern import Pattern, proposal, shown
from hauberk.shield.exempt import Exempt, Exemptions, check_exemptions
from hauberk.wire.origin import OriginError

READ = frozenset({"sec-fetch-site", "sec-fetch-mode", "sec-fetch-dest", "origin", "host"})
OWN = frozenset({"same-origin", "none", ""})
"""The own origin's pages; the user himself; programs and browsers of before 2020 (Safari: 2023), which say nothing."""
FOREIGN = frozenset({"same-site", "cross-site"})
"""Anything else is no value of the field and to be ignored (section 2.3); no page makes a browser send it."""
NAVIGATIONS = frozenset({"navigate", "nested-navigate"})
"""The second is what the first browsers that sent these fields said of frames."""
PLUGINS = frozenset({"object", "embed"})
"""Destinations that are navigations by name and parts of somebody's page in truth."""

Allows = Callable[[str], bool]
FormPosts = Literal["csrf", "allow", "refuse"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchMetadata:
    """Refuses requests that pages of other sites make, unless it is a link that is followed.

    Never refused: the own pages, bookmarks and typed addresses, links and redirects from elsewhere (an OAuth callback
    is one), programs and webhooks (they send none of these fields), origins that CORS allows, and `open` paths.
    WebSocket handshakes must come from the own host or an allowed origin.
    """

    mode: Literal["enforce", "report"] = "enforce"
    """`report` says in the log what would have been refused, and lets it pass."""
    same_site: bool = True
    """Whether other subdomains count as own pages. Turn it off where strangers have some of them."""
    origins: tuple[str, ...] = ()
    """Origins whose pages may ask for anything, as `https://app.example` or `https://*.app.example`; those that the
    policy's CORS allows are among them."""
    open: tuple[Exempt, ...] = ()
    """Paths made for pages of other sites, each with its reason: images to embed, widgets, public data."""
    form_posts: FormPosts = "csrf"
    """Forms of other sites that are sent here as a whole page, as a login by `form_post` or a payment does: `csrf`
    leaves them to the policy's CSRF, with its exemptions, and refuses them where it has none."""

    def __post_init__(self) -> None:
        one_of("FetchMetadata.mode", self.mode, ("enforce", "report"))
        one_of("FetchMetadata.form_posts", self.form_posts, ("csrf", "allow", "refuse"))
        flag("FetchMetadata.same_site", self.same_site)
        object.__setattr__(self, "origins", words("FetchMetadata.origins", self.origins))
        for text in self.origins:
            _pattern(text)
        check_exemptions("FetchMetadata.open", self.open, "/badges/")

    def equip(self, equipment: Equipment) -> Fitted:
        """With the origins that the policy's CORS allows, and with its CSRF to look after forms."""
        cors = equipment.feature("cors")
        posts = self.form_posts == "csrf" and equipment.feature("csrf") is not None
        if cors is None:
            return Fitted(self, posts=posts)
        # A WebSocket brings the user's cookies whether CORS lets them come along or not.
        return Fitted(self, posts=posts, allows=cors.allows, allows_socket=cors.allows if cors.credentials else _nobody)

    def steps(self) -> Steps:
        """As it is, without neighbours."""
        return Fitted(self).steps()


def _nobody(origin: str) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Fitted:
    """A `FetchMetadata` and what it knows of its neighbours."""

    options: FetchMetadata
    posts: bool = False
    """Whether somebody else checks forms of other sites."""
    allows: Allows = _nobody
    """Whether CORS lets an origin in."""
    allows_socket: Allows = _nobody
    """Whether CORS lets an origin in with the user's cookies."""

    def steps(self) -> Steps:
        """Look at every request; answers depend on it only by not being given, so no Vary is needed."""
        return Steps(on_request=Checker(self).check, reads=READ)


class Checker:
    """Everything worked out that can be."""

    __slots__ = ("_allowed", "_allows", "_allows_socket", "_open", "_own", "_posts", "_report")

    def __init__(self, fitted: Fitted) -> None:
        options = fitted.options
        self._own = OWN | {"same-site"} if options.same_site else OWN
        self._allowed = Allowed(_pattern(text) for text in options.origins)
        self._allows, self._allows_socket = fitted.allows, fitted.allows_socket
        self._posts = options.form_posts == "allow" or fitted.posts
        self._report = options.mode == "report"
        self._open = Exemptions(options.open)

    def check(self, ex: Exchange) -> Reply | None:
        """A reply where another site's page asked for what is not meant for it."""
        if ex.websocket:
            return self._check_socket(ex)
        site = ex.header("sec-fetch-site")
        if site in self._own or site not in FOREIGN:
            return None
        if self._is_navigation(ex) or ex.path in self._open:
            return None
        origin = ex.header("origin")
        if origin and origin in self._allowed:
            return None
        ex.lasting = False  # CORS may ask the application, whose answer may be another one tomorrow
        if origin and self._allows(origin):
            return None
        return self._refuse(ex, "another site's page asked for it")

    def _is_navigation(self, ex: Exchange) -> bool:
        """A link, a redirect or a form that becomes the page (or a frame, of which frame-ancestors decides)."""
        if ex.header("sec-fetch-mode") not in NAVIGATIONS or ex.header("sec-fetch-dest") in PLUGINS:
            return False
        return ex.method in {"GET", "HEAD"} or (self._posts and ex.method == "POST")

    def _check_socket(self, ex: Exchange) -> Reply | None:
        """Any page may open one, with the user's cookies, and CORS does not keep it from that (RFC 6455, 10.2)."""
        origin = ex.header("origin")
        if not origin or ex.header("sec-fetch-site") == "same-origin" or is_own(ex, origin):
            return None  # without Origin it is no page
        if origin in self._allowed or self._allows_socket(origin) or ex.path in self._open:
            return None
        return self._refuse(ex, "another origin's page opened a WebSocket")

    def _refuse(self, ex: Exchange, why: str) -> Reply | None:
        decision(
            "cross-site-reported" if self._report else "cross-site-refused",
            level=logging.INFO if self._report else logging.WARNING,
            why=why,
            method=ex.method,
            path=ex.path[:200],
            site=ex.header("sec-fetch-site")[:20],
            mode=ex.header("sec-fetch-mode")[:20],
            dest=ex.header("sec-fetch-dest")[:20],
            origin=ex.header("origin")[:200],
        )
        return None if self._report else REFUSED


REFUSED = Reply(
    403,
    b"This is not for pages of other sites.\n",
    (("content-type", "text/plain; charset=utf-8"), ("cache-control", "no-store")),
)


def is_own(ex: Exchange, origin: str) -> bool:
    """Whether an Origin is that of the host which was asked, by the scheme that the server sees or by https.

    Where TLS ends at a proxy that nobody named, the server sees http; the page knows better. Never the reverse: into a
    page by http anybody in the network writes scripts.
    """
    host = ex.header("host").lower()
    if not host:
        return False
    if origin == f"https://{host.removesuffix(':443')}":
        return True
    return ex.scheme == "http" and origin == f"http://{host.removesuffix(':80')}"


def _pattern(text: str) -> Pattern:
    try:
        return Pattern.parse(text)
    except OriginError as error:
        raise ConfigurationError("FetchMetadata.origins", shown(text), error.problem, proposal(text)) from None
