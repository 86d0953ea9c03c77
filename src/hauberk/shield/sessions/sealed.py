"""`CookieSessions`: the policy's field for sessions that are in the cookie itself, sealed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from time import time
from typing import Literal, Self

from hauberk.core.equipment import Equipment
from hauberk.core.errors import ConfigurationError
from hauberk.core.options import flag, one_of, seconds, word
from hauberk.core.plan import Steps
from hauberk.core.store import Store
from hauberk.shield.sessions.cookie_keeper import CookieKeeper, Sealing, SessionTooLargeError
from hauberk.shield.sessions.denied import DenyingKeeper
from hauberk.shield.sessions.session import kept_by

PURPOSE = "sessions"


@dataclass(frozen=True, slots=True, kw_only=True)
class CookieSessions:
    """Sessions without a store: sealed with AES-256-GCM, so that the browser can neither read nor change them.

    Nothing is compressed, so that lengths tell nothing of secrets. What was logged out on one device may live on where
    somebody kept a copy of the cookie, unless `denied` names a store that remembers it.
    """

    idle: timedelta | int = timedelta(hours=2)
    """Ends after so long without a request that uses it; the server decides, whatever the browser keeps."""
    absolute: timedelta | int = timedelta(hours=12)
    """Ends so long after it began, whatever happens; 0 is never."""
    cookie: str = "session"
    """The cookie's name; over https it is sent as `__Host-session`."""
    same_site: Literal["lax", "strict", "none"] = "lax"
    denied: str | Store | None = None
    """A store that remembers sessions which were logged out, until they would have ended; None remembers none."""
    socket_check: timedelta | int = 30
    """Seconds: within so long an open WebSocket is closed once its session has ended; 0 never looks."""
    insecure_http: bool = False
    """Whether it may be used over plain http on other hosts than localhost."""
    insecure_readable: bool = False
    """Whether scripts may read it: signed in place of sealed, without HttpOnly. Only for what the visitor may know; a
    script that somebody else put into a page can take such a session away with it (CWE-1004)."""
    keys: tuple[bytes, ...] = field(default=(), repr=False)
    """Keys of 32 octets: the first seals, all open. Taken from the application's secrets where none is given."""
    clock: Callable[[], float] = field(default=time, repr=False, compare=False)
    """Seconds since 1970; another one for tests."""

    def __post_init__(self) -> None:
        for name in ("idle", "absolute", "socket_check"):
            value = seconds(f"CookieSessions.{name}", getattr(self, name))
            if value == 0 and name == "idle":
                raise ConfigurationError("CookieSessions.idle", 0, "ends every session at once", "write 7200")
            object.__setattr__(self, name, value)
        one_of("CookieSessions.same_site", self.same_site, ("lax", "strict", "none"))
        flag("CookieSessions.insecure_http", self.insecure_http)
        flag("CookieSessions.insecure_readable", self.insecure_readable)
        name = word("CookieSessions.cookie", self.cookie)
        if not name.replace("-", "").replace("_", "").isalnum() or name.lower().startswith(("__host-", "__secure-")):
            raise ConfigurationError("CookieSessions.cookie", name, "is not a plain name", "the prefix is added")
        keys: tuple[object, ...] = self.keys
        if not all(isinstance(key, bytes) and len(key) == 32 for key in keys):
            raise ConfigurationError("CookieSessions.keys", "...", "has a key that is no bytes, 32 octets long")

    def equip(self, equipment: Equipment) -> Self:
        """With keys of the application's secrets, and the store that remembers."""
        cookies = equipment.feature("cookies")
        if self.insecure_readable and cookies is not None and f"__Host-{self.cookie}" not in cookies.readable:
            names = f'"__Host-{self.cookie}", "{self.cookie}"'
            raise ConfigurationError(
                "CookieSessions.insecure_readable",
                True,
                "has no effect, as the policy's cookies get HttpOnly",
                f"say so there as well: Cookies(readable=frozenset({{{names}}}))",
            )
        store = None if self.denied is None else equipment.store(self.denied)
        return replace(self, denied=store, keys=self.keys or equipment.keys(PURPOSE))

    def steps(self) -> Steps:
        """A session for each request; the cookie is opened when somebody looks into it."""
        store = self.denied
        if isinstance(store, str):
            problem = "is not opened yet"
            raise ConfigurationError("CookieSessions.denied", store, problem, "use Policy.plan(), or give a Store")
        sealing = Sealing(
            keys=self.keys,
            idle=seconds("CookieSessions.idle", self.idle),
            absolute=seconds("CookieSessions.absolute", self.absolute),
            cookie=self.cookie,
            same_site=self.same_site.capitalize(),
            plain=self.insecure_http,
            readable=self.insecure_readable,
            socket_check=seconds("CookieSessions.socket_check", self.socket_check),
            clock=self.clock,
        )
        keeper = CookieKeeper(sealing) if store is None else DenyingKeeper(sealing, store)
        return Steps(session=kept_by(keeper))


__all__ = ["CookieSessions", "SessionTooLargeError"]
