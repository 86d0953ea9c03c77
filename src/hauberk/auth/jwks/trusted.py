"""Access tokens of an issuer that is not you: an identity provider, another service."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from time import time
from typing import Any

from hauberk.auth.jwks.client import JWKS
from hauberk.auth.tokens.encoding import decode_octets, parse
from hauberk.auth.tokens.errors import TokenError
from hauberk.auth.tokens.tokens import Claims
from hauberk.auth.tokens.verify import MOST, Rules, check_claims, check_header, split, verify_jws
from hauberk.core.errors import ConfigurationError
from hauberk.core.options import words

ASYMMETRIC = frozenset({"RS256", "PS256", "ES256", "ES384", "ES512", "EdDSA", "Ed25519", "RS384", "RS512"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuer:
    """Verifies tokens of another issuer by his published keys; `Policy(tokens=Issuer(...))` takes it as it does Tokens.

    Algorithms are those listed here and of the key; symmetric ones cannot be listed, so that no public key is ever
    taken for a shared secret (CVE-2022-29217).
    """

    issuer: str
    """`iss`, to the letter."""
    audience: str
    keys: JWKS
    algorithms: frozenset[str] = frozenset({"RS256", "ES256", "EdDSA"})
    typ: str | None = None
    """What the header must say, such as `at+jwt` where the issuer keeps to RFC 9068."""
    leeway: float = 30.0
    """Seconds by which clocks may differ."""
    required: frozenset[str] = frozenset({"exp", "iss", "aud", "sub"})
    clock: Callable[[], float] = field(default=time, repr=False, compare=False)
    _rules: Rules = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for name in ("issuer", "audience"):
            (value,) = words(f"Issuer.{name}", (getattr(self, name),))
            if not value:
                raise ConfigurationError(f"Issuer.{name}", value, "is empty")
        for name in self.algorithms:
            if name not in ASYMMETRIC:
                raise ConfigurationError("Issuer.algorithms", name, "is no asymmetric algorithm", "use RS256 or ES256")
        rules = Rules(
            algorithms=self.algorithms,
            issuers=frozenset({self.issuer}),
            audiences=frozenset({self.audience}),
            required=self.required,
            typ=self.typ,
            leeway=self.leeway,
        )
        object.__setattr__(self, "_rules", rules)

    @property
    def refusal(self) -> type[TokenError]:
        """What is raised for a token that is not good."""
        return TokenError

    async def check(self, token: str, now: float | None = None) -> Claims:
        """What a token says, if it is good. Raises TokenError: `keys` where the issuer's keys cannot be had."""
        return self._judged(token, await self.keys.keys(self._kid(token)), now)

    def check_sync(self, token: str, now: float | None = None) -> Claims:
        """`check`, for code without an event loop."""
        return self._judged(token, self.keys.keys_sync(self._kid(token)), now)

    def _kid(self, token: object) -> str | None:
        """Before any key is asked for: a token whose header is no good asks nobody."""
        _, first, _, _ = split(token, MOST)
        header: Mapping[str, Any] = parse(decode_octets(first))
        check_header(header, self._rules)
        kid = header.get("kid")
        return kid if isinstance(kid, str) else None

    def _judged(self, token: str, keys: Any, now: float | None) -> Claims:
        _, payload = verify_jws(token, keys, self._rules)
        claims = parse(payload)
        check_claims(claims, self._rules, self.clock() if now is None else now)
        return Claims(claims)
