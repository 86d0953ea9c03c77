"""Access tokens of an issuer that is not you: an identity provider, another service."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import inf
from time import time

from hauberk.auth.jwks.client import JWKS
from hauberk.auth.tokens.encoding import decode_octets, parse
from hauberk.auth.tokens.errors import TokenError
from hauberk.auth.tokens.keys import Key
from hauberk.auth.tokens.tokens import Claims
from hauberk.auth.tokens.verifier import MOST_HEADERS, Verifier
from hauberk.auth.tokens.verify import ALGORITHMS, MOST, Rules, check_header, split
from hauberk.core.errors import ConfigurationError
from hauberk.core.options import word, words

ASYMMETRIC = frozenset(name for name in ALGORITHMS if not name.startswith("HS"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuer:
    """Verifies tokens of another issuer by his published keys; `Policy(tokens=Issuer(...))` takes it as it does Tokens.

    Algorithms are those listed here and of the key; symmetric ones cannot be listed, so that no public key is ever
    taken for a shared secret (CVE-2022-29217). What was revoked before its end, only the issuer knows.
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
    _verifier: Verifier = field(init=False, repr=False, compare=False)
    _kids: dict[bytes, str | None] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("issuer", "audience"):
            value = word(f"Issuer.{name}", getattr(self, name))
            if not value:
                raise ConfigurationError(f"Issuer.{name}", value, "is empty")
        if not isinstance(self.keys, JWKS):
            raise ConfigurationError("Issuer.keys", self.keys, "is no JWKS", "write JWKS(url='https://...')")
        if not self.algorithms:
            raise ConfigurationError("Issuer.algorithms", self.algorithms, "is empty: no token would do", "use RS256")
        for name in words("Issuer.algorithms", self.algorithms):
            if name not in ASYMMETRIC:
                raise ConfigurationError("Issuer.algorithms", name, "is no asymmetric algorithm", "use RS256 or ES256")
        leeway: object = self.leeway
        if isinstance(leeway, bool) or not isinstance(leeway, int | float) or not 0 <= leeway < inf:
            raise ConfigurationError("Issuer.leeway", leeway, "is not a number of seconds", "write 30")
        rules = Rules(
            algorithms=frozenset(self.algorithms),
            issuers=frozenset({self.issuer}),
            audiences=frozenset({self.audience}),
            required=frozenset(words("Issuer.required", self.required)),
            typ=self.typ,
            leeway=self.leeway,
        )
        object.__setattr__(self, "_rules", rules)
        object.__setattr__(self, "_verifier", Verifier(rules, self.issuer, self.audience))

    @property
    def refusal(self) -> type[TokenError]:
        """What is raised for a token that is not good."""
        return TokenError

    async def check(self, token: str, now: float | None = None) -> Claims:
        """What a token says, if it is good. Raises TokenError: `keys` where the issuer's keys cannot be had."""
        first, kid = self._header(token)
        return self._judged(token, first, kid, await self.keys.keys(kid), now)

    def check_sync(self, token: str, now: float | None = None) -> Claims:
        """`check`, for code without an event loop."""
        first, kid = self._header(token)
        return self._judged(token, first, kid, self.keys.keys_sync(kid), now)

    def _header(self, token: object) -> tuple[bytes, str | None]:
        """Before any key is asked for: a token whose header is no good asks nobody."""
        _, first, _, _ = split(token, MOST)
        if first in self._kids:
            return first, self._kids[first]
        header = parse(decode_octets(first))
        check_header(header, self._rules)
        kid: str | None = header.get("kid")
        return first, kid

    def _judged(self, token: str, first: bytes, kid: str | None, keys: Sequence[Key], now: float | None) -> Claims:
        claims = self._verifier.claims(token, keys, self.clock() if now is None else now)
        if len(self._kids) < MOST_HEADERS:
            self._kids[first] = kid  # only of good tokens: nobody else decides what is remembered
        return Claims(claims)
