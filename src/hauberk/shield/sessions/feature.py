"""`Sessions`: the policy's field for sessions that are kept on the server."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from time import time
from typing import Any, Literal, Self

from hauberk.core.equipment import Equipment
from hauberk.core.errors import ConfigurationError
from hauberk.core.options import flag, one_of, seconds, word
from hauberk.core.plan import Steps, run_inline
from hauberk.core.store import Count, Store
from hauberk.shield.sessions.devices import Device, Devices
from hauberk.shield.sessions.keeper import StoreKeeper, Times
from hauberk.shield.sessions.session import Session, kept_by

SameSite = Literal["lax", "strict", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sessions:
    """Sessions on the server: the cookie holds 256 random bits, the store only their hash.

    Protects from session fixation (CWE-384), replay after logout (CWE-613), and lost updates; costs nothing for a
    request that does not look into its session, one read for one that does, and a write for one that changes it.
    """

    store: str | Store = "memory://"
    """Where they are kept: `sqlite:///path`, `valkey://host`, `postgresql://host/db`; `memory://` while developing."""
    idle: timedelta | int = timedelta(hours=2)
    """Ends after so long without a request that uses it."""
    absolute: timedelta | int = timedelta(hours=12)
    """Ends so long after it began, whatever happens; 0 is never."""
    cookie: str = "session"
    """The cookie's name; over https it is sent as `__Host-session`."""
    same_site: SameSite = "lax"
    """`none` only for applications that live in other sites' frames."""
    grace: timedelta | int = 30
    """For so long after it got a new id, requests that were under way with the old one still find it."""
    socket_check: timedelta | int = 30
    """Seconds: within so long an open WebSocket is closed once its session has ended; 0 never looks."""
    same_browser: bool = False
    """Whether it ends where a browser of another family sends its cookie; an update is none."""
    insecure_http: bool = False
    """Whether it may be used over plain http on other hosts than localhost: anybody on the way can take it over."""
    clock: Callable[[], float] = field(default=time, repr=False, compare=False)
    """Seconds since 1970; another one for tests."""
    _store: list[Store] = field(default_factory=list, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for name in ("idle", "absolute", "grace", "socket_check"):
            value = seconds(f"Sessions.{name}", getattr(self, name))
            if value == 0 and name == "idle":
                raise ConfigurationError("Sessions.idle", 0, "ends every session at once", "write for example 7200")
            object.__setattr__(self, name, value)
        one_of("Sessions.same_site", self.same_site, ("lax", "strict", "none"))
        flag("Sessions.insecure_http", self.insecure_http)
        flag("Sessions.same_browser", self.same_browser)
        name = word("Sessions.cookie", self.cookie)
        if not name.replace("-", "").replace("_", "").isalnum() or name.lower().startswith(("__host-", "__secure-")):
            raise ConfigurationError("Sessions.cookie", name, "is not a plain name", "the prefix is added by itself")
        if not isinstance(self.store, str) and hasattr(self.store, "waits"):
            self._store.append(self.store)

    def equip(self, equipment: Equipment) -> Self:
        """With the store that the URL names."""
        self._store[:] = [equipment.store(self.store)]
        return self

    def steps(self) -> Steps:
        """A session for each request; nothing is read before somebody looks into it."""
        keeper = StoreKeeper(
            self._opened(),
            times=Times(idle=_whole(self.idle), absolute=_whole(self.absolute), grace=_whole(self.grace)),
            cookie=self.cookie,
            same_site=self.same_site,
            plain=self.insecure_http,
            bound=self.same_browser,
            socket_check=float(_whole(self.socket_check)),
            clock=self.clock,
        )

        if not self._opened().waits:
            return Steps(session=kept_by(keeper))
        return Steps(session=kept_by(keeper), load=keeper.prefetch, load_on=keeper.paths)

    async def of(self, user: str, *, current: Session | None = None) -> list[Device]:
        """All sessions of a user that live, the newest first; the one of this request is marked as `current`."""
        return await self._devices().of(user, None if current is None else current.id)

    async def revoke(self, id: str) -> bool:
        """End one session, by its `id`; True if it was there."""
        return await self._devices().revoke(id)

    async def revoke_all(self, user: str) -> int:
        """End all sessions of a user; how many there were."""
        return await self._devices().revoke_all(user)

    async def count(self) -> Count:
        """How many sessions live, whoever's; not `exact` where it is an estimate. For a dashboard, once in a while."""
        return await self._devices().count()

    def of_sync(self, user: str, *, current: Session | None = None) -> list[Device]:
        """`of`, for code without an event loop."""
        return run_inline(self._devices(blocking=True).of(user, None if current is None else current.id))

    def revoke_sync(self, id: str) -> bool:
        """`revoke`, for code without an event loop."""
        return run_inline(self._devices(blocking=True).revoke(id))

    def revoke_all_sync(self, user: str) -> int:
        """`revoke_all`, for code without an event loop."""
        return run_inline(self._devices(blocking=True).revoke_all(user))

    def count_sync(self) -> Count:
        """`count`, for code without an event loop."""
        return run_inline(self._devices(blocking=True).count())

    def _devices(self, *, blocking: bool = False) -> Devices:
        store = self._opened()
        return Devices(store.blocking() if blocking and store.waits else store)

    def _opened(self) -> Store:
        if not self._store:
            raise ConfigurationError(
                "Sessions.store", str(self.store), "is not opened yet", "protect an application with it first"
            )
        return self._store[0]


def _whole(value: Any) -> int:
    return int(value)
