"""In words: what a page of another origin may do, and why not."""

from __future__ import annotations

from dataclasses import dataclass

from hauberk.shield.cors.names import (
    FORBIDDEN_METHODS,
    SAFE_HEADERS,
    SAFE_METHODS,
    is_forbidden,
    is_token,
    normal_method,
)
from hauberk.shield.cors.terms import Terms
from hauberk.wire.origin import NULL, Origin, OriginError


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What browsers do with one request of one origin."""

    origin: str
    method: str
    headers: tuple[str, ...]
    """Names of fields that the page sets, in lower case."""
    allowed: bool
    """Whether the page may send it and read the answer."""
    preflight: bool
    """Whether the browser asks first, with OPTIONS."""
    credentials: bool
    """Whether cookies go along where the page asks for it."""
    reasons: tuple[str, ...]
    """Why it is refused, all reasons; or why it is allowed."""

    def __str__(self) -> str:
        what = f"{self.method} from {self.origin}" + (" with " + ", ".join(self.headers) if self.headers else "")
        verdict = "allowed" if self.allowed else "refused"
        asks = "The browser asks first (preflight)." if self.preflight else "The browser does not ask first."
        return "\n".join([f"{what}: {verdict}", *(f"- {reason}" for reason in self.reasons), asks])


def explained(terms: Terms, origin: str, method: str, headers: tuple[str, ...]) -> Explanation:
    """The whole answer for one request."""
    method = normal_method(method)
    names = tuple(sorted({name.strip().lower() for name in headers}))
    refusals = request_refusals(terms, method, names)
    if not terms.any_origin and origin not in terms.allowed:
        refusals.insert(0, origin_refusal(origin))
    if not terms.any_origin and not refusals:
        reasons = [_admitted(terms, origin)]
    else:
        reasons = refusals or ["every origin is allowed (insecure_allow_any_origin)"]
    if not refusals:
        reasons.append("cookies go along if the page asks for it" if terms.credentials else "without cookies")
    return Explanation(
        origin=origin,
        method=method,
        headers=names,
        allowed=not refusals,
        preflight=method not in SAFE_METHODS or not SAFE_HEADERS.issuperset(names),
        credentials=terms.credentials and not refusals,
        reasons=tuple(reasons),
    )


def _admitted(terms: Terms, origin: str) -> str:
    if origin in terms.allowed.exact:
        return "the origin is listed"
    return "the origin fits a pattern" if terms.allowed.fits(origin) else "decide said yes to the origin"


def origin_refusal(origin: str) -> str:
    """Why an origin that is not allowed is not."""
    if origin == NULL:
        return "null is the origin of every sandboxed frame, and is never allowed by name"
    try:
        Origin.parse(origin)
    except OriginError as error:
        return f"not an origin as browsers send it: {error.problem}"
    return "the origin is not in CORS.origins; scheme, host and port must all be the same"


def request_refusals(terms: Terms, method: str, names: tuple[str, ...] | None) -> list[str]:
    """Why an allowed origin may not send that method with those lower-case names; None where they cannot be read."""
    reasons = []
    if not is_token(method):
        reasons.append("the method is no token")
    elif terms.refuses_method(method):
        reasons.append(_method_refusal(terms, method))
    if names is None:
        reasons.append("Access-Control-Request-Headers is malformed, or longer than any page's")
    elif refused := terms.refused_headers(names):
        never = [name for name in refused if is_forbidden(name)]
        missing = [name for name in refused if name not in never]
        reasons += [f"browsers let no page set {_listed(never)}"] * bool(never)
        reasons += [f"not in CORS.headers: {_listed(missing)}"] * bool(missing)
    return reasons


def _listed(names: list[str]) -> str:
    return ", ".join(names[:10]) + (f" and {len(names) - 10} more" if len(names) > 10 else "")


def _method_refusal(terms: Terms, method: str) -> str:
    upper = method.upper()
    if upper in FORBIDDEN_METHODS:
        return f"browsers send {upper} for no page"
    near = f"; {upper} is, and methods are compared with case" if upper in terms.methods else ""
    return f"the method {method} is not in CORS.methods{near}"
