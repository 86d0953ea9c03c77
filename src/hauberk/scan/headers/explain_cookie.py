"""Set-Cookie in words (RFC 6265bis), attribute by attribute."""

from __future__ import annotations

from dataclasses import replace

from hauberk.scan.headers.explained import Explained, Part
from hauberk.wire.set_cookie import SetCookie

LIFETIME = frozenset({"expires", "max-age"})
HIDDEN = "(hidden)"
SECRET = 16
"""Characters from which on a value may be a credential."""
SENTENCES: dict[str, str] = {
    "secure": "It is sent over https only.",
    "httponly": "Scripts of the page cannot read it.",
    "partitioned": "In a frame of another site it has a jar of its own for each site around it.",
    "priority": "How early Chromium drops it when there are too many.",
}
SAME_SITE: dict[str, str] = {
    "strict": "It is never sent with a request that another site started, not even a followed link.",
    "lax": "Other sites cannot send it along, but for links that are followed.",
    "none": "It is sent along with every request, whoever started it.",
}


def set_cookie(name: str, value: str) -> Explained:
    """The cookie in a sentence, and each of its attributes."""
    cookie = SetCookie.parse(value)
    parts = tuple(_attribute(key, setting, cookie) for key, setting in cookie.attributes)
    lasting = any(part.name.lower() in LIFETIME for part in parts)
    gone = (cookie.attribute("max-age") or "1").lstrip("-") == "0" or "1970" in (cookie.attribute("expires") or "")
    what = (
        "takes the cookie away" if gone else f"sets a cookie {'that lasts' if lasting else 'until the browser closes'}"
    )
    sentence = f"{cookie.name or 'A cookie without a name'}: {what}{_prefix(cookie.name)}."
    missing = _missing(cookie)
    shown = replace(cookie, value=HIDDEN) if len(cookie.value) >= SECRET else cookie
    return Explained(name=name, value=str(shown), sentence=sentence, parts=parts + missing, problem=_problem(cookie))


def _prefix(name: str) -> str:
    if name.startswith("__Host-"):
        return "; its name keeps it to https and to this very host"
    return "; its name keeps it to https" if name.startswith("__Secure-") else ""


def _attribute(key: str, setting: str, cookie: SetCookie) -> Part:
    lower = key.lower()
    written = f"{key}={setting}" if setting else key
    if lower == "samesite":
        known = SAME_SITE.get(setting.lower(), "No browser knows this value, and takes Lax in its place.")
        return Part(name=written, sentence=known)
    if lower == "domain":
        return Part(name=written, sentence="Every host below this one gets it too, not only the one that set it.")
    if lower == "path":
        where = "every address of the host" if setting == "/" else f"addresses under {setting or '/'}"
        return Part(name=written, sentence=f"It goes to {where}.")
    if lower in LIFETIME:
        return Part(name=written, sentence=_lifetime(lower, setting))
    return Part(name=written, sentence=SENTENCES.get(lower, "No browser knows this attribute, and none minds it."))


def _lifetime(key: str, setting: str) -> str:
    if key == "expires":
        return f"The browser keeps it until {setting}." if setting else "Without a date it says nothing."
    if not setting.lstrip("-").isdigit():
        return "It is no number, so browsers do not mind it."
    seconds = int(setting[:18])
    return f"The browser keeps it {duration(seconds)}." if seconds > 0 else "The browser drops it at once."


def duration(seconds: int) -> str:
    """Seconds in a unit that one can feel."""
    for size, unit in ((31_536_000, "year"), (86_400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            number = seconds / size
            text = f"{number:.1f}".removesuffix(".0")
            return f"{text} {unit}" + "s" * (text != "1")
    return f"{seconds} second" + "s" * (seconds != 1)


def _missing(cookie: SetCookie) -> tuple[Part, ...]:
    """What is not there says something too."""
    absent = {
        "Secure": "Without it, the cookie also goes over http, in clear.",
        "HttpOnly": "Without it, scripts of the page can read the cookie: so can an injected one.",
        "SameSite": "Without it, browsers take Lax, some after two minutes only.",
    }
    return tuple(
        Part(name=f"(no {name})", sentence=sentence)
        for name, sentence in absent.items()
        if cookie.attribute(name.lower()) is None
    )


def _problem(cookie: SetCookie) -> str:
    """What makes a browser drop the cookie (RFC 6265bis, section 5.7)."""
    secure = cookie.attribute("secure") is not None
    name = cookie.name.lower()
    if name.startswith("__host-") and not (
        secure and not cookie.attribute("domain") and cookie.attribute("path") == "/"
    ):
        return f"{cookie.name} is dropped by browsers: __Host- asks for Secure, Path=/ and no Domain"
    if name.startswith("__secure-") and not secure:
        return f"{cookie.name} is dropped by browsers: __Secure- asks for Secure"
    if (cookie.attribute("samesite") or "").lower() == "none" and not secure:
        return f"{cookie.name} is dropped by browsers: SameSite=None asks for Secure"
    if cookie.attribute("partitioned") is not None and not secure:
        return f"{cookie.name} is dropped by browsers: Partitioned asks for Secure"
    return ""
