"""`KeyRing`: the keys of an issuer, the next and the retired ones among them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from math import inf
from secrets import token_bytes
from time import time
from typing import Any, Literal, Self

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from hauberk.auth.tokens.encoding import encode, parse
from hauberk.auth.tokens.errors import TokenError
from hauberk.auth.tokens.keys import Key, key_set
from hauberk.core.errors import ConfigurationError
from hauberk.core.options import one_of, seconds

State = Literal["next", "active", "retired"]
ALGORITHMS = ("EdDSA", "ES256", "ES384", "ES512", "RS256", "PS256", "HS256", "HS384", "HS512")
CURVES: Mapping[str, tuple[str, ec.EllipticCurve, int]] = {
    "ES256": ("P-256", ec.SECP256R1(), 32),
    "ES384": ("P-384", ec.SECP384R1(), 48),
    "ES512": ("P-521", ec.SECP521R1(), 66),
}
RETIRED_KEPT = 2


class KeyRing:
    """Signs with the active key, verifies with all, and publishes the public ones.

    `rotate` makes the next key the active one: it has been published before it signs, so that nobody meets a key that
    he does not know. A key's `kid` is its thumbprint (RFC 7638).
    """

    __slots__ = ("_ends", "_states", "algorithm", "keys", "next_end")

    def __init__(self, keys: list[tuple[State, Key]], algorithm: str) -> None:
        if sum(state == "active" for state, _ in keys) != 1:
            raise ConfigurationError("KeyRing.keys", f"{len(keys)} keys", "has not exactly one active key")
        self.algorithm = algorithm
        self._ends: dict[str | None, float] = {}
        self._set(keys)

    def __repr__(self) -> str:
        return f"KeyRing({self.algorithm}, {', '.join(state for state, _ in self._states)})"

    @classmethod
    def generate(cls, alg: str = "EdDSA") -> Self:
        """A new ring: one key that signs, and the next one."""
        one_of("alg", alg, ALGORITHMS)
        return cls([("active", _new(alg)), ("next", _new(alg))], alg)

    @classmethod
    def from_jwks(cls, jwks: Mapping[str, Any] | str) -> Self:
        """A ring of keys as JWK sets write them: a mapping or its JSON. The first that can sign is the active one.

        A set of public keys verifies only. Raises ConfigurationError, which shows no key, for a set without a good one.
        """
        if isinstance(jwks, str):
            try:
                jwks = parse(jwks.encode("utf-8"))
            except (TokenError, UnicodeEncodeError) as error:
                raise ConfigurationError(
                    "jwks", "(hidden)", "is no JWK set in JSON", 'write {"keys": [...]}'
                ) from error
        keys = [_named(key) for key in key_set(jwks.get("keys", [jwks]))]
        signing = next((n for n, key in enumerate(keys) if key.signers), 0)
        states: list[tuple[State, Key]] = [("active" if n == signing else "retired", key) for n, key in enumerate(keys)]
        return cls(states, next(iter(keys[signing].signers or keys[signing].algorithms)))

    def _set(self, states: list[tuple[State, Key]]) -> None:
        self._states = states
        self.keys: tuple[Key, ...] = tuple(key for _, key in states)
        """All keys, for verifying: another tuple when they change, and the same until then."""
        self._ends = {key.kid: self._ends[key.kid] for key in self.keys if key.kid in self._ends}
        self.next_end: float = min(self._ends.values(), default=inf)
        """When the first of the retired keys stops to verify, in seconds since 1970."""

    def keys_at(self, now: float) -> tuple[Key, ...]:
        """The keys that verify at an instant: without those whose time is over."""
        return tuple(key for key in self.keys if now < self._ends.get(key.kid, inf))

    @property
    def algorithms(self) -> frozenset[str]:
        """What its keys may verify: for a ring that was generated, its one algorithm."""
        return frozenset({self.algorithm})

    def active(self) -> Key:
        """The key that signs. Raises ConfigurationError where only public keys are known."""
        key = next(key for state, key in self._states if state == "active")
        if self.algorithm not in key.signers:
            raise ConfigurationError("KeyRing", repr(self), "has no private key to sign with")
        return key

    def rotate(self, *, keep: timedelta | int | None = None, now: float | None = None) -> None:
        """The next key signs from now on; the one before it still verifies, and a new next one is made.

        `keep` is for how long the one before it verifies and is published: a token's lifetime and leeway at least.
        Without it, until `RETIRED_KEPT` others were retired after it.
        """
        instant = time() if now is None else now
        by_state = {state: key for state, key in self._states if state != "retired"}
        retired = [key for state, key in self._states if state == "retired" and instant < self._end(key)]
        following = by_state.get("next") or _new(self.algorithm)
        before = by_state["active"]
        if keep is not None:
            self._ends[before.kid] = instant + seconds("KeyRing.rotate(keep=...)", keep)
        unbound = [key for key in retired if self._end(key) == inf]
        dropped = unbound[RETIRED_KEPT - (keep is None) :]
        kept = [before, *(key for key in retired if key not in dropped)]
        self._set([("active", following), ("next", _new(self.algorithm)), *(("retired", key) for key in kept)])

    def _end(self, key: Key) -> float:
        return self._ends.get(key.kid, inf)

    def jwks(self, now: float | None = None) -> dict[str, list[dict[str, str]]]:
        """The public keys that verify now, for `/.well-known/jwks.json`; shared secrets are never in it."""
        more = {"use": "sig", "alg": self.algorithm}
        return {
            "keys": [
                {**key.public, "kid": key.kid or key.thumbprint, **more}
                for key in self.keys_at(time() if now is None else now)
                if key.public is not None
            ]
        }


def _named(key: Key) -> Key:
    if key.kid is not None:
        return key
    return Key(
        kid=key.thumbprint,
        algorithms=key.algorithms,
        signers=key.signers,
        public=key.public,
        thumbprint=key.thumbprint,
    )


def _new(alg: str) -> Key:
    return _named(Key.from_jwk({**new_jwk(alg), "alg": alg}))


def new_jwk(alg: str) -> dict[str, str]:
    """A new private key, or a shared secret, as a JWK."""
    if alg.startswith("HS"):
        return {"kty": "oct", "k": encode(token_bytes(int(alg[2:]) // 8))}
    if alg == "EdDSA":
        edwards = ed25519.Ed25519PrivateKey.generate()
        x = edwards.public_key().public_bytes_raw()
        return {"kty": "OKP", "crv": "Ed25519", "x": encode(x), "d": encode(edwards.private_bytes_raw())}
    if alg in CURVES:
        name, curve, size = CURVES[alg]
        numbers = ec.generate_private_key(curve).private_numbers()
        point = numbers.public_numbers
        parts = {"x": point.x, "y": point.y, "d": numbers.private_value}
        return {"kty": "EC", "crv": name, **{n: encode(v.to_bytes(size, "big")) for n, v in parts.items()}}
    private = rsa.generate_private_key(65537, 3072).private_numbers()
    public = private.public_numbers
    numbers_of = {"n": public.n, "e": public.e, "d": private.d, "p": private.p, "q": private.q}
    numbers_of |= {"dp": private.dmp1, "dq": private.dmq1, "qi": private.iqmp}
    return {"kty": "RSA", **{n: encode(v.to_bytes((v.bit_length() + 7) // 8, "big")) for n, v in numbers_of.items()}}


def as_json(keys: KeyRing) -> str:
    """The public keys as text."""
    return json.dumps(keys.jwks(), separators=(",", ":"))
