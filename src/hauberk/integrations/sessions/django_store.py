"""What Django's settings say of where sessions are kept, and for how long."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from hauberk.core.options import seconds
from hauberk.core.store import Store
from hauberk.shield.sessions.feature import Sessions
from hauberk.shield.sessions.identity import handle
from hauberk.shield.sessions.keeper import TOUCH_EVERY
from hauberk.shield.sessions.session import ENDS, HEIRS, SEEN, VALUE, Fields
from hauberk.stores import open_store

SETTING = "HAUBERK_SESSIONS"
EXPIRY = "_session_expiry"
"""Where Django keeps what `set_expiry` was told; the store's own clock counts it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A store, and times in seconds."""

    store: Store
    blocking: Store
    idle: float
    absolute: float
    touch_every: float
    clock: Callable[[], float]

    def alive(self, fields: Fields | None, token: str) -> bool:
        """Whether this is a session, and one that this id may see."""
        if fields is None:
            return False
        now = self.clock()
        if ENDS in fields and float(fields[ENDS]) <= now:
            return False
        if VALUE + EXPIRY not in fields and now - float(fields.get(SEEN, b"0")) > self.idle:
            return False
        return HEIRS not in fields or handle(token).encode("ascii") in fields[HEIRS].split()

    def left(self, fields: Fields, idle: float) -> float:
        """How long it is kept if nobody uses it any more."""
        return max(1.0, min(idle, float(fields[ENDS]) - self.clock())) if ENDS in fields else max(1.0, idle)

    def stale(self, fields: Fields) -> bool:
        """Whether it is to be written down that it was used."""
        return self.clock() - float(fields.get(SEEN, b"0")) >= self.touch_every


def kept() -> Kept:
    """As `HAUBERK_SESSIONS` says. Raises ImproperlyConfigured where it says nothing that could be."""
    sessions = getattr(settings, SETTING, None)
    if not isinstance(sessions, Sessions):
        problem = "is missing" if sessions is None else f"is a {type(sessions).__name__}"
        raise ImproperlyConfigured(
            f'{SETTING} {problem}; write for example {SETTING} = Sessions(store="sqlite:///sessions.db")'
        )
    return _kept(sessions)


@cache
def _kept(sessions: Sessions) -> Kept:
    store = (
        open_store(sessions.store, field="HAUBERK_SESSIONS.store")
        if isinstance(sessions.store, str)
        else sessions.store
    )
    idle = float(seconds("Sessions.idle", sessions.idle))
    return Kept(
        store=store,
        blocking=store.blocking() if store.waits else store,
        idle=idle,
        absolute=float(seconds("Sessions.absolute", sessions.absolute)),
        touch_every=min(TOUCH_EVERY, idle / 10),
        clock=sessions.clock,
    )
