"""The options."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from hauberk.core.errors import ConfigurationError
from hauberk.core.options import one_of, words
from hauberk.core.plan import Steps
from hauberk.shield.cookies.harden import SAME_SITE, Hardener
from hauberk.shield.cookies.rename import Renamer
from hauberk.wire.cookie import CookieError
from hauberk.wire.cookie_build import check_name


@dataclass(frozen=True, slots=True, kw_only=True)
class Cookies:
    """Secure on https, HttpOnly, and SameSite=Lax on every Set-Cookie that lacks them (CWE-614, CWE-1004, CWE-1275).

    Attributes that the application set itself stay, with two exceptions: `SameSite=None` gets the `Secure` without
    which browsers drop the cookie, and so do `Partitioned` and the prefixes `__Host-` and `__Secure-`.
    """

    readable: frozenset[str] = frozenset({"csrftoken", "csrf_token", "XSRF-TOKEN"})
    """Cookies that scripts must read: they get no HttpOnly. The defaults are CSRF tokens, which are made to be read."""
    same_site: Literal["lax", "strict", "none"] = "lax"
    """For cookies that say nothing."""
    secure: Literal["https", "always"] = "https"
    """When to add Secure: to answers over https, or always (behind a proxy that ends TLS and does not say so)."""
    host_prefix: frozenset[str] = frozenset()
    """Cookies that browsers are to keep as `__Host-NAME`, which no other host and no page by http can set (CWE-565).

    The application still sets and reads `NAME`: it is renamed both ways, over https. A `NAME` that the client sends
    itself is taken away. These cookies go to the whole of this very host: `Path=/`, no `Domain`."""
    partitioned: frozenset[str] = frozenset()
    """Cookies for frames of other sites: each site around the frame has a jar of its own (CHIPS). They get Secure."""
    dropped: Literal["log", "raise"] = "log"
    """What to do where browsers would drop a cookie: say so in the log, once for each name and reason, or raise
    CookieError, which tests want."""

    _hardener: Hardener = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        one_of("Cookies.same_site", self.same_site, SAME_SITE)
        one_of("Cookies.secure", self.secure, ("https", "always"))
        one_of("Cookies.dropped", self.dropped, ("log", "raise"))
        for option in ("readable", "host_prefix", "partitioned"):
            object.__setattr__(self, option, frozenset(words(f"Cookies.{option}", getattr(self, option))))
        if self.same_site == "none" and self.secure != "always":
            raise ConfigurationError(
                "Cookies.same_site", "none", "is dropped by browsers without Secure", 'set secure="always" as well'
            )
        for name in self.host_prefix:
            _check_prefixable(name)
        hardener = Hardener(
            readable=self.readable,
            same_site=self.same_site,
            host_prefix=self.host_prefix,
            partitioned=self.partitioned,
            always_secure=self.secure == "always",
            raises=self.dropped == "raise",
        )
        object.__setattr__(self, "_hardener", hardener)

    def steps(self) -> Steps:
        """Look at responses that set a cookie, and at requests if some cookies have another name in browsers."""
        renamer = Renamer(self.host_prefix, always=self.secure == "always")
        return Steps(
            on_request=renamer.rename if self.host_prefix else None,
            rewrite={"set-cookie": self._hardener.harden_for},
        )

    def harden(self, line: str, *, secure: bool) -> str:
        """One Set-Cookie field with what it lacked; unchanged text if it lacked nothing."""
        return self._hardener.harden(line, secure)


def _check_prefixable(name: str) -> None:
    try:
        check_name(name)
    except CookieError as error:
        raise ConfigurationError("Cookies.host_prefix", name, error.problem) from None
    if name.lower().startswith(("__host-", "__secure-", "__http-")):
        raise ConfigurationError("Cookies.host_prefix", name, "has a prefix already", "give the name without it")
