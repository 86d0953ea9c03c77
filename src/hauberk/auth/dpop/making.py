"""Proofs for requests that this program sends itself: a client, or a test."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from secrets import token_urlsafe
from time import time
from typing import Any
from urllib.parse import urlsplit

from hauberk.auth.tokens.encoding import encode
from hauberk.auth.tokens.keyring import KeyRing
from hauberk.auth.tokens.keys import Key
from hauberk.core.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class ProofMaker:
    """A client's key, and what it signs: `ProofMaker(KeyRing.generate("ES256"))`."""

    keys: KeyRing = field(repr=False)
    clock: Callable[[], float] = field(default=time, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self._key().public is None:
            raise ConfigurationError(
                "ProofMaker.keys", repr(self.keys), "is a shared secret", "KeyRing.generate('ES256')"
            )

    def _key(self) -> Key:
        return self.keys.active()

    @property
    def thumbprint(self) -> str:
        """What tokens for this key are bound to."""
        return self._key().thumbprint

    def proof(self, method: str, url: str, *, token: str | None = None, nonce: str | None = None) -> str:
        """The value of the field `DPoP` for one request."""
        parts = urlsplit(url)
        claims: dict[str, Any] = {
            "jti": token_urlsafe(16),
            "htm": method,
            "htu": f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path or '/'}",
            "iat": int(self.clock()),
        }
        if token is not None:
            claims["ath"] = encode(sha256(token.encode()).digest())
        if nonce is not None:
            claims["nonce"] = nonce
        return self.sign({"typ": "dpop+jwt", "alg": self.keys.algorithm, "jwk": self._key().public}, claims)

    def sign(self, header: dict[str, Any], claims: dict[str, Any]) -> str:
        """A compact JWS of exactly these."""
        key = self._key()
        message = ".".join(encode(json.dumps(part, separators=(",", ":")).encode()) for part in (header, claims))
        return f"{message}.{encode(key.signers[self.keys.algorithm](message.encode('ascii')))}"
