"""What a session cookie lacks, as stable words for whoever judges an application from outside."""

from __future__ import annotations

from hauberk.wire.cookie_build import MOST_AGE
from hauberk.wire.cookie_date import parse_cookie_date
from hauberk.wire.cookie_storage import Dropped, Place, counted
from hauberk.wire.set_cookie import SetCookie

PREFIXES = ("__host-", "__secure-", "__http-")


def weaknesses(line: str, place: Place, *, now: float) -> list[str]:
    """What to say of a session cookie that came from there; empty if nothing.

    `no-secure`, `no-httponly`, `no-samesite`, `samesite-none`, `samesite-invalid`, `samesite-none-without-secure`,
    `no-prefix`, `domain-wide`, `secure-over-http`, `lifetime-over-400-days`, `nameless`.
    """
    cookie = counted(line)
    if isinstance(cookie, Dropped):
        return []
    secure = cookie.attribute("secure") is not None
    said = {
        "nameless": not cookie.name,
        "no-secure": not secure,
        "secure-over-http": secure and not place.secure,
        "no-httponly": cookie.attribute("httponly") is None,
        "domain-wide": cookie.attribute("domain") is not None,
        "lifetime-over-400-days": _too_long(cookie, now),
        "no-prefix": not cookie.name.lower().startswith(PREFIXES),
    }
    return [name for name, true in said.items() if true] + _same_site(cookie, secure)


def _same_site(cookie: SetCookie, secure: bool) -> list[str]:
    same_site = cookie.attribute("samesite")
    if same_site is None:
        return ["no-samesite"]
    if same_site == "":
        return ["samesite-invalid"]
    if same_site != "none":
        return []
    return ["samesite-none"] if secure else ["samesite-none", "samesite-none-without-secure"]


def _too_long(cookie: SetCookie, now: float) -> bool:
    age = cookie.attribute("max-age")
    if age is not None:
        return not age.startswith("-") and (len(age) > 18 or int(age) > MOST_AGE)
    date = parse_cookie_date(cookie.attribute("expires") or "")
    return date is not None and date > now + MOST_AGE
