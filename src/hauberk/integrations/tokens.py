"""What handlers ask of access tokens: `claims(request)`, `@requires(scope=...)`, and the route of the public keys."""

from __future__ import annotations

import functools
import inspect
import json
from collections.abc import Callable
from typing import Any, NoReturn

from hauberk.auth.tokens import Claims, KeyRing, Tokens
from hauberk.core.errors import ConfigurationError
from hauberk.core.exchange import CURRENT, Exchange, Reply
from hauberk.core.log import decision
from hauberk.core.options import word
from hauberk.integrations.request import exchange_of
from hauberk.shield.bearer import Presented, insufficient, unauthenticated


def claims(request: object) -> Claims | None:
    """What the verified access token of this request says; None where none came.

    Raises ConfigurationError where the policy has no `tokens`.
    """
    found: Claims | None = _presented(exchange_of(request)).claims
    return found


class Requires:
    """What `requires` makes: a decorator, a dependency of FastAPI (`Depends(...)`), and a guard of Litestar."""

    # FastAPI reads the parameters of a dependency: this one has none.
    __signature__ = inspect.Signature()

    def __init__(self, scopes: frozenset[str]) -> None:
        self.scopes = scopes

    def __call__(self, *args: Any) -> Any:
        """With a handler, the handler behind the check; without, or with what a guard is given, the check."""
        if len(args) == 1:
            return self._around(args[0])
        return self.check()

    def check(self) -> Claims:
        """The claims of the request that is being answered. Where they are not enough, the answer is 401 or 403."""
        ex = CURRENT.get()
        if ex is None:
            raise ConfigurationError(
                "requires", "(no request)", "runs outside of a protected request", "call hauberk.protect(app) first"
            )
        presented = _presented(ex)
        bearer, found = presented.bearer, presented.claims
        if found is None:
            _refuse(ex, "no token", unauthenticated(bearer.schemes, bearer.realm))
        if not self.scopes <= found.scopes:
            scope = " ".join(sorted(self.scopes))
            _refuse(ex, "scope", insufficient(bearer.schemes, bearer.realm, scope))
        answer: Claims = found
        return answer

    def _around(self, target: Any) -> Any:
        if isinstance(target, type):
            return self._around_class(target)
        if not callable(target):
            raise ConfigurationError(
                "requires", type(target).__name__, "is no handler", "put @requires below the decorator of the route"
            )
        if inspect.iscoroutinefunction(target):

            @functools.wraps(target)
            async def waiting(*args: Any, **kwargs: Any) -> Any:
                self.check()
                return await target(*args, **kwargs)

            return waiting

        @functools.wraps(target)
        def plain(*args: Any, **kwargs: Any) -> Any:
            self.check()
            return target(*args, **kwargs)

        return plain

    def _around_class(self, target: type) -> type:
        """A class of views is guarded where all its methods pass."""
        for door in ("dispatch", "dispatch_request"):
            method = getattr(target, door, None)
            if method is not None:
                setattr(target, door, self._around(method))
                return target
        raise ConfigurationError(
            "requires", target.__qualname__, "is a class without dispatch", "decorate its methods instead"
        )


def requires(*, scope: str = "") -> Requires:
    """Only for requests with an access token, and with these scopes in it (separated by spaces; all of them).

        @app.get("/orders")
        @hauberk.requires(scope="orders:read")
        async def orders(request): ...

    Put it below the decorator that makes the route. Without a token the answer is 401, without the scope 403, each with
    WWW-Authenticate (RFC 6750). Raises ConfigurationError for a scope that no token can have.
    """
    text = word("requires.scope", scope)
    for one in text.split():
        # RFC 6749, section 3.3
        if not one.isascii() or not one.isprintable() or '"' in one or "\\" in one:
            raise ConfigurationError("requires.scope", one, "is no scope", "write for example 'orders:read'")
    return Requires(frozenset(text.split()))


def jwks_route(keys: KeyRing | Tokens, *, max_age: int = 300) -> Callable[[], tuple[bytes, dict[str, str]]]:
    """What answers `/.well-known/jwks.json`: called with nothing it gives the body and the fields of the response.

    `max_age` is for how many seconds others may keep the set; a key is to be the next one for longer than that before
    it signs.
    """
    if type(max_age) is not int or max_age < 0:
        raise ConfigurationError("jwks_route.max_age", max_age, "is no number of seconds", "write max_age=300")
    fields = {"content-type": "application/jwk-set+json", "cache-control": f"public, max-age={max_age}"}

    def answer() -> tuple[bytes, dict[str, str]]:
        return json.dumps(keys.jwks(), separators=(",", ":")).encode(), dict(fields)

    return answer


def _presented(ex: Exchange) -> Presented:
    if not isinstance(ex.claims, Presented):
        raise ConfigurationError("Policy.tokens", None, "is off", "write tokens=Tokens(...)")
    return ex.claims


def _refuse(ex: Exchange, why: str, reply: Reply) -> NoReturn:
    decision("token-refused", why=why, status=reply.status, method=ex.method, path=ex.path[:200])
    ex.refuse(reply)
