"""The Observatory's tests of one field each, and of the way from http to https."""

from __future__ import annotations

import math
import re

from hauberk.scan.headers import markup
from hauberk.scan.headers.observatory_csp import Policy
from hauberk.scan.headers.visit import PREFLIGHT_ORIGIN, Visit, joined
from hauberk.wire.structured import Token, parse_item

HALF_A_YEAR = 15_552_000
LEADING_NUMBER = re.compile(r"\s*([+-]?\d+)")
PRIVATE = frozenset({"no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin"})
TALKATIVE = frozenset({"origin", "origin-when-cross-origin", "unsafe-url", "no-referrer-when-downgrade"})
COOP = frozenset({"same-origin", "same-origin-allow-popups", "noopener-allow-popups", "unsafe-none"})
COEP = frozenset({"require-corp", "credentialless", "unsafe-none"})
CORP = frozenset({"same-site", "same-origin", "cross-origin"})


def strict_transport_security(visit: Visit) -> str:
    """RFC 6797, as far as the Observatory reads it."""
    if visit.https is None:
        return "hsts-not-implemented-no-https"
    if visit.host in visit.preloaded:
        return "hsts-preloaded"
    if not visit.certificate_verified:
        return "hsts-invalid-cert"
    field = joined(visit.https, "strict-transport-security")
    if field is None:
        return "hsts-not-implemented"
    age = _max_age(field[:1024])
    if age is None or "," in field[:1024]:
        return "hsts-header-invalid"
    return f"hsts-implemented-max-age-{'less-than' if age < HALF_A_YEAR else 'at-least'}-six-months"


def _max_age(field: str) -> float | None:
    """The last max-age. One that is no number counts as enough, as it does there; our own check calls it a fault."""
    age: float | None = None
    for part in field.lower().split(";"):
        name, equals, value = part.strip().partition("=")
        if name == "max-age" and equals:
            number = LEADING_NUMBER.match(value)
            age = int(number[1][:120]) if number else math.inf
    return age


def redirection(visit: Visit) -> str:
    """Whether http leads to https, at once and on the same host."""
    route = visit.http
    if not route:
        return "redirection-not-needed-no-http"
    if not visit.certificate_verified:
        return "redirection-invalid-cert"
    if all(hop.host in visit.preloaded for hop in route):
        return "redirection-all-redirects-preloaded"
    if len(route) == 1:
        return "redirection-missing"
    if route[-1].scheme != "https":
        return "redirection-not-to-https"
    if route[1].scheme == "http":
        return "redirection-not-to-https-on-initial-redirection"
    if route[0].scheme == "http" and route[0].host != route[1].host:
        return "redirection-off-host-from-http"
    return "redirection-to-https"


def referrer_policy(visit: Visit) -> str:
    """Of a list the last token that is known counts; a meta element comes after the field."""
    said = [visit.field("referrer-policy")]
    if visit.page is not None and visit.says_html:
        said.append(markup.read(visit.page.text).referrer)
    given = [text for text in said if text is not None]
    if not given:
        return "referrer-policy-not-implemented"
    tokens = [token.strip().lower() for token in ", ".join(given).split(",")]
    known = [token for token in tokens if token in PRIVATE | TALKATIVE]
    if not known:
        return "referrer-policy-header-invalid"
    return "referrer-policy-private" if known[-1] in PRIVATE else "referrer-policy-unsafe"


def content_type_options(visit: Visit) -> str:
    """Only `nosniff`, once."""
    field = visit.field("x-content-type-options")
    if not field:
        return "x-content-type-options-not-implemented"
    sniffs = field[:256].strip().lower() != "nosniff"
    return "x-content-type-options-header-invalid" if sniffs else "x-content-type-options-nosniff"


def frame_options(visit: Visit, policy: Policy) -> str:
    """frame-ancestors takes precedence (CSP3, section 6.4.2). One in a meta element counts here, though browsers
    ignore it: the Observatory looks at all policies merged."""
    if policy.limits_frames:
        return "x-frame-options-implemented-via-csp"
    field = (visit.field("x-frame-options") or "")[:1024]
    word = field.strip().lower()
    if not field:
        return "x-frame-options-not-implemented"
    if word in {"deny", "sameorigin"}:
        return "x-frame-options-sameorigin-or-deny"
    return f"x-frame-options-{'allow-from-origin' if word.startswith('allow-from') else 'header-invalid'}"


def cross_origin_resource_policy(visit: Visit) -> str:
    """Fetch, section 3.7."""
    return _one_of("corp", CORP, (visit.field("cross-origin-resource-policy") or "")[:256].strip().lower())


def cross_origin_opener_policy(visit: Visit) -> str:
    """HTML, section 7.1.3: a structured field, and no other spelling."""
    return _token("coop", COOP, visit.field("cross-origin-opener-policy"))


def cross_origin_embedder_policy(visit: Visit) -> str:
    """HTML, section 7.1.4: a structured field, and no other spelling."""
    return _token("coep", COEP, visit.field("cross-origin-embedder-policy"))


def _token(prefix: str, known: frozenset[str], field: str | None) -> str:
    if not field:
        return f"{prefix}-not-implemented"
    try:
        value = parse_item(field[:1024].strip()).value
    except ValueError:
        return f"{prefix}-header-invalid"
    return _one_of(prefix, known, str(value) if isinstance(value, Token) else "?")


def _one_of(prefix: str, known: frozenset[str], word: str) -> str:
    if not word:
        return f"{prefix}-not-implemented"
    return f"{prefix}-implemented-with-{word}" if word in known else f"{prefix}-header-invalid"


def cross_origin_resource_sharing(visit: Visit) -> str:
    """What a preflight from a foreign origin is allowed."""
    prefix = "cross-origin-resource-sharing"
    allowed = joined(visit.preflight, "access-control-allow-origin")
    if not allowed:
        return f"{prefix}-not-implemented"
    if allowed[:256].strip() == "*":
        return f"{prefix}-implemented-with-public-access"
    credentials = (joined(visit.preflight, "access-control-allow-credentials") or "").strip().lower()
    everybody = allowed == PREFLIGHT_ORIGIN and credentials == "true"
    return f"{prefix}-implemented-with-{'universal' if everybody else 'restricted'}-access"
