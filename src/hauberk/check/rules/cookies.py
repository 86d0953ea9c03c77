"""Attributes of the cookies that the configuration makes (RFC 6265bis, section 4.1)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from hauberk.check.facts import CookieFacts, Facts
from hauberk.check.verdict import Check, fail, not_applicable, passed, unknown
from hauberk.core.finding import Finding, Rule, Severity

DOCS = "https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Set-Cookie"
SECURE = Rule(
    id="check.session-cookie-secure",
    title="The session cookie goes over plain http",
    severity="medium",
    why="One request without TLS, which an attacker in the network can cause, gives him the session.",
    fix="Set the Secure attribute.",
    cwe=(614, 319),
    asvs=("v5.0.0-3.3.1",),
    top10=("A02:2025", "A04:2025"),
    docs=DOCS,
)
HTTPONLY = Rule(
    id="check.session-cookie-httponly",
    title="Scripts can read the session cookie",
    severity="medium",
    why="A script that gets into a page takes the session away instead of only using it.",
    fix="Set the HttpOnly attribute.",
    cwe=(1004,),
    asvs=("v5.0.0-3.3.4",),
    top10=("A02:2025",),
    docs=DOCS,
)
SAMESITE = Rule(
    id="check.session-cookie-samesite",
    title="The session cookie comes along from other sites",
    severity="medium",
    why="Requests that another site makes carry the user's session (CSRF); not every browser assumes Lax.",
    fix="Set SameSite to Lax or Strict.",
    cwe=(1275, 352),
    asvs=("v5.0.0-3.3.2",),
    top10=("A01:2025",),
    docs=DOCS,
)
DOMAIN = Rule(
    id="check.session-cookie-domain",
    title="The session cookie goes to every subdomain",
    severity="low",
    why="A subdomain that is less careful, or was taken over, reads the session or plants one.",
    fix="Leave the Domain attribute out, so that the cookie belongs to this host alone.",
    cwe=(668,),
    asvs=("v5.0.0-3.3.3",),
    top10=("A01:2025",),
    docs=DOCS,
)
PREFIX = Rule(
    id="check.session-cookie-prefix",
    title="The session cookie's name has no __Host- prefix",
    severity="low",
    why="A subdomain or a page over http can overwrite it, and so sign a user in to the attacker's account.",
    fix="Name it __Host-..., with Secure, the path / and no Domain; __Secure-... where it must be shared.",
    cwe=(565,),
    asvs=("v5.0.0-3.3.1", "v5.0.0-3.3.3"),
    top10=("A08:2025",),
    docs=DOCS,
)
CSRF_COOKIE = Rule(
    id="check.csrf-cookie",
    title="The CSRF cookie goes over plain http or to other sites",
    severity="low",
    why="Whoever reads or replaces it makes requests that pass the check.",
    fix="Set Secure, and SameSite to Lax or Strict, as for the session cookie.",
    cwe=(614, 1275),
    asvs=("v5.0.0-3.3.1", "v5.0.0-3.3.2"),
    top10=("A02:2025", "A01:2025"),
    docs=DOCS,
)


Fault = Callable[[CookieFacts], tuple[str, Severity | None] | None]


def _secure(cookie: CookieFacts) -> tuple[str, Severity | None] | None:
    return None if cookie.secure or "secure" in cookie.hardened else ("is sent without Secure", None)


def _httponly(cookie: CookieFacts) -> tuple[str, Severity | None] | None:
    return None if cookie.httponly or "httponly" in cookie.hardened else ("is sent without HttpOnly", None)


def _samesite(cookie: CookieFacts) -> tuple[str, Severity | None] | None:
    if cookie.samesite == "none":
        return "is sent with SameSite=None", None
    if cookie.samesite is None and "samesite" not in cookie.hardened:
        return "is sent without SameSite", "low"
    return None


def _domain(cookie: CookieFacts) -> tuple[str, Severity | None] | None:
    return (f"is sent with Domain={cookie.domain}", None) if cookie.domain else None


def _prefix(cookie: CookieFacts) -> tuple[str, Severity | None] | None:
    lower = cookie.name.lower()
    if lower.startswith("__secure-") or (lower.startswith("__host-") and cookie.path == "/" and not cookie.domain):
        return None
    if lower.startswith("__host-"):
        return "has the prefix __Host- and a Domain or another path than /, so browsers drop it", "medium"
    return "has neither __Host- nor __Secure- before its name", None


def _csrf(cookie: CookieFacts) -> tuple[str, Severity | None] | None:
    return _secure(cookie) or _samesite(cookie)


def _judge(facts: Facts, rule: Rule, role: str, attribute: str, fault: Fault) -> Iterator[Finding]:
    """Every cookie of that role against one fault."""
    if facts.cookies is None:
        yield unknown(rule, facts, f"which {role} cookie is set")
        return
    cookies = [cookie for cookie in facts.cookies if cookie.role == role]
    if not cookies:
        yield not_applicable(rule, f"The configuration makes no {role} cookie.")
    for cookie in cookies:
        found, where = fault(cookie), cookie.place(attribute)
        if found:
            evidence = {"cookie": cookie.name, "setting": cookie.option(attribute)}
            message = f"The {role} cookie {cookie.name!r} {found[0]} ({cookie.option(attribute)})."
            yield fail(rule, where, message, key=cookie.name, severity=found[1], evidence=evidence)
        else:
            added = " hauberk adds it to every Set-Cookie that lacks it" * (attribute in cookie.hardened)
            on_https = " that leaves over https" * bool(added and attribute == "secure") + "." * bool(added)
            message = f"The {role} cookie {cookie.name!r} is right about {attribute}.{added}{on_https}"
            yield passed(rule, message, where, key=cookie.name)


TABLE: tuple[tuple[Rule, str, str, Fault], ...] = (
    (SECURE, "session", "secure", _secure),
    (HTTPONLY, "session", "httponly", _httponly),
    (SAMESITE, "session", "samesite", _samesite),
    (DOMAIN, "session", "domain", _domain),
    (PREFIX, "session", "name", _prefix),
    (CSRF_COOKIE, "csrf", "secure", _csrf),
)


def _check(rule: Rule, role: str, attribute: str, fault: Fault) -> Check:
    return Check(rule, lambda facts: _judge(facts, rule, role, attribute, fault))


CHECKS = tuple(_check(*row) for row in TABLE)
