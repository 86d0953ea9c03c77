"""Cache-Control for pages that belong to one reader (RFC 9111)."""

from __future__ import annotations

from dataclasses import dataclass

from hauberk.core.plan import Nonced, Steps


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheControl:
    """A response that holds a nonce is kept by nobody: from a cache, its nonce would be known or not match (CWE-524).

    The application's own Cache-Control wins. Other responses are left alone: caching is the application's business.
    """

    personal: str = "private, no-store"
    """The value for such a response."""

    def steps(self) -> Steps:
        """A field that comes with the nonce."""
        return Steps(nonced=(Nonced(name="cache-control", with_nonce=self.personal, without=None),))
