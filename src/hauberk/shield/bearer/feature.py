"""`Bearer`: the policy's field `tokens`. Who calls an API, by the token in Authorization and nowhere else."""

from __future__ import annotations

import inspect
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from hauberk.core.errors import ConfigurationError, HauberkError
from hauberk.core.exchange import Exchange, Reply
from hauberk.core.log import decision
from hauberk.core.options import word, words
from hauberk.core.plan import Steps
from hauberk.shield.bearer.replies import ambiguous, unauthenticated, unavailable

_TOKEN = re.compile(r"[A-Za-z0-9\-._~+/]+=*")
_QUOTABLE = re.compile(r"[ !#-\[\]-~]*")
"""What may stand in a quoted string without being escaped (RFC 9110, section 5.6.4)."""


class Proves(Protocol):
    """What `Bearer` needs of `hauberk.DPoP`: whether the sender holds the key that his token is bound to (RFC 9449)."""

    async def check(self, proof: object, *, method: str, url: str, token: str, thumbprint: str) -> object:
        """Return if he does. Raises an error of the kind `Verifies.refusal` where he does not."""

    def check_sync(self, proof: object, *, method: str, url: str, token: str, thumbprint: str) -> object:
        """The same, without an event loop."""

    def nonce(self) -> str | None:
        """What he has to put into the next proof; None for nothing."""

    def renewed(self, proof: Any) -> str | None:
        """The same after a good one, which is what `check` returned; None if what he has will do."""

    @property
    def algorithms(self) -> Sequence[str]:
        """What he may sign with."""


class Verifies(Protocol):
    """What `Bearer` needs of `hauberk.Tokens`."""

    @property
    def refusal(self) -> type[HauberkError]:
        """What is raised for a token that is not good."""

    async def check(self, token: str) -> Any:
        """The claims, by name through `get`; the Store is asked whether the token was revoked."""

    def check_sync(self, token: str) -> Any:
        """The same, without an event loop."""


class Presented:
    """What `Exchange.claims` holds where the policy has `tokens`: whom to ask, and what the token says, if one came."""

    __slots__ = ("bearer", "claims")

    def __init__(self, bearer: Bearer, claims: Any) -> None:
        self.bearer, self.claims = bearer, claims


