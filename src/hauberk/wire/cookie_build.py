"""Building a Set-Cookie field that browsers keep (RFC 6265bis, sections 4.1 and 5.7), or an error that says why not."""

from __future__ import annotations

from datetime import datetime
from ipaddress import ip_address

from hauberk.wire.cookie import CookieError
from hauberk.wire.cookie_date import LATEST, cookie_date
from hauberk.wire.set_cookie import SetCookie

MOST_PAIR = 4_096
"""Octets of name and value together: browsers drop the whole cookie above that (section 5.7)."""
MOST_ATTRIBUTE = 1_024
"""Octets of one attribute's value: browsers ignore the attribute above that (section 5.6)."""
MOST_AGE = 34_560_000
"""400 days in seconds: the longest that browsers keep a cookie (section 5.5)."""

SAME_SITE = {"strict": "Strict", "lax": "Lax", "none": "None"}

_NAME = frozenset("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
_VALUE = frozenset(chr(code) for code in range(0x21, 0x7F)) - frozenset('",;\\')
_PATH = frozenset(chr(code) for code in range(0x20, 0x7F)) - frozenset(";")
_LABEL = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-")


def build_cookie(
    name: str,
    value: str,
    *,
    max_age: int | None = None,
    expires: datetime | float | None = None,
    domain: str | None = None,
    path: str | None = "/",
    secure: bool = True,
    http_only: bool = True,
    same_site: str | None = "Lax",
    partitioned: bool = False,
) -> SetCookie:
    """A cookie that browsers keep as it is; CookieError where they would drop it, cut it or read another one.

    `max_age` is in seconds, `expires` an aware datetime or Unix seconds. `path` None leaves the attribute out: the
    cookie then goes to the folder of the page that set it. `parse(str(x)) == x` for whatever comes out.
    """
    check_name(name)
    check_value(value)
    if len(name) + len(value) > MOST_PAIR:
        problem = f"{name} has {len(name) + len(value):,} octets with its name; browsers drop more than {MOST_PAIR:,}"
        raise CookieError("value", f"{problem}: keep the data in a session on the server")
    attributes: list[tuple[str, str]] = []
    if domain is not None:
        attributes.append(("Domain", _domain(domain)))
    if path is not None:
        attributes.append(("Path", _path(path)))
    if max_age is not None:
        attributes.append(("Max-Age", _max_age(max_age)))
    if expires is not None:
        attributes.append(("Expires", _expires(expires)))
    flags = (("Secure", secure), ("HttpOnly", http_only), ("Partitioned", partitioned))
    for flag, wanted in flags:
        if not isinstance(wanted, bool):
            raise CookieError(flag, "is neither True nor False")
    attributes += [(flag, "") for flag, wanted in flags[:2] if wanted]
    if same_site is not None:
        attributes.append(("SameSite", _same_site(same_site)))
    attributes += [(flag, "") for flag, wanted in flags[2:] if wanted]
    cookie = SetCookie(name, value, tuple(attributes))
    if problem := dropped_because(cookie):
        raise CookieError("name" if name.startswith("__") else "Secure", problem)
    return cookie


def dropped_because(cookie: SetCookie) -> str:
    """Why browsers drop this cookie wherever it comes from (section 5.7); empty if they do not.

    Prefixes are compared without case, as browsers do: some servers do not tell `__host-` from `__Host-` either.
    """
    name = cookie.name.lower() or cookie.value.lower()
    secure = cookie.attribute("secure") is not None
    if name.startswith("__") and (problem := _prefix_problem(cookie, name, secure)):
        return problem
    if not secure and (cookie.attribute("samesite") or "").lower() == "none":
        return "SameSite=None asks for Secure"
    if not secure and cookie.attribute("partitioned") is not None:
        return "Partitioned asks for Secure"
    return ""


def _prefix_problem(cookie: SetCookie, name: str, secure: bool) -> str:
    prefix = next((p for p in ("__Host-Http-", "__Host-", "__Secure-", "__Http-") if name.startswith(p.lower())), "")
    if not prefix:
        return ""
    if not cookie.name:
        return f"a value that begins with {prefix} asks for a name before it"
    if not secure:
        return f"{prefix} asks for Secure"
    if "Http-" in prefix and cookie.attribute("httponly") is None:
        return f"{prefix} asks for HttpOnly"
    if prefix.startswith("__Host-"):
        if cookie.attribute("domain"):
            return f"{prefix} asks for no Domain"
        if cookie.attribute("path") != "/":
            return f"{prefix} asks for Path=/"
    return ""


def check_name(name: object) -> None:
    """Raise CookieError unless it is a token (RFC 9110, section 5.6.2) that every reader takes for a name."""
    if not isinstance(name, str) or not name:
        raise CookieError("name", "is empty")
    if not _NAME.issuperset(name):
        raise CookieError("name", f"{name[:100]!r} holds other characters than letters, digits and !#$%&'*+-.^_`|~")
    if name.startswith("$"):
        raise CookieError("name", f"{name[:100]!r} begins with $, which some servers read as syntax of RFC 2109")
    if name.lower() in {"__host-", "__secure-", "__http-", "__host-http-"}:
        raise CookieError("name", f"{name} is a prefix and nothing else")


def check_value(value: object) -> None:
    """Raise CookieError unless every character is a cookie-octet, with or without quotes around all of them."""
    if not isinstance(value, str):
        raise CookieError("value", "is no text")
    bare = value[1:-1] if len(value) > 1 and value[0] == value[-1] == '"' else value
    if not _VALUE.issuperset(bare):
        raise CookieError(
            "value", "holds blanks, quotes, commas, semicolons, backslashes or what is not ASCII; use base64url"
        )


def _attribute(field: str, value: object) -> str:
    if not isinstance(value, str) or not value:
        raise CookieError(field, "is no text, or an empty one")
    if len(value) > MOST_ATTRIBUTE:
        raise CookieError(field, f"has {len(value):,} octets; browsers ignore it above {MOST_ATTRIBUTE:,}")
    return value


def _path(value: object) -> str:
    path = _attribute("Path", value)
    if not path.startswith("/") or not _PATH.issuperset(path) or path != path.strip(" "):
        raise CookieError("Path", f"{path[:100]!r} is no path of printable ASCII that begins with / and has no ;")
    return path


def _domain(value: object) -> str:
    """A host name; the dot before it, which browsers ignore, is taken away."""
    given = _attribute("Domain", value)
    domain = given.lower().removeprefix(".")
    labels = domain.split(".")
    if len(domain) > 253 or not all(_is_label(label) for label in labels):
        raise CookieError("Domain", f"{given[:100]!r} is no host name, without port, in ASCII (xn-- for others)")
    if labels[-1].isdigit() or _is_address(domain):
        raise CookieError("Domain", f"{domain} is an address: leave Domain out, the cookie then stays with this host")
    return domain


def _is_label(label: str) -> bool:
    return 0 < len(label) <= 63 and _LABEL.issuperset(label) and not label.startswith("-") and not label.endswith("-")


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _max_age(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int):
        raise CookieError("Max-Age", "is not a whole number of seconds")
    if not 0 <= value <= MOST_AGE:
        raise CookieError("Max-Age", f"is not from 0 (gone at once) to {MOST_AGE} (400 days: no browser keeps longer)")
    return str(value)


def _expires(value: object) -> str:
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise CookieError("Expires", "is a time without a zone; give datetime.now(UTC) or Unix seconds")
        value = value.timestamp()
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= LATEST:
        raise CookieError("Expires", "is neither an aware datetime nor Unix seconds from 1970 to 9999")
    return cookie_date(value)


def _same_site(value: object) -> str:
    written = SAME_SITE.get(value.lower()) if isinstance(value, str) else None
    if written is None:
        raise CookieError("SameSite", "is none of Strict, Lax and None")
    return written
