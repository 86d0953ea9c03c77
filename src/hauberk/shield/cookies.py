"""Hardening of every cookie that the application sends (RFC 6265bis)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from hauberk.core.errors import ConfigurationError
from hauberk.core.exchange import Exchange, Head
from hauberk.core.options import one_of, words
from hauberk.core.plan import Steps
from hauberk.wire.set_cookie import SetCookie

SAME_SITE = ("lax", "strict", "none")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cookies:
    """Secure on https, HttpOnly, and SameSite=Lax on every Set-Cookie that lacks them (CWE-614, CWE-1004, CWE-1275).

    Attributes that the application set itself stay, with two exceptions: `SameSite=None` gets the `Secure` without
    which browsers drop the cookie, and so do the prefixes `__Host-` and `__Secure-`.
    """

    readable: frozenset[str] = frozenset({"csrftoken", "csrf_token", "XSRF-TOKEN"})
    """Cookies that scripts must read: they get no HttpOnly. The defaults are CSRF tokens, which are made to be read."""
    same_site: Literal["lax", "strict", "none"] = "lax"
    """For cookies that say nothing."""
    secure: Literal["https", "always"] = "https"
    """When to add Secure: to answers over https, or always (behind a proxy that ends TLS and does not say so)."""

    def __post_init__(self) -> None:
        one_of("Cookies.same_site", self.same_site, SAME_SITE)
        one_of("Cookies.secure", self.secure, ("https", "always"))
        words("Cookies.readable", self.readable)
        if self.same_site == "none" and self.secure != "always":
            raise ConfigurationError(
                "Cookies.same_site", "none", "is dropped by browsers without Secure", 'set secure="always" as well'
            )

    def steps(self) -> Steps:
        """Look at responses that set a cookie, and at no others."""
        return Steps(on_response=self.harden_all, watch=frozenset({"set-cookie"}))

    def harden_all(self, ex: Exchange, head: Head) -> None:
        """Harden every cookie of one response."""
        secure = self.secure == "always" or ex.scheme == "https"
        head.rewrite("set-cookie", lambda line: self.harden(line, secure=secure))

    def harden(self, line: str, *, secure: bool) -> str:
        """One Set-Cookie field with what it lacked; unchanged text if it lacked nothing."""
        cookie = SetCookie.parse(line)
        added = ""
        same_site = cookie.attribute("samesite")
        valid = same_site is not None and same_site.lower() in SAME_SITE
        needs_secure = (same_site or "").lower() == "none" or cookie.name.lower().startswith(("__host-", "__secure-"))
        if (secure or needs_secure) and cookie.attribute("secure") is None:
            added += "; Secure"
        if cookie.attribute("httponly") is None and cookie.name not in self.readable:
            added += "; HttpOnly"
        if not valid:
            added += f"; SameSite={self.same_site.capitalize()}"
        return line.rstrip("; \t") + added if added else line
