"""Sessions as cookies, with a store that remembers those which were logged out."""

from __future__ import annotations

from collections.abc import Awaitable
from hashlib import sha256

from hauberk.core.exchange import Exchange, Head
from hauberk.core.plan import run_inline
from hauberk.core.store import Store
from hauberk.shield.sessions.cookie_keeper import LIFE, CookieKeeper, Sealing, number
from hauberk.shield.sessions.session import Fields, Session


class DenyingKeeper(CookieKeeper):
    """A `CookieKeeper` that asks a store of each session whether it was ended: a copy of its cookie opens no more."""

    def __init__(self, options: Sealing, denied: Store) -> None:
        super().__init__(options)
        self._denied, self._blocking = denied, denied.blocking() if denied.waits else denied

    def read(self, session: Session) -> Fields | None:
        """See `Keeper.read`."""
        fields = super().read(session)
        return None if fields and run_inline(self._blocking.get(_name(fields))) is not None else fields

    async def fetch(self, session: Session) -> Fields | None:
        """See `Keeper.fetch`."""
        fields = super().read(session)
        return None if fields and await self._face(session.exchange).get(_name(fields)) is not None else fields

    async def ended(self, session: Session) -> bool:
        """See `Keeper.ended`: its time is over, or it was logged out."""
        before = session.before
        return await super().ended(session) or (
            bool(before) and await self._face(session.exchange).get(_name(before)) is not None
        )

    def finish(self, session: Session, head: Head) -> Awaitable[None] | None:
        """See `Keeper.finish`."""
        if session.before and (session.dropped or session.renewed):
            return self._end(session, head)
        return super().finish(session, head)

    async def _end(self, session: Session, head: Head) -> None:
        """Remember that the session of before is over, for as long as it could be sent again."""
        before, now = session.before, self._clock()
        began, _ = self.times(before) or (now, now)
        await self._face(session.exchange).set(_name(before), b"", self.left(began, now))
        super().finish(session, head)

    def _face(self, ex: Exchange) -> Store:
        return self._denied if ex.waits else self._blocking


def _name(fields: Fields) -> str:
    return "session-denied:" + sha256(number(fields[LIFE])).hexdigest()
