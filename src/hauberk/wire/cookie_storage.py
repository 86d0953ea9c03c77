"""What a browser makes of a Set-Cookie field: whether it keeps the cookie, and which attributes count.

RFC 6265bis, section 5.7, with two habits that all browsers share with RFC 6265: an empty Domain says nothing, and the
last attribute of a name counts.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Literal
from urllib.parse import urlsplit

from hauberk.wire.cookie_build import MOST_AGE, MOST_ATTRIBUTE, MOST_PAIR, dropped_because
from hauberk.wire.cookie_date import parse_cookie_date
from hauberk.wire.set_cookie import SetCookie

SameSite = Literal["strict", "lax", "none", "default"]
SAME_SITE: dict[str, SameSite] = {"strict": "strict", "lax": "lax", "none": "none"}
CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_MAX_AGE = re.compile(r"-?[0-9]+\Z")
GONE = float("-inf")
"""When a cookie expires that is to be taken away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a response came from, or where a request goes to."""

    host: str
    """In lower case, without port."""
    path: str
    secure: bool
    """Whether what goes there is encrypted on its way."""

    @classmethod
    def of(cls, url: str) -> Place:
        """Of an absolute http or https URL; ValueError for what is none."""
        parts = urlsplit(url)
        return cls(host=(parts.hostname or "").lower(), path=parts.path or "/", secure=parts.scheme in {"https", "wss"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A cookie as a browser keeps it."""

    name: str
    """Empty for a cookie without a name."""
    value: str
    domain: str
    host_only: bool
    """Whether it goes to that very host alone."""
    path: str
    secure: bool
    http_only: bool
    same_site: SameSite
    partitioned: bool
    expires: float | None
    """Unix seconds; None: until the browser closes; `GONE`: at once."""

    def sent_to(self, place: Place) -> bool:
        """Whether it goes along with a request that the site's own pages make."""
        if self.secure and not place.secure:
            return False
        at_home = place.host == self.domain if self.host_only else domain_matches(place.host, self.domain)
        return at_home and path_matches(place.path, self.path)


@dataclass(frozen=True, slots=True)
class Dropped:
    """A cookie that a browser does not keep, and why."""

    reason: str


def counted(line: str) -> SetCookie | Dropped:
    """The field with the attributes that count, names in lower case, at most one of each; or why it is dropped."""
    if CONTROL.search(line):
        return Dropped("it holds control characters")
    cookie = SetCookie.parse(line)
    if not cookie.name and not cookie.value:
        return Dropped("it has neither name nor value")
    if octets(cookie.name) + octets(cookie.value) > MOST_PAIR:
        return Dropped(f"name and value have more than {MOST_PAIR:,} octets")
    last: dict[str, str] = {}
    for key, value in cookie.attributes:
        name = key.lower()
        if octets(value) <= MOST_ATTRIBUTE and _counts(name, value):
            last[name] = _normal(name, value)
    return SetCookie(cookie.name, cookie.value, tuple(last.items()))


def _counts(name: str, value: str) -> bool:
    if name == "domain":
        return value != ""
    if name == "max-age":
        return _MAX_AGE.match(value) is not None
    if name == "expires":
        return parse_cookie_date(value) is not None
    return name in {"path", "secure", "httponly", "samesite", "partitioned"}


def _normal(name: str, value: str) -> str:
    if name == "domain":
        return value.removeprefix(".").lower()
    if name == "path":
        return value if value.startswith("/") else ""
    if name == "samesite":
        return SAME_SITE.get(value.lower(), "")
    return value


def is_top_level(name: str) -> bool:
    """The least of all public suffixes: names without a dot."""
    return "." not in name


def received(line: str, place: Place, *, now: float, is_suffix: Callable[[str], bool] = is_top_level) -> Kept | Dropped:
    """What a browser keeps of one field that came from there. Whoever knows the public suffixes gives `is_suffix`."""
    cookie = counted(line)
    if isinstance(cookie, Dropped):
        return cookie
    if cookie.attribute("secure") is not None and not place.secure:
        return Dropped("Secure cannot be set over http")
    if problem := dropped_because(cookie):
        return Dropped(problem)
    domain = cookie.attribute("domain")
    if domain and is_suffix(domain):
        if domain != place.host:
            return Dropped(f"{domain} is a public suffix")
        domain = None
    if domain and not domain_matches(place.host, domain):
        return Dropped(f"{domain} is not the host that sent it, nor above it")
    return Kept(
        name=cookie.name,
        value=cookie.value,
        domain=domain or place.host,
        host_only=not domain,
        path=cookie.attribute("path") or default_path(place.path),
        secure=cookie.attribute("secure") is not None,
        http_only=cookie.attribute("httponly") is not None,
        same_site=SAME_SITE.get(cookie.attribute("samesite") or "", "default"),
        partitioned=cookie.attribute("partitioned") is not None,
        expires=_expires(cookie, now),
    )


def _expires(cookie: SetCookie, now: float) -> float | None:
    """Max-Age goes before Expires; neither goes beyond 400 days."""
    age = cookie.attribute("max-age")
    if age is not None:
        # Digits without end would take Python long to read, and all mean the same.
        seconds = int(age) if len(age) <= 18 else (-1 if age.startswith("-") else MOST_AGE)
        return now + min(seconds, MOST_AGE) if seconds > 0 else GONE
    date = parse_cookie_date(cookie.attribute("expires") or "")
    if date is None:
        return None
    return GONE if date <= now else min(date, now + MOST_AGE)


def octets(text: str) -> int:
    """How long a text is on the wire: one octet a character, or UTF-8 where it was decoded as that."""
    return len(text) if text.isascii() or max(text) <= "\xff" else len(text.encode("utf-8", "surrogatepass"))


def domain_matches(host: str, domain: str) -> bool:
    """Section 5.1.3: the same, or a name below it; addresses have nothing below them."""
    return host == domain or (host.endswith("." + domain) and not _is_address(host))


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def path_matches(path: str, cookie_path: str) -> bool:
    """Section 5.1.4."""
    if not path.startswith(cookie_path):
        return False
    return len(path) == len(cookie_path) or cookie_path.endswith("/") or path[len(cookie_path)] == "/"


def default_path(path: str) -> str:
    """Section 5.1.4: the folder of the page that set it."""
    return path.rpartition("/")[0] or "/" if path.startswith("/") else "/"
