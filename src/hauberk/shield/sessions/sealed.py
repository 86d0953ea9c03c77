"""`CookieSessions`: sessions that are in the cookie itself, sealed."""

from __future__ import annotations

from base64 import b64decode, b64encode
from binascii import Error
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from hashlib import sha256
from secrets import token_bytes
from time import time
from typing import Literal, Self

import msgspec

from hauberk.core.equipment import Equipment
from hauberk.core.errors import ConfigurationError, HauberkError, LateSessionError
from hauberk.core.exchange import Exchange, Head, Reply
from hauberk.core.options import flag, one_of, seconds, words
from hauberk.core.plan import Steps, run_inline
from hauberk.core.store import Store
from hauberk.shield.sessions.plain import refuse_plain_http
from hauberk.shield.sessions.session import CREATED, ENDS, SEEN, VALUE, Fields, Session, stamp
from hauberk.wire.cookie import cookies_of

PURPOSE = "sessions"
MOST = 4_096
"""Octets of name and value together: browsers drop a cookie that has more (RFC 6265bis, section 5.6)."""
KEPT_FRESH = 60.0
"""Seconds: a session that is only read is sealed anew at most this often, or ten times in its idle time."""
NUMBER = "m:number"
_FIELDS = msgspec.msgpack.Decoder(dict[str, bytes])


class SessionTooLargeError(HauberkError):
    """A session does not fit into its cookie. `octets` is what it would take, `largest` names its biggest keys."""

    def __init__(self, octets: int, largest: list[str]) -> None:
        self.octets, self.largest = octets, largest
        super().__init__(
            f"the session takes {octets:,} octets as a cookie, browsers keep {MOST:,}; "
            f"the largest keys are {', '.join(map(repr, largest))}: keep them elsewhere, or use Sessions(store=...)"
        )


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
    insecure_http: bool = False
    """Whether it may be used over plain http on other hosts than localhost."""
    keys: tuple[bytes, ...] = field(default=(), repr=False)
    """Keys of 32 octets: the first seals, all open. Taken from the application's secrets where none is given."""
    clock: Callable[[], float] = field(default=time, repr=False, compare=False)
    """Seconds since 1970; another one for tests."""

    def __post_init__(self) -> None:
        for name in ("idle", "absolute"):
            value = seconds(f"CookieSessions.{name}", getattr(self, name))
            if value == 0 and name == "idle":
                raise ConfigurationError("CookieSessions.idle", 0, "ends every session at once", "write 7200")
            object.__setattr__(self, name, value)
        one_of("CookieSessions.same_site", self.same_site, ("lax", "strict", "none"))
        flag("CookieSessions.insecure_http", self.insecure_http)
        (name,) = words("CookieSessions.cookie", (self.cookie,))
        if not name.replace("-", "").replace("_", "").isalnum() or name.lower().startswith(("__host-", "__secure-")):
            raise ConfigurationError("CookieSessions.cookie", name, "is not a plain name", "the prefix is added")
        if any(len(key) != 32 for key in self.keys):
            raise ConfigurationError("CookieSessions.keys", "...", "has a key that is not 32 octets long")

    def equip(self, equipment: Equipment) -> Self:
        """With keys of the application's secrets, and the store that remembers."""
        store = equipment.store(self.denied) if isinstance(self.denied, str) else self.denied
        return replace(self, denied=store, keys=self.keys or equipment.keys(PURPOSE))

    def steps(self) -> Steps:
        """A session for each request; the cookie is opened when somebody looks into it."""
        keeper = CookieKeeper(self)

        def begin(ex: Exchange) -> Reply | None:
            ex.session = Session(keeper, ex)
            return None

        return Steps(on_request=begin)


