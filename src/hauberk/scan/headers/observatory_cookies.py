"""The Observatory's test of cookies."""

from __future__ import annotations

from collections.abc import Iterator

from hauberk.scan.headers.visit import Visit
from hauberk.wire.set_cookie import SetCookie

ORDER = (
    "cookies-without-secure-flag-but-protected-by-hsts",
    "cookies-without-secure-flag",
    "cookies-session-without-secure-flag-but-protected-by-hsts",
    "cookies-samesite-flag-invalid",
    "cookies-anticsrf-without-samesite-flag",
    "cookies-session-without-httponly-flag",
    "cookies-session-without-secure-flag",
)
"""Worst last: of all that is wrong, the worst is told."""
SAME_SITE = frozenset({"lax", "strict", "none"})
SESSION_WORDS = ("login", "sess")
NOT_COUNTED = frozenset({"heroku-session-affinity"})
"""A platform's own cookie, which no application can change."""


def cookies(visit: Visit, *, hsts: bool) -> str:
    """Judge what the visit set; `hsts` is whether the test of that passed."""
    kept = list(_kept(visit.set_cookies))
    if not kept:
        return "cookies-not-found"
    faults = set(_malformed(visit))
    for cookie in kept:
        faults.update(_faults(cookie, hsts=hsts))
    if faults:
        return max(faults, key=ORDER.index)
    if all(_same_site(cookie) for cookie in kept):
        return "cookies-secure-with-httponly-sessions-and-samesite"
    return "cookies-secure-with-httponly-sessions"


def _kept(lines: tuple[str, ...]) -> Iterator[SetCookie]:
    """What a client would keep: one cookie a name and path, and none that its prefix forbids."""
    jar: dict[tuple[str, str, str], SetCookie] = {}
    for line in lines:
        cookie = SetCookie.parse(line)
        if cookie.name and cookie.name not in NOT_COUNTED and _prefix_holds(cookie):
            jar[cookie.name, cookie.attribute("path") or "/", (cookie.attribute("domain") or "").lower()] = cookie
    yield from jar.values()


def _prefix_holds(cookie: SetCookie) -> bool:
    """RFC 6265bis, section 4.1.3."""
    secure = cookie.attribute("secure") is not None
    if cookie.name.startswith("__Host-"):
        return secure and not cookie.attribute("domain") and (cookie.attribute("path") or "/") == "/"
    return secure or not cookie.name.startswith("__Secure-")


def _malformed(visit: Visit) -> Iterator[str]:
    """SameSite without a value that browsers know, in the fields of the page itself."""
    for line in visit.page.all("set-cookie") if visit.page is not None else ():
        cookie = SetCookie.parse(line)
        # The pair itself is looked at too, should a cookie be called so.
        for key, value in ((cookie.name, cookie.value), *cookie.attributes):
            if key.lower() == "samesite" and value.partition("=")[0].strip().lower() not in SAME_SITE:
                yield "cookies-samesite-flag-invalid"


def _same_site(cookie: SetCookie) -> str:
    """The value, or an empty text where browsers take their default."""
    value = (cookie.attribute("samesite") or "").lower()
    return value if value in SAME_SITE else ""


def _faults(cookie: SetCookie, *, hsts: bool) -> Iterator[str]:
    name = cookie.name.lower()
    secure, session = cookie.attribute("secure") is not None, any(word in name for word in SESSION_WORDS)
    if not secure:
        what = "cookies-session-without-secure-flag" if session else "cookies-without-secure-flag"
        yield f"{what}-but-protected-by-hsts" if hsts else what
        if _same_site(cookie) == "none":
            yield "cookies-samesite-flag-invalid"
    if "csrf" in name and not _same_site(cookie):
        yield "cookies-anticsrf-without-samesite-flag"
    if session and cookie.attribute("httponly") is None:
        yield "cookies-session-without-httponly-flag"
