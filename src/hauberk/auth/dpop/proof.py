"""One proof, judged by itself (RFC 9449, section 4.3): everything but whether it was seen before."""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from urllib.parse import SplitResult, quote, unquote_to_bytes, urlsplit

from hauberk.auth.tokens.encoding import decode_octets, encode, parse
from hauberk.auth.tokens.errors import TokenError
from hauberk.auth.tokens.keys import Key
from hauberk.auth.tokens.verify import Rules, check_header, split
from hauberk.core.errors import ConfigurationError
from hauberk.core.options import words

ALGORITHMS = frozenset({"ES256", "ES384", "ES512", "EdDSA", "Ed25519", "RS256", "PS256"})
PUBLIC = ("kty", "crv", "x", "y", "n", "e")
PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"})
MOST = 4_096
"""Octets of a proof."""
LONGEST_ID = 256
PORTS = {"http": 80, "https": 443}
_SAFE = "!$&'()*+,;=:@-._~/"
_SLASH = re.compile("%2[Ff]")
_PLAIN = re.compile(r"https?://[a-z0-9.-]+/[A-Za-z0-9/_~-]*")
"""An address that is written in one way only."""
_DOTS = re.compile(r"/\.\.?(/|$)")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofRules:
    """What a proof must be."""

    algorithms: frozenset[str] = frozenset({"ES256", "EdDSA", "Ed25519"})
    max_age: float = 60.0
    """Seconds since `iat`."""
    leeway: float = 5.0
    """Seconds by which the client's clock may be ahead."""

    header: Rules = field(init=False, repr=False, compare=False)
    """The same, for the proof's header."""

    def __post_init__(self) -> None:
        names, fix = words("ProofRules.algorithms", self.algorithms), "use ES256 or EdDSA"
        if not names:
            raise ConfigurationError("ProofRules.algorithms", self.algorithms, "is empty: no proof would do", fix)
        for name in names:
            if name not in ALGORITHMS:
                raise ConfigurationError("ProofRules.algorithms", name, "is no asymmetric algorithm of ours", fix)
        object.__setattr__(self, "algorithms", frozenset(names))
        object.__setattr__(self, "header", Rules(algorithms=self.algorithms, typ="dpop+jwt"))
        for of, most in (("max_age", 3_600.0), ("leeway", 300.0)):
            value: object = getattr(self, of)
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
                problem = f"is not a number of seconds from 0 to {most:,.0f}"
                raise ConfigurationError(f"ProofRules.{of}", value, problem)


USUAL = ProofRules()


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """A proof that is good, as far as it can be told without a store."""

    thumbprint: str
    """Of the key that signed it (RFC 7638): what `cnf.jkt` of a bound token says."""
    id: str = field(repr=False)
    """`jti`."""
    nonce: str | None
    issued: float


def verify_proof(
    proof: object,
    *,
    method: str,
    url: str,
    now: float,
    rules: ProofRules | None = None,
    token: str | None = None,
    thumbprint: str | None = None,
    nonce: str | None = None,
) -> Proof:
    """Judge a proof for a request. Raises TokenError (`proof`), and nothing else.

    `token` is the access token that came with it, whose hash must be in it; `thumbprint` that of the key that the token
    is bound to; neither is asked at a token endpoint. `nonce` is the one that it must hold.
    """
    wanted = USUAL if rules is None else rules
    try:
        message, first, second, third = split(proof, MOST)
        header, claims = parse(decode_octets(first)), parse(decode_octets(second))
        signature = decode_octets(third)
        check_header(header, wanted.header)
    except TokenError as error:
        raise TokenError("proof", f"{error.reason}: {error.detail}") from None
    key = _key(header)
    if not key.algorithms[header["alg"]](signature, message):
        raise TokenError("proof", "is not signed by the key in it")
    if thumbprint is not None and not hmac.compare_digest(key.thumbprint.encode(), thumbprint.encode()):
        raise TokenError("proof", "is of another key than the token is bound to")
    found = _judged(claims, wanted, key.thumbprint, method=method, url=url, now=now, token=token)
    if nonce is not None and not hmac.compare_digest((found.nonce or "").encode(), nonce.encode()):
        raise TokenError("nonce", "is another one")
    return found


def _key(header: Mapping[str, Any]) -> Key:
    jwk, alg = header.get("jwk"), header["alg"]
    if not isinstance(jwk, Mapping) or PRIVATE & jwk.keys() or jwk.get("kty") == "oct":
        raise TokenError("proof", "holds no public key")
    # What else a key says of itself is nobody's concern here; what it is of decides.
    parts = {name: jwk[name] for name in PUBLIC if name in jwk}
    if not all(isinstance(part, str) for part in parts.values()):
        raise TokenError("proof", "holds a key whose members are no texts")
    try:
        key = Key.from_jwk(parts)
    except ConfigurationError as error:
        raise TokenError("proof", f"holds a key that {error.problem}") from None
    if alg not in key.algorithms:
        raise TokenError("proof", "holds a key that is not of its algorithm")
    return key


def _judged(
    claims: Mapping[str, Any],
    rules: ProofRules,
    thumbprint: str,
    *,
    method: str,
    url: str,
    now: float,
    token: str | None,
) -> Proof:
    id, issued, nonce = claims.get("jti"), claims.get("iat"), claims.get("nonce")
    if not isinstance(id, str) or not 0 < len(id) <= LONGEST_ID:
        raise TokenError("proof", "has no jti")
    if claims.get("htm") != method:
        raise TokenError("proof", "is for another method")
    if not same_target(claims.get("htu"), url):
        raise TokenError("proof", "is for another address")
    if isinstance(issued, bool) or not isinstance(issued, int | float):
        raise TokenError("proof", "does not say when it was made")
    if not now - rules.max_age - rules.leeway <= issued <= now + rules.leeway:
        raise TokenError("proof", "is too old, or of the future")
    if token is not None:
        said = claims.get("ath")
        expected = encode(sha256(token.encode()).digest())
        if not isinstance(said, str) or not hmac.compare_digest(said.encode(), expected.encode()):
            raise TokenError("proof", "is for another token")
    if nonce is not None and not isinstance(nonce, str):
        raise TokenError("proof", "has a nonce that is no text")
    return Proof(thumbprint=thumbprint, id=id, nonce=nonce, issued=float(issued))


def same_target(said: object, url: str) -> bool:
    """Whether `htu` means this URL, query and fragment apart (RFC 9449, section 4.3; RFC 3986, section 6.2)."""
    if not isinstance(said, str) or not said.isprintable() or " " in said:
        return False
    if said == url and _PLAIN.fullmatch(said):
        return True
    try:
        return _normal(urlsplit(said)) == _normal(urlsplit(url))
    except ValueError:
        return False


def _normal(parts: SplitResult) -> tuple[str, str, int, str]:
    scheme = parts.scheme.lower()
    if scheme not in PORTS or not parts.hostname or parts.username is not None:
        raise ValueError(scheme)
    # A slash that is escaped is none; what else is escaped is the same as what is not, as servers decode both.
    path = "%2F".join(quote(unquote_to_bytes(part), safe=_SAFE) for part in _SLASH.split(parts.path))
    if _DOTS.search(path):
        raise ValueError(path)  # somebody means another path than he says
    port = PORTS[scheme] if parts.port is None else parts.port
    return scheme, parts.hostname.lower().rstrip("."), port, path or "/"
