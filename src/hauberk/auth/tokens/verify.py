"""Compact JWS (RFC 7515) and the claims of a JWT (RFC 7519), as strictly as RFC 8725 advises."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hauberk.auth.tokens.encoding import decode_octets, parse
from hauberk.auth.tokens.errors import TokenError
from hauberk.auth.tokens.keys import Key, Verify
from hauberk.core.errors import ConfigurationError

ALGORITHMS = frozenset(
    "HS256 HS384 HS512 RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519 Ed448".split()
)
MOST = 16_384
"""Octets of a token."""
LATEST = 1e12
"""Seconds since 1970 beyond which nothing is a time."""
MOST_KEYS = 8
"""Keys that one token is tried with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What a token must be to be accepted."""

    algorithms: frozenset[str]
    """Names, to the letter. `none` is no name."""
    issuers: frozenset[str] = frozenset()
    """Who may have issued it; empty: not asked."""
    audiences: frozenset[str] = frozenset()
    """For whom it may be; empty: not asked."""
    required: frozenset[str] = frozenset({"exp"})
    """Claims that must be there."""
    typ: str | None = None
    """What the header's `typ` must say, such as `at+jwt` (RFC 9068); None: not asked."""
    leeway: float = 0.0
    """Seconds by which clocks may differ."""
    max_age: float | None = None
    """Seconds since `iat`."""
    max_octets: int = MOST
    """Octets of the token."""
    max_payload: int = MOST
    """Octets of its payload."""
    denied: Collection[str] = field(default=frozenset())
    """Values of `jti` that were revoked."""

    def __post_init__(self) -> None:
        for name in self.algorithms:
            if name not in ALGORITHMS:
                raise ConfigurationError("algorithms", name, "is not an algorithm", "use one of ES256, EdDSA, RS256...")


def verify_jws(token: object, keys: Sequence[Key], rules: Rules) -> tuple[dict[str, Any], bytes]:
    """The header and the payload of a token whose signature fits. Raises TokenError, and nothing else."""
    message, first, second, third = split(token, rules.max_octets)
    header = parse(decode_octets(first))
    check_header(header, rules)
    payload, signature = decode_octets(second), decode_octets(third)
    if len(payload) > rules.max_payload:
        raise TokenError("too-long", f"has a payload of {len(payload):,} octets")
    for fits in candidates(header, keys):
        if fits(signature, message):
            return header, payload
    raise TokenError("signature", "fits none of the keys")


def split(token: object, most: int) -> tuple[bytes, bytes, bytes, bytes]:
    """What is signed, and the three parts. Raises TokenError."""
    if not isinstance(token, str) or not token.isascii():
        raise TokenError("form", "is not a text of ASCII")
    if len(token) > most:
        raise TokenError("too-long", f"has {len(token):,} octets")
    octets = token.encode("ascii")
    parts = octets.split(b".", 3)
    if len(parts) != 3:
        raise TokenError("form", "has not three parts")
    first, second, third = parts
    return octets[: len(first) + 1 + len(second)], first, second, third


def candidates(header: Mapping[str, Any], keys: Sequence[Key]) -> tuple[Verify, ...]:
    """What may verify a token with this header: by the key's algorithms, never by the header's word alone."""
    alg, kid = header["alg"], header.get("kid")
    meant = [key for key in keys if kid is None or key.kid is None or key.kid == kid][:MOST_KEYS]
    return tuple(key.algorithms[alg] for key in meant if alg in key.algorithms)


def check_header(header: Mapping[str, Any], rules: Rules) -> None:
    """Raise TokenError for a protected header that these rules do not allow."""
    alg = header.get("alg")
    if not isinstance(alg, str) or alg not in rules.algorithms:
        raise TokenError("algorithm", "is not one of those allowed")
    if "crit" in header:
        raise TokenError("critical", "names extensions that are not understood")  # RFC 7515, section 4.1.11
    if header.get("b64", True) is not True:
        raise TokenError("critical", "has an unencoded payload")  # RFC 7797
    if "enc" in header:
        raise TokenError("form", "is encrypted, not signed")
    kid, typ = header.get("kid"), header.get("typ")
    if "kid" in header and not isinstance(kid, str):
        raise TokenError("header", "kid is not a text")
    if typ is not None and not isinstance(typ, str):
        raise TokenError("header", "typ is not a text")
    if rules.typ is not None and (typ or "").lower().removeprefix("application/") != rules.typ.lower():
        raise TokenError("type", f"is not {rules.typ}")


def check_claims(claims: Mapping[str, Any], rules: Rules, now: float) -> None:
    """Raise TokenError for claims that are not of their type, missing, over, not yet begun, or for somebody else."""
    missing = [name for name in rules.required if claims.get(name) is None or claims[name] == ""]
    if missing:
        raise TokenError("missing-claim", ", ".join(sorted(missing)))
    for name in ("iss", "sub", "jti"):
        if name in claims and not isinstance(claims[name], str):
            raise TokenError("claim-type", f"{name} is not a text")
    _check_times(claims, rules, now)
    if rules.issuers and claims.get("iss") not in rules.issuers:
        raise TokenError("issuer", "is not one of those trusted")
    audience = _audience(claims)
    if rules.audiences and not rules.audiences & audience:
        raise TokenError("audience", "is somebody else")
    if claims.get("jti") is not None and claims["jti"] in rules.denied:
        raise TokenError("revoked", "was revoked")


def _check_times(claims: Mapping[str, Any], rules: Rules, now: float) -> None:
    ends, begins, issued = (_time(claims, name) for name in ("exp", "nbf", "iat"))
    if ends is not None and now >= ends + rules.leeway:
        raise TokenError("expired", "is over")
    if begins is not None and now < begins - rules.leeway:
        raise TokenError("not-yet", "has not begun")
    if issued is not None and now < issued - rules.leeway:
        raise TokenError("not-yet", "was issued in the future")
    if rules.max_age is not None and (issued is None or now - issued > rules.max_age + rules.leeway):
        raise TokenError("expired", "is too old")


def _time(claims: Mapping[str, Any], name: str) -> float | None:
    """A NumericDate (RFC 7519, section 2): a number of seconds, and nothing that only converts to one."""
    if name not in claims:
        return None
    value = claims[name]
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < LATEST:
        raise TokenError("claim-type", f"{name} is not a time")
    return value


def _audience(claims: Mapping[str, Any]) -> frozenset[str]:
    if "aud" not in claims:
        return frozenset()
    value = claims["aud"]
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise TokenError("claim-type", "aud is neither a text nor a list of texts")
    return frozenset(texts)
