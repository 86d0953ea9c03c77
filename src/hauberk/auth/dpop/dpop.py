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

    _signers: tuple[Signer, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        rules: object = self.rules
        if not isinstance(rules, ProofRules):
            raise ConfigurationError("DPoP.rules", rules, "is no ProofRules", "write ProofRules(max_age=30)")
        secrets: object = self.secrets
        if secrets is not None and not isinstance(secrets, Secrets):
            raise ConfigurationError("DPoP.secrets", "(hidden)", "is no Secrets", "write Secrets.from_environ(...)")
        if type(self.nonce_lifetime) is not int or not 10 <= self.nonce_lifetime <= 3_600:
            problem = "is not between 10 and 3,600 seconds"
            raise ConfigurationError("DPoP.nonce_lifetime", self.nonce_lifetime, problem, "write 300")
        keys = () if self.secrets is None else self.secrets.keys("dpop-nonce")
        object.__setattr__(self, "_signers", tuple(Signer((key,)) for key in keys))

    @property
    def algorithms(self) -> tuple[str, ...]:
        """What proofs may be signed with, to be told to clients (`algs`, section 7.1)."""
        return tuple(sorted(self.rules.algorithms))

    async def check(
        self, proof: object, *, method: str, url: str, token: str | None = None, thumbprint: str | None = None
    ) -> Proof:
        """The proof, if it is good and new. Raises TokenError: `proof`, or `nonce` where another one is wanted."""
        now = self.clock()
        good = verify_proof(
            proof, method=method, url=url, now=now, rules=self.rules, token=token, thumbprint=thumbprint
        )
        if self._signers and self._age(good.nonce, now) is None:
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
        if not self._signers:
            return None
        stamp = _TIME.pack(int(self.clock()))
        return encode(stamp + self._signers[0].sign(stamp, CONTEXT)[:CUT])

    def renewed(self, proof: Proof) -> str | None:
        """A fresh nonce, if that of a good proof ends before long (section 8.2); so clients are seldom turned away."""
        if not self._signers:
            return None
        age = self._age(proof.nonce, self.clock())
        return self.nonce() if age is None or age > self.nonce_lifetime / 2 else None

    def _age(self, nonce: str | None, now: float) -> float | None:
        """Seconds; None if it is not one of ours, or too old. Other workers' clocks may be ahead by the leeway."""
        try:
            octets = decode(nonce or "")
        except TokenError:
            return None
        if len(octets) != _TIME.size + CUT:
            return None
        stamp, mark = octets[: _TIME.size], octets[_TIME.size :]
        good = False
        for signer in self._signers:
            good |= hmac.compare_digest(mark, signer.sign(stamp, CONTEXT)[:CUT])
        age: float = now - _TIME.unpack(stamp)[0]
        return age if good and -1 - self.rules.leeway <= age <= self.nonce_lifetime else None

    def _blocking(self) -> Self:
        return self if not self.store.waits else replace(self, store=self.store.blocking())
