"""Rotation (RFC 9700, section 4.14.2): a token is used once, and used twice it ends all that came of its login."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from time import time
from typing import Any, Self, final

from hauberk.auth.tokens.errors import TokenError
from hauberk.auth.tokens.refresh.family import Family, Presented, Record, Spent
from hauberk.auth.tokens.refresh.options import Refreshing
from hauberk.core.errors import ConfigurationError
from hauberk.core.log import decision
from hauberk.core.options import seconds
from hauberk.core.plan import run_inline
from hauberk.core.store import Store

REMEMBERED = 7 * 86_400.0
"""Seconds for which an ended family is still told from one that never was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refreshed:
    """A new refresh token, and whose it is."""

    token: str = field(repr=False)
    user: str
    family: str
    claims: Mapping[str, Any] = field(repr=False)
    """What was given at the login."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshTokens:
    """Families of refresh tokens in a store: one for each login.

    The store holds hashes, and successors that only the token before them opens: who reads it has nothing to present.
    Each method has a twin with `_sync` behind its name. All raise TokenError (`unknown`, `expired`, `revoked`, `reuse`,
    `client`) and StoreError.
    """

    store: Store
    options: Refreshing = field(default_factory=Refreshing)
    clock: Callable[[], float] = field(default=time, repr=False, compare=False)

    async def begin(
        self, user: str, *, client: str = "", thumbprint: str = "", claims: Mapping[str, Any] | None = None
    ) -> Refreshed:
        """The first token of a new family, after a login.

        `client` and `thumbprint` (RFC 9449, `jkt`) must come again with each refresh.
        """
        if not user:
            raise ConfigurationError("RefreshTokens.begin(user)", user, "is empty")
        token, now = Presented.fresh(), self.clock()
        fields = Record.new(user, token, now, client=client, thumbprint=thumbprint, claims=claims or {})
        ttl = _number(self.options.absolute) + REMEMBERED
        await self.store.save(_family(token.id), fields, ttl=ttl, create=True, index=_user(user))
        return Refreshed(token=token.text(), user=user, family=token.id, claims=dict(claims or {}))

    async def use(self, token: str, *, client: str = "", thumbprint: str = "") -> Refreshed:
        """Its successor. What was spent before gives the same one for a moment, and after that ends its family."""
        given = Presented.read(token)
        record = await self._living(given)
        genuine, spent = await self._place(given, record)
        if not genuine:
            raise TokenError("unknown", "is no refresh token of ours")
        for name, told, known in (("client", client, record.client), ("thumbprint", thumbprint, record.thumbprint)):
            if known and not hmac.compare_digest(told.encode(), known.encode()):
                decision("refresh-refused", why=f"another {name}", family=given.id[:12])
                raise TokenError("client", f"was given to another {name}")
        if spent is None:
            successor, now = Presented.fresh(given.family), self.clock()
            mark = Spent.of(given, successor, now)
            left = record.born + _number(self.options.absolute) - now + REMEMBERED
            if await self.store.add(_spent(given.hash), mark.pack(), left):
                if not await self.store.save(_family(given.id), Record.used(successor, now), ttl=left):
                    raise TokenError("revoked", "belongs to a login that was ended")
                return self._given(successor, record)
            spent = await self._mark(given.hash)
        if spent is None or self.clock() - spent.at > _number(self.options.grace):
            await self._end(given.id, record, "reuse")
            decision("refresh-reused", family=given.id[:12], user=_short(record.user))
            raise TokenError("reuse", "was used before: its login was ended")
        return self._given(spent.open(given), record)

    async def _living(self, given: Presented) -> Record:
        fields = await self.store.load(_family(given.id))
        if fields is None:
            raise TokenError("unknown", "is no refresh token of ours")
        record, now = Record(fields), self.clock()
        if record.ended:
            raise TokenError("revoked", "belongs to a login that was ended")
        idle, absolute = _number(self.options.idle), _number(self.options.absolute)
        if now - record.last_used > idle or now - record.born > absolute:
            raise TokenError("expired", "has expired")
        return record

    async def _place(self, given: Presented, record: Record) -> tuple[bool, Spent | None]:
        """Whether it is one of the family's, and its mark if it was spent."""
        if hmac.compare_digest(given.hash, record.live):
            return True, None
        if (spent := await self._mark(given.hash)) is not None:
            return True, spent
        # Whoever made it the newest was stopped before he could write that down.
        before = await self._mark(record.live)
        return before is not None and hmac.compare_digest(before.successor, given.hash), None

    async def _mark(self, hash: bytes) -> Spent | None:
        value = await self.store.get(_spent(hash))
        return None if value is None else Spent.unpack(value)

    def _given(self, token: Presented, record: Record) -> Refreshed:
        return Refreshed(token=token.text(), user=record.user, family=token.id, claims=record.claims)

    async def end(self, token: str) -> None:
        """Log out: the whole family of this token. One that is ended or unknown is no error (RFC 7009, section 2.2)."""
        try:
            given = Presented.read(token)
            record = await self._living(given)
        except TokenError:
            return
        if (await self._place(given, record))[0]:
            await self._end(given.id, record, "logout")

    async def end_family(self, user: str, family: str) -> bool:
        """End one of the user's logins, by its name in the list; False if he has none of that name."""
        fields = await self.store.load(_family(family))
        if fields is None or Record(fields).ended or Record(fields).user != user:
            return False
        await self._end(family, Record(fields), "revoked")
        return True

    async def end_all(self, user: str, *, keep: str | None = None) -> int:
        """End all logins of a user, but that of the token `keep`: after a change of password. How many there were."""
        kept = Presented.read(keep).id if keep is not None else None
        count = 0
        for key, fields in (await self.store.records(_user(user))).items():
            if not Record(fields).ended and key != (kept and _family(kept)):
                await self._end(key.removeprefix(_family("")), Record(fields), "revoked")
                count += 1
        return count

    async def of(self, user: str) -> list[Family]:
        """The user's living logins, the latest used first."""
        now, found = self.clock(), []
        for key, fields in (await self.store.records(_user(user))).items():
            record = Record(fields)
            idle, absolute = _number(self.options.idle), _number(self.options.absolute)
            if not record.ended and now - record.last_used <= idle and now - record.born <= absolute:
                name = key.removeprefix(_family(""))
                found.append(
                    Family(id=name, user=user, client=record.client, created=record.born, last_used=record.last_used)
                )
        return sorted(found, key=lambda one: -one.last_used)

    async def _end(self, family: str, record: Record, why: str) -> None:
        left = max(record.born + _number(self.options.absolute) - self.clock(), 0.0) + REMEMBERED
        await self.store.save(_family(family), {"ended": why.encode()}, ttl=left)
        decision("refresh-family-ended", level=20, why=why, family=family[:12], user=_short(record.user))

    async def ended(self, family: str) -> bool:
        """Whether a family of this name is known to have ended; for access tokens that name it."""
        fields = await self.store.load(_family(family))
        return fields is None or bool(Record(fields).ended)

    def begin_sync(
        self, user: str, *, client: str = "", thumbprint: str = "", claims: Mapping[str, Any] | None = None
    ) -> Refreshed:
        """`begin`, for code without an event loop."""
        return run_inline(self._blocking().begin(user, client=client, thumbprint=thumbprint, claims=claims))

    def use_sync(self, token: str, *, client: str = "", thumbprint: str = "") -> Refreshed:
        """`use`, for code without an event loop."""
        return run_inline(self._blocking().use(token, client=client, thumbprint=thumbprint))

    def end_sync(self, token: str) -> None:
        """`end`, for code without an event loop."""
        run_inline(self._blocking().end(token))

    def end_family_sync(self, user: str, family: str) -> bool:
        """`end_family`, for code without an event loop."""
        return run_inline(self._blocking().end_family(user, family))

    def end_all_sync(self, user: str, *, keep: str | None = None) -> int:
        """`end_all`, for code without an event loop."""
        return run_inline(self._blocking().end_all(user, keep=keep))

    def of_sync(self, user: str) -> list[Family]:
        """`of`, for code without an event loop."""
        return run_inline(self._blocking().of(user))

    def _blocking(self) -> Self:
        return self if not self.store.waits else replace(self, store=self.store.blocking())


def _number(value: Any) -> float:
    return float(seconds("Refreshing", value))


def _family(id: str) -> str:
    return f"refresh:family:{id}"


def _spent(hash: bytes) -> str:
    return f"refresh:spent:{hash.hex()}"


def _user(user: str) -> str:
    """A name of any length and any characters becomes one that every store takes."""
    return f"refresh:user:{sha256(user.encode()).hexdigest()}"


def _short(user: str) -> str:
    return sha256(user.encode()).hexdigest()[:12]
