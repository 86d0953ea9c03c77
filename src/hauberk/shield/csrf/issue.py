"""Making tokens for pages, and the cookie that ties them to visitors who have no session yet."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Callable, Coroutine
from os import urandom
from typing import Any

from hauberk.core.errors import LateTokenError
from hauberk.core.exchange import Exchange, Head
from hauberk.shield.csrf.tokens import ANYWHERE, action, mask, mint
from hauberk.wire.cookie import cookie_of

VISITOR_TEXT = 43
"""How long a visitor's value is: 256 random bits in base64url without padding."""
_ALPHABET = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


class Tokens:
    """What a protected request's `csrf` is: its handlers and templates take tokens from it."""

    __slots__ = ("cookie", "field", "keys")

    def __init__(self, keys: Callable[[], tuple[bytes, ...]], *, cookie: str, field: str) -> None:
        self.keys, self.cookie, self.field = keys, cookie, field

    def binding(self, ex: Exchange) -> bytes | None:
        """What tokens of this request are bound to: its session, or the visitor's cookie, or None without either.

        A session's binding changes when its id does, at login, logout and rotation: the tokens of before are void.
        """
        session = ex.session
        if session is not None and (bound := session.binding) is not None:
            return b"session\0" + bytes(bound)
        visitor = ex.visitor or cookie_of(ex.header("cookie"), self.cookie_name(ex))
        if visitor is None or len(visitor) != VISITOR_TEXT or not _ALPHABET.issuperset(visitor):
            return None
        return b"visitor\0" + visitor.encode("ascii")

    def cookie_name(self, ex: Exchange) -> str:
        """With the prefix that no other host can set, wherever browsers take it: over https (RFC 6265bis, 4.1.3.2)."""
        return "__Host-" + self.cookie if ex.scheme == "https" else self.cookie

    def token(self, ex: Exchange, path: str | None = None, method: str = "POST") -> str:
        """A token for this visitor: for every form, or for the one that sends `method` to `path`.

        Raises LateTokenError where a cookie is needed and the response's header went out already.
        """
        binding = self.binding(ex)
        if binding is None:
            if ex.sent:
                raise LateTokenError("csrf_token was first read after the response's header went out; read it earlier")
            ex.visitor = urlsafe_b64encode(urandom(32)).rstrip(b"=").decode("ascii")
            ex.defer(self._set_cookie(ex, ex.visitor))
            binding = b"visitor\0" + ex.visitor.encode("ascii")
        elif not ex.sent and not ex.tokened:
            ex.defer(_private)
        ex.tokened = True
        return mask(mint(self.keys()[0], binding, ANYWHERE if path is None else action(method, path)))

    def _set_cookie(self, ex: Exchange, visitor: str) -> Callable[[Head], Coroutine[Any, Any, None]]:
        line = f"{self.cookie_name(ex)}={visitor}; Path=/; HttpOnly; SameSite=Lax" + "; Secure" * (ex.scheme == "https")

        async def finish(head: Head) -> None:
            head.append("set-cookie", line)
            await _private(head)

        return finish


async def _private(head: Head) -> None:
    """A page with somebody's token in it is nobody else's (CVE-2014-1418 is of this kind)."""
    if not any("no-store" in value or "private" in value for value in head.values("cache-control")):
        head.set("cache-control", "private, no-store")
    if not any("cookie" in value.lower() or "*" in value for value in head.values("vary")):
        head.append("vary", "Cookie")
