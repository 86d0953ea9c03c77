"""Proofs of a service: judged, served once, and with nonces of our own where that is wanted."""

from __future__ import annotations

import hmac
import struct
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from hashlib import sha256
from time import time
from typing import Final, Self, final

from hauberk.auth.dpop.proof import Proof, ProofRules, verify_proof
from hauberk.auth.tokens.encoding import decode, encode
from hauberk.auth.tokens.errors import TokenError
from hauberk.core.errors import ConfigurationError
from hauberk.core.log import decision
from hauberk.core.plan import run_inline
from hauberk.core.store import Store
from hauberk.crypto.secrets import Secrets
from hauberk.crypto.signing import Signer

CONTEXT: Final = b"dpop nonce"
_TIME = struct.Struct(">Q")
CUT: Final = 16


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class DPoP:
    """Judges proofs for a service (RFC 9449). Each has a twin with `_sync` behind its name.

    Protects from stolen access and refresh tokens (CWE-294). Does not protect from script in the client's own page: it
    can ask the key to sign.
    """

    store: Store
    """Remembers which proofs were used, for as long as they would be good."""
    rules: ProofRules = field(default_factory=ProofRules)
    secrets: Secrets | None = field(default=None, repr=False)
    """Turns on nonces of the server (section 8): made with these, and good for `nonce_lifetime`."""
    nonce_lifetime: int = 300
    """Seconds."""
    clock: Callable[[], float] = field(default=time, repr=False, compare=False)

    def __post_init__(self) -> None:
        if type(self.nonce_lifetime) is not int or not 10 <= self.nonce_lifetime <= 3_600:
            problem = "is not between 10 and 3,600 seconds"
            raise ConfigurationError("DPoP.nonce_lifetime", self.nonce_lifetime, problem, "write 300")

    async def check(
        self, proof: object, *, method: str, url: str, token: str | None = None, thumbprint: str | None = None
    ) -> Proof:
        """The proof, if it is good and new. Raises TokenError: `proof`, or `nonce` where another one is wanted."""
        now = self.clock()
        good = verify_proof(
            proof, method=method, url=url, now=now, rules=self.rules, token=token, thumbprint=thumbprint
        )
        if self.secrets is not None and not self._is_ours(good.nonce, now):
            raise TokenError("nonce", "is not one of ours, or too old")
        life = max(good.issued - now, 0.0) + self.rules.max_age + 2 * self.rules.leeway
        name = sha256(f"{good.thumbprint}.{good.id}".encode()).hexdigest()
        if not await self.store.add(f"dpop:{name}", b"", max(life, 1.0)):
            decision("dpop-replayed", key=good.thumbprint[:12])
            raise TokenError("proof", "was used before")
        return good

    def check_sync(
        self, proof: object, *, method: str, url: str, token: str | None = None, thumbprint: str | None = None
    ) -> Proof:
        """`check`, for code without an event loop."""
        return run_inline(self._blocking().check(proof, method=method, url=url, token=token, thumbprint=thumbprint))

    def nonce(self) -> str | None:
        """A fresh nonce for the field `DPoP-Nonce`; None where nonces are off."""
        if self.secrets is None:
            return None
        stamp = _TIME.pack(int(self.clock()))
        return encode(stamp + self._signer().sign(stamp, CONTEXT)[:CUT])

    def _is_ours(self, nonce: str | None, now: float) -> bool:
        try:
            octets = decode(nonce or "")
        except TokenError:
            return False
        if len(octets) != _TIME.size + CUT:
            return False
        stamp, mark = octets[: _TIME.size], octets[_TIME.size :]
        (at,) = _TIME.unpack(stamp)
        good = any(hmac.compare_digest(mark, one.sign(stamp, CONTEXT)[:CUT]) for one in self._signers())
        return good and at - 1 <= now <= at + self.nonce_lifetime

    def _signer(self) -> Signer:
        return self._signers()[0]

    def _signers(self) -> list[Signer]:
        if self.secrets is None:
            return []
        return [Signer((key,)) for key in self.secrets.keys("dpop-nonce")]

    def _blocking(self) -> Self:
        return self if not self.store.waits else replace(self, store=self.store.blocking())
