"""Cache-Control for pages that belong to one reader (RFC 9111)."""

from __future__ import annotations

from dataclasses import dataclass

from hauberk.core.errors import ConfigurationError
from hauberk.core.plan import Nonced, Steps

NAME = "cache-control"


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheControl:
    """A response that holds a nonce or came of a session is kept by nobody (CWE-524, CWE-525).

    From a cache, a nonce would be known or not match, and one visitor's page would be shown to the next. What only
    sets a cookie is kept out of shared caches. The application's own Cache-Control wins; other responses are left
    alone: caching is the application's business.
    """

    personal: str = "private, no-store"
    """The value for a response with a nonce or a session."""
    cookies: str = "private"
    """The value for a response that only sets a cookie; empty: it is left alone."""
    always: str | None = None
    """The value for every other response; None: they are left alone."""

    def __post_init__(self) -> None:
        for name in ("personal", "cookies", "always"):
            value = getattr(self, name)
            if value is None and name == "always":
                continue
            if not isinstance(value, str) or not value.isascii() or not value.isprintable():
                raise ConfigurationError(f"CacheControl.{name}", value, "is not a text of one line")
        if not self.personal:
            raise ConfigurationError("CacheControl.personal", "", "is empty", "turn the header off with None")

    def steps(self) -> Steps:
        """A field that comes with the nonce or the session, and a look at responses that set a cookie."""
        nonced = Nonced(name=NAME, with_nonce=self.personal, without=self.always)
        personal = ((NAME, self.personal),)
        if not self.cookies or self.always is not None:
            return Steps(nonced=(nonced,), personal=personal)
        return Steps(nonced=(nonced,), personal=personal, with_cookie=((NAME, self.cookies),))