@dataclass(frozen=True, slots=True, kw_only=True)
class Bearer:
    """Verifies the access token of every request that carries one, before the application runs (RFC 6750).

    A token that is not good is answered with 401, on any path. A request without one passes, and has no claims: say
    `@hauberk.requires(...)` at a route, or `required=True` here. Tokens in a query or a body are never looked at, as
    they end in logs and histories (RFC 9700, section 4.3.2; CWE-598).
    """

    tokens: Verifies = field(repr=False)
    """A `hauberk.Tokens`."""
    required: bool = False
    """Whether requests without a token are refused."""
    open: tuple[str, ...] = ()
    """Paths, to the letter, that need no token although it is `required`, such as `/health`."""
    realm: str = ""
    """What the client is told that it asks for; empty: nothing."""
    dpop: Proves | None = field(default=None, repr=False)
    """A `hauberk.DPoP`: turns on the scheme `DPoP`, for tokens that are bound to a key."""

    def __post_init__(self) -> None:
        for name in ("check", "check_sync", "refusal"):
            if not hasattr(self.tokens, name):
                raise ConfigurationError("Bearer.tokens", type(self.tokens).__name__, "is no Tokens")
        if not isinstance(self.required, bool):
            raise ConfigurationError("Bearer.required", self.required, "is neither True nor False")
        for path in words("Bearer.open", self.open):
            if not path.startswith("/"):
                raise ConfigurationError("Bearer.open", path, "is not an absolute path", "write for example '/health'")
        realm = word("Bearer.realm", self.realm)
        if not _QUOTABLE.fullmatch(realm):
            raise ConfigurationError("Bearer.realm", realm, "holds quotes, backslashes or what is not ASCII")

    @property
    def schemes(self) -> tuple[str, ...]:
        """What is offered in WWW-Authenticate, with what is always said of it (RFC 9449, section 7.1)."""
        if self.dpop is None:
            return ("Bearer",)
        return ("Bearer", f'DPoP algs="{" ".join(self.dpop.algorithms)}"')

    def steps(self) -> Steps:
        """Before the application runs."""
        return Steps(load=self._load)

    async def _load(self, ex: Exchange) -> Reply | None:
        if ex.claims is not None:  # done already, for a rate that counts by it
            return None
        ex.claims = Presented(self, None)
        field_value = ex.header("authorization")
        if not field_value:
            return self._without(ex)
        if "," in field_value and sum(name == "authorization" for name, _ in ex.headers()) > 1:
            return self._refuse(ex, "two fields Authorization", ambiguous(self.schemes, self.realm))
        scheme, _, token = field_value.partition(" ")
        scheme, token = scheme.lower(), token.strip(" ")
        if scheme != "bearer" and (scheme != "dpop" or self.dpop is None):
            return self._without(ex)  # Basic, Digest and the like are the application's
        if not _TOKEN.fullmatch(token):
            return self._refuse(ex, "no token behind the scheme", ambiguous(self.schemes, self.realm))
        try:
            claims = await self.tokens.check(token) if ex.waits else self.tokens.check_sync(token)
            problem = await self._bound(ex, scheme, token, claims)
        except self.tokens.refusal as error:
            return self._refuse(ex, str(error), self._answer(scheme, str(getattr(error, "reason", ""))))
        if problem:
            return self._refuse(ex, problem, self._answer(scheme, ""))
        ex.claims = Presented(self, claims)
        return None

    async def _bound(self, ex: Exchange, scheme: str, token: str, claims: Any) -> str:
        """Why a token is not this sender's to use; empty if it is."""
        bound = claims.get("cnf")
        if scheme == "bearer":
            # Whoever stole a bound token must not use it by leaving the proof out (RFC 9449, section 7.2).
            return "is bound to a key, and came as Bearer" if bound is not None else ""
        thumbprint = bound.get("jkt") if isinstance(bound, dict) else None
        if self.dpop is None or not isinstance(thumbprint, str):
            return "is bound to no key, and came as DPoP"
        proofs = [value for name, value in ex.headers() if name == "dpop"]
        if len(proofs) != 1 or "," in proofs[0]:
            return "comes without a proof, or with several"
        url = f"{ex.scheme}://{ex.header('host')}{ex.raw_path.decode('ascii', 'replace')}"
        check = self.dpop.check if ex.waits else self.dpop.check_sync
        checked = check(proofs[0], method=ex.method, url=url, token=token, thumbprint=thumbprint)
        nonce = self.dpop.renewed(await checked if inspect.isawaitable(checked) else checked)
        if nonce is not None:
            ex.add("dpop-nonce", nonce)
        return ""

    def _answer(self, scheme: str, reason: str) -> Reply:
        if reason == "keys":
            return unavailable()
        nonce = self.dpop.nonce() if self.dpop is not None and scheme == "dpop" else None
        code = {"nonce": "use_dpop_nonce", "proof": "invalid_dpop_proof"}.get(reason, "invalid_token")
        reply = unauthenticated(self.schemes, self.realm, code, used=scheme)
        return reply if nonce is None else replace(reply, headers=(*reply.headers, ("dpop-nonce", nonce)))

    def _without(self, ex: Exchange) -> Reply | None:
        if not self.required or ex.path in self.open:
            return None
        return self._refuse(ex, "no token", unauthenticated(self.schemes, self.realm))

    def _refuse(self, ex: Exchange, why: str, reply: Reply) -> Reply:
        decision("token-refused", why=why, status=reply.status, method=ex.method, path=ex.path[:200])
        return reply
