"""A browser's cookies, for whoever plays a browser (RFC 6265bis, sections 5.7 and 5.8)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from hauberk.wire.cookie_storage import (
    Dropped,
    Kept,
    Place,
    domain_matches,
    is_top_level,
    path_matches,
    received,
)

MOST_OF_A_DOMAIN, MOST = 180, 3_000
"""How many cookies are kept; the oldest go first."""
_ESCAPED = re.compile(r"%[0-9A-Fa-f]{2}")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")

Key = tuple[str, str, bool, str]


class CookieJar:
    """Takes Set-Cookie fields, gives Cookie fields. Time comes from outside, in Unix seconds."""

    def __init__(self, *, is_suffix: Callable[[str], bool] = is_top_level) -> None:
        self._is_suffix = is_suffix
        self._cookies: dict[Key, Kept] = {}

    def __len__(self) -> int:
        return len(self._cookies)

    def keep(self, line: str, place: Place, *, now: float) -> Kept | Dropped:
        """Take what a response from there set, or take the cookie away; Dropped says why a browser would not."""
        cookie = received(line, place, now=now, is_suffix=self._is_suffix)
        if isinstance(cookie, Dropped):
            return cookie
        if not place.secure and self._hides_secure(cookie):
            return Dropped("a Secure cookie of that name is there, and this came over http")
        key = cookie.name, cookie.domain, cookie.host_only, cookie.path
        if cookie.expires is not None and cookie.expires <= now:
            self._cookies.pop(key, None)
            return cookie
        # In its place if it was there: a changed cookie keeps its age, and so its place among others (5.7, step 23).
        self._cookies[key] = cookie
        self._evict(cookie.domain)
        return cookie

    def cookies(self, place: Place, *, now: float) -> list[Kept]:
        """What goes along with a request of the site's own pages: longest paths first, then the oldest (5.8.3)."""
        for key in [key for key, kept in self._cookies.items() if kept.expires is not None and kept.expires <= now]:
            del self._cookies[key]
        there = replace(place, path=plain_path(place.path))
        found = [kept for kept in self._cookies.values() if kept.sent_to(there)]
        return sorted(found, key=lambda kept: -len(kept.path))

    def field(self, place: Place, *, now: float) -> str:
        """The Cookie field for that request; empty if there is nothing to send."""
        return "; ".join(f"{c.name}={c.value}" if c.name else c.value for c in self.cookies(place, now=now))

    def _hides_secure(self, cookie: Kept) -> bool:
        """Leave Secure cookies alone (5.7, step 16)."""
        return any(
            other.secure
            and other.name == cookie.name
            and (domain_matches(cookie.domain, other.domain) or domain_matches(other.domain, cookie.domain))
            and path_matches(cookie.path, other.path)
            for other in self._cookies.values()
        )

    def _evict(self, domain: str) -> None:
        of_domain = [key for key in self._cookies if key[1] == domain]
        for key in of_domain[: max(0, len(of_domain) - MOST_OF_A_DOMAIN)]:
            del self._cookies[key]
        while len(self._cookies) > MOST:
            del self._cookies[next(iter(self._cookies))]


def plain_path(path: str) -> str:
    """The path with nothing encoded that need not be: the same path (RFC 3986, section 6.2.2.2)."""

    def decoded(match: re.Match[str]) -> str:
        character = chr(int(match[0][1:], 16))
        return character if character in _UNRESERVED else match[0]

    return _ESCAPED.sub(decoded, path) if "%" in path else path
