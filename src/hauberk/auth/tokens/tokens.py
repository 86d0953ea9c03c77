"""`Tokens`: issuing, verifying and revoking."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from secrets import token_urlsafe
from time import time
from typing import Any

from hauberk.auth.tokens.encoding import encode, parse
from hauberk.auth.tokens.errors import TokenError
from hauberk.auth.tokens.keyring import KeyRing
from hauberk.auth.tokens.refresh import Family, Pair, Refreshed, Refreshing, RefreshTokens
from hauberk.auth.tokens.refresh.family import is_refresh
from hauberk.auth.tokens.verifier import Verifier
from hauberk.auth.tokens.verify import MOST, Rules, check_claims
from hauberk.core.errors import ConfigurationError
from hauberk.core.options import seconds, word
from hauberk.core.plan import run_inline
from hauberk.core.store import Store

RESERVED = frozenset({"iss", "sub", "aud", "exp", "iat", "nbf", "jti"})


class Claims:
    """What a verified token says."""

    __slots__ = ("all",)

    def __init__(self, all: Mapping[str, Any]) -> None:
        self.all = all

    def __repr__(self) -> str:
        return f"Claims({', '.join(sorted(self.all))})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Claims) and self.all == other.all

    __hash__ = None  # type: ignore[assignment] # as of any mapping

    @property
    def subject(self) -> str:
        """`sub`."""
        return str(self.all["sub"])

    @property
    def id(self) -> str | None:
        """`jti`."""
        value = self.all.get("jti")
        return value if isinstance(value, str) else None

    @property
    def expires(self) -> float:
        """`exp`, in seconds since 1970."""
        return float(self.all["exp"])

    @property
    def scopes(self) -> frozenset[str]:
        """`scope`, split (RFC 9068, section 2.2.3)."""
        value = self.all.get("scope")
        return frozenset(value.split()) if isinstance(value, str) else frozenset()

    def __getitem__(self, name: str) -> Any:
        return self.all[name]

    def get(self, name: str, default: Any = None) -> Any:
        """A claim, or the default."""
        return self.all.get(name, default)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """Access tokens of one issuer for one audience (RFC 9068).

    A token is verified by what this policy says, never by what the token says of itself: algorithm, keys, type, issuer
    and audience are fixed here (RFC 8725).
    """

    issuer: str
    """`iss`: a URL of yours."""
    audience: str
    """`aud`: the service that the tokens are for."""
    keys: KeyRing = field(repr=False)
    lifetime: timedelta | int = timedelta(minutes=10)
    leeway: timedelta | int = 5
    """By how much clocks may differ."""
    store: Store | None = None
    """Remembers what was revoked, until it would have ended, and keeps refresh tokens."""
    refreshing: Refreshing = field(default_factory=Refreshing)
    """How long refresh tokens live."""
    clock: Callable[[], float] = field(default=time, repr=False, compare=False)
    _verifier: Verifier = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for name in ("issuer", "audience"):
            value = word(f"Tokens.{name}", getattr(self, name))
            if not value:
                raise ConfigurationError(f"Tokens.{name}", value, "is empty")
        if not isinstance(self.keys, KeyRing):
            raise ConfigurationError("Tokens.keys", "(hidden)", "is no KeyRing", "write KeyRing.generate('EdDSA')")
        for name in ("lifetime", "leeway"):
            object.__setattr__(self, name, seconds(f"Tokens.{name}", getattr(self, name)))
        object.__setattr__(self, "_verifier", Verifier(self._rules(), self.issuer, self.audience))

    def issue(self, subject: str, **claims: Any) -> str:
        """A token for a subject. Claims that the policy sets (iss, aud, exp, iat, jti) cannot be given."""
        for name in claims:
            if name in RESERVED:
                raise ConfigurationError(f"Tokens.issue({name}=...)", claims[name], "is set by the policy itself")
        now = int(self.clock())
        body = {"iss": self.issuer, "sub": subject, "aud": self.audience, "iat": now}
        body |= {"exp": now + seconds("Tokens.lifetime", self.lifetime), "jti": token_urlsafe(16), **claims}
        try:
            raw = json.dumps(body, separators=(",", ":"), allow_nan=False).encode()
            check_claims(parse(raw), self._rules(), now)
        except (TokenError, ValueError, TypeError) as error:
            raise ConfigurationError("Tokens.issue", sorted(claims), f"would not be accepted again: {error}") from error
        key = self.keys.active()
        header = {"alg": self.keys.algorithm, "typ": "at+jwt", "kid": key.kid}
        message = f"{encode(json.dumps(header, separators=(',', ':')).encode())}.{encode(raw)}"
        token = f"{message}.{encode(key.signers[self.keys.algorithm](message.encode('ascii')))}"
        if len(token) > MOST:
            raise ConfigurationError("Tokens.issue", sorted(claims), f"makes a token of {len(token):,} octets")
        return token

    def verify(self, token: str, now: float | None = None) -> Claims:
        """What a token says, if it is one of ours and lives. Raises TokenError, and nothing else.

        Revocation is not asked here: `check` does.
        """
        if now is None:
            now = self.clock()
        keys = self.keys
        try:
            return Claims(self._verifier.claims(token, keys.keys if now < keys.next_end else keys.keys_at(now), now))
        except TokenError:
            if is_refresh(token):
                raise TokenError("type", "is a refresh token, which opens nothing by itself") from None
            raise

    @property
    def refusal(self) -> type[TokenError]:
        """What is raised for a token that is not good."""
        return TokenError

    async def check(self, token: str, now: float | None = None) -> Claims:
        """`verify`, and whether it was revoked. Raises StoreError where that cannot be known."""
        claims = self.verify(token, now)
        if self.store is not None and claims.id is not None and await self.store.get(_denied(claims.id)) is not None:
            raise TokenError("revoked", "was revoked")
        family = claims.get("sid") if self.refreshing.end_access else None
        if self.store is not None and isinstance(family, str) and await self._families().ended(family):
            raise TokenError("revoked", "belongs to a login that was ended")
        return claims

    def check_sync(self, token: str, now: float | None = None) -> Claims:
        """`check`, for code without an event loop."""
        return run_inline(self._blocking().check(token, now))

    async def pair(self, subject: str, *, client: str = "", thumbprint: str = "", **claims: Any) -> Pair:
        """After a login: an access token, and the first refresh token of a family. Needs a store.

        `client` names who it is for, in lists; it, and `thumbprint` (RFC 9449), must come again with each refresh.
        """
        claims = {"client_id": client, **claims} if client else claims
        begun = await self._families().begin(subject, client=client, thumbprint=thumbprint, claims=claims)
        return self._pair(begun, thumbprint, {})

    async def refresh(self, token: str, *, client: str = "", thumbprint: str = "", **claims: Any) -> Pair:
        """The next pair, for a refresh token. Claims are those of the login, changed by what is given here.

        Raises TokenError (`unknown`, `expired`, `revoked`, `client`, and `reuse`, which has ended the family), and
        StoreError where nothing can be known.
        """
        return self._pair(await self._families().use(token, client=client, thumbprint=thumbprint), thumbprint, claims)

    async def logins(self, subject: str) -> list[Family]:
        """Where the subject is logged in, the latest used first."""
        return await self._families().of(subject)

    async def revoke_all(self, subject: str, *, keep: str | None = None) -> int:
        """End all logins of a subject, but that of the refresh token `keep`; how many there were."""
        return await self._families().end_all(subject, keep=keep)

    async def revoke(self, token: str) -> None:
        """Accept this access token no more, or end the login of this refresh token. Needs a store (RFC 7009)."""
        if is_refresh(token):
            await self._families().end(token)
            return
        claims = self.verify(token)
        if self.store is None or claims.id is None:
            raise ConfigurationError("Tokens.store", None, "is off, so nothing can be revoked", "give a Store")
        left = claims.expires - self.clock() + seconds("Tokens.leeway", self.leeway)
        await self.store.set(_denied(claims.id), b"", max(1.0, left))

    def revoke_sync(self, token: str) -> None:
        """`revoke`, for code without an event loop."""
        run_inline(self._blocking().revoke(token))

    def pair_sync(self, subject: str, *, client: str = "", thumbprint: str = "", **claims: Any) -> Pair:
        """`pair`, for code without an event loop."""
        return run_inline(self._blocking().pair(subject, client=client, thumbprint=thumbprint, **claims))

    def refresh_sync(self, token: str, *, client: str = "", thumbprint: str = "", **claims: Any) -> Pair:
        """`refresh`, for code without an event loop."""
        return run_inline(self._blocking().refresh(token, client=client, thumbprint=thumbprint, **claims))

    def logins_sync(self, subject: str) -> list[Family]:
        """`logins`, for code without an event loop."""
        return run_inline(self._blocking().logins(subject))

    def revoke_all_sync(self, subject: str, *, keep: str | None = None) -> int:
        """`revoke_all`, for code without an event loop."""
        return run_inline(self._blocking().revoke_all(subject, keep=keep))

    def _families(self) -> RefreshTokens:
        if self.store is None:
            raise ConfigurationError("Tokens.store", None, "is off, so nothing can be refreshed", "give a Store")
        return RefreshTokens(store=self.store, options=self.refreshing, clock=self.clock)

    def _pair(self, given: Refreshed, thumbprint: str, changed: Mapping[str, Any]) -> Pair:
        claims = {**given.claims, **changed, "sid": given.family}
        if thumbprint:
            claims["cnf"] = {"jkt": thumbprint}
        return Pair(
            access=self.issue(given.user, **claims),
            refresh=given.token,
            expires_in=seconds("Tokens.lifetime", self.lifetime),
            subject=given.user,
            family=given.family,
        )

    def jwks(self) -> dict[str, list[dict[str, str]]]:
        """The public keys, for `/.well-known/jwks.json`."""
        return self.keys.jwks()

    def _rules(self) -> Rules:
        return Rules(
            algorithms=self.keys.algorithms,
            issuers=frozenset({self.issuer}),
            audiences=frozenset({self.audience}),
            required=frozenset({"exp", "sub", "iss", "aud"}),
            typ="at+jwt",
            leeway=seconds("Tokens.leeway", self.leeway),
        )

    def _blocking(self) -> Tokens:
        if self.store is None or not self.store.waits:
            return self
        from dataclasses import replace

        return replace(self, store=self.store.blocking())


def _denied(id: str) -> str:
    return "token-denied:" + sha256(id.encode("utf-8")).hexdigest()