class CookieKeeper:
    """What `CookieSessions` gives its sessions to."""

    def __init__(self, options: CookieSessions) -> None:
        from hauberk.crypto.sealing import Sealer  # here, so that a policy without sessions loads no cryptography

        self._options, self._sealer = options, Sealer(options.keys)
        self._idle = seconds("CookieSessions.idle", options.idle)
        self._absolute = seconds("CookieSessions.absolute", options.absolute)
        self._fresh = min(KEPT_FRESH, self._idle / 10)
        store = options.denied
        if isinstance(store, str):
            problem = "is not opened yet"
            raise ConfigurationError("CookieSessions.denied", store, problem, "use Policy.plan(), or give a Store")
        self._denied = store
        self._blocking = None if store is None else store.blocking() if store.waits else store
        self._said: set[str] = set()

    def known(self, session: Session) -> bytes | None:
        """See `Keeper.known`: its number, which login and rotation change."""
        number = session.numbered
        return None if not number or session.dropped else sha256(b"hauberk binding " + number).digest()

    def handle(self, session: Session) -> str | None:
        """See `Keeper.handle`."""
        number = session.numbered
        return None if not number or session.dropped else sha256(b"hauberk session " + number).hexdigest()

    def read(self, session: Session) -> Fields | None:
        """See `Keeper.read`."""
        fields = self._opened(session)
        if fields is None or self._blocking is None:
            return fields
        return None if run_inline(self._blocking.get(_denied(fields))) is not None else fields

    async def fetch(self, session: Session) -> Fields | None:
        """See `Keeper.fetch`."""
        fields = self._opened(session)
        if fields is None or self._denied is None:
            return fields
        face = self._denied if session.exchange.waits else self._blocking
        return None if face is not None and await face.get(_denied(fields)) is not None else fields

    def changed(self, session: Session) -> None:
        """See `Keeper.changed`."""
        if session.exchange.sent:
            raise LateSessionError("a session in a cookie was changed after the response's header went out")

    def late(self, session: Session) -> None:
        """See `Keeper.late`: `changed` has refused it."""

    async def finish(self, session: Session, head: Head) -> None:
        """See `Keeper.finish`."""
        ex, options, before = session.exchange, self._options, session.before
        if not any("cookie" in value.lower() or "*" in value for value in head.values("vary")):
            head.append("vary", "Cookie")
        if (session.dropped or session.renewed) and before and self._denied is not None:
            face = self._denied if ex.waits else self._blocking
            if face is not None:
                await face.set(_denied(before), b"", self._left(before))
        fields, now = session.encoded(), options.clock()
        if not fields or set(fields) <= {CREATED, SEEN, ENDS, NUMBER}:
            if before:
                self._send(ex, head, "", 0)
            return
        changed = fields != dict(before)
        stale = now - float(fields.get(SEEN, b"0")) >= self._fresh or session.token == "old"  # noqa: S105 - a mark
        if not changed and not stale and not session.renewed:
            return
        if session.renewed or session.dropped or NUMBER not in fields:
            fields[NUMBER] = token_bytes(16)
        fields.setdefault(CREATED, stamp(now))
        if self._absolute and ENDS not in fields:
            fields[ENDS] = stamp(now + self._absolute)
        fields[SEEN] = stamp(now)
        sealed = self._sealer.seal(msgspec.msgpack.encode(fields), self._context(ex))
        self._send(ex, head, b64encode(sealed).decode("ascii"), int(self._left(fields)), fields)

    def cookie_name(self, ex: Exchange) -> str:
        """With the prefix that no other host can set, wherever browsers take it: over https."""
        return "__Host-" + self._options.cookie if ex.scheme == "https" else self._options.cookie

    def _context(self, ex: Exchange) -> bytes:
        return b"session " + self.cookie_name(ex).encode("ascii")

    def _opened(self, session: Session) -> Fields | None:
        ex = session.exchange
        for text in cookies_of(ex.header("cookie"), self.cookie_name(ex))[:8]:
            fields = self._unsealed(session, text)
            if fields is not None:
                return fields
        return None

    def _unsealed(self, session: Session, text: str) -> Fields | None:
        from hauberk.core.errors import UnsealError

        if not 0 < len(text) <= MOST or not text.isascii():
            return None
        try:
            sealed = b64decode(text, validate=True)
            fields = _FIELDS.decode(self._sealer.open(sealed, self._context(session.exchange)))
        except (Error, ValueError, UnsealError, msgspec.DecodeError):
            return None
        now = self._options.clock()
        idle = now - float(fields.get(SEEN, b"0")) > self._idle
        if idle or (ENDS in fields and float(fields[ENDS]) <= now):
            return None
        if self._sealer.sealed_with_old_key(sealed):
            session.token = "old"  # noqa: S105 - a mark: it is sealed anew
        return fields

    def _left(self, fields: Fields) -> float:
        now = self._options.clock()
        return max(1.0, min(self._idle, float(fields[ENDS]) - now)) if ENDS in fields else float(self._idle)

    def _send(self, ex: Exchange, head: Head, value: str, age: int, fields: Fields | None = None) -> None:
        secure = ex.scheme == "https"
        if not secure:
            refuse_plain_http("CookieSessions", ex.header("host"), allowed=self._options.insecure_http, said=self._said)
        name = self.cookie_name(ex)
        if len(name) + len(value) > MOST and fields is not None:
            own = [field for field in fields if field.startswith(VALUE)]
            largest = sorted(own, key=lambda field: -len(fields[field]))[:3]
            raise SessionTooLargeError(len(name) + len(value), [field[len(VALUE) :] for field in largest])
        same_site = self._options.same_site.capitalize()
        line = f"{name}={value}; Path=/; HttpOnly; SameSite={same_site}" + "; Secure" * secure + f"; Max-Age={age}"
        head.append("set-cookie", line)
        if not any("no-store" in text or "private" in text for text in head.values("cache-control")):
            head.set("cache-control", "private, no-store")


def _denied(fields: Fields) -> str:
    return "session-denied:" + sha256(fields.get(NUMBER, b"")).hexdigest()
