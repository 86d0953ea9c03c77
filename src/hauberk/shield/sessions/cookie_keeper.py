"""Sessions as sealed cookies: opened when looked into, sealed anew when changed, nothing kept on the server."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from hashlib import sha256
from math import inf
from os import urandom
from struct import Struct
from struct import error as StructError
from typing import TYPE_CHECKING

from hauberk.core.errors import HauberkError, LateSessionError, UnsealError
from hauberk.core.exchange import Exchange, Head
from hauberk.core.log import LOGGER
from hauberk.shield.sessions.plain import refuse_plain_http
from hauberk.shield.sessions.presented import presented
from hauberk.shield.sessions.session import VALUE, Fields, Session

if TYPE_CHECKING:
    from hauberk.shield.sessions.forms import Form

MOST = 4_096
"""Octets of name and value together: browsers drop a cookie that has more (RFC 6265bis, section 5.6)."""
TRIED = 8
"""Of so many cookies of its name, the first that opens counts: somebody else may have set the others."""
KEPT_FRESH = 60.0
"""Seconds: a session that is only read is sealed anew at most this often, or ten times in its idle time."""
LIFE = "m:life"
"""The one field that is ours: in it are the session's number, which login and rotation change, when it began, and when
it was last seen."""
MOST_NAMES = 1_024
SECRET = re.compile(
    r"(?<!csrf_)(?:password|passwd|passphrase|secret|token|api_?key|private_?key|card_?number)$", re.IGNORECASE
)
"""Names of what no session in a cookie should hold."""
_LIFE = Struct(">16sdd")


class SessionTooLargeError(HauberkError):
    """A session does not fit into its cookie. `octets` is what it would take, `largest` names its biggest keys."""

    def __init__(self, octets: int, largest: list[str]) -> None:
        self.octets, self.largest = octets, largest
        super().__init__(
            f"the session takes {octets:,} octets as a cookie, browsers keep {MOST:,}; "
            f"the largest keys are {', '.join(map(repr, largest))}: keep them elsewhere, or use Sessions(store=...)"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealing:
    """How a session is sealed, and into which cookie; times in seconds."""

    keys: tuple[bytes, ...] = field(repr=False)
    idle: float
    absolute: float
    cookie: str
    same_site: str
    plain: bool
    readable: bool
    socket_check: float
    clock: Callable[[], float]


class Cookie:
    """The cookie's form over one scheme: all that does not depend on the session."""

    __slots__ = ("begin", "end", "name", "read", "room", "whole", "write")

    def __init__(self, name: str, options: Sealing, secure: bool, form: Form) -> None:
        self.name, self.read, self.write = name, form.read, form.write
        self.room = MOST - len(name)
        self.begin = name + "="
        hidden = "" if options.readable else "; HttpOnly"
        self.end = f"; Path=/{hidden}; SameSite={options.same_site}{'; Secure' * secure}; Max-Age="
        self.whole = f"{self.end}{int(options.idle)}"
        """Where it lives as long as it may be idle: nearly always."""


class CookieKeeper:
    """What `CookieSessions` gives its sessions to."""

    def __init__(self, options: Sealing) -> None:
        from hauberk.shield.sessions.forms import Sealed, Signed  # here: without sessions no cryptography is loaded

        form = Signed if options.readable else Sealed
        self._clock, self._idle, self._absolute = options.clock, options.idle, options.absolute or inf
        self._plain, self.socket_check = options.plain, options.socket_check
        # With the prefix that no other host can set, wherever browsers take it: over https.
        names = {True: "__Host-" + options.cookie, False: options.cookie}
        self._https, self._http = (
            Cookie(names[secure], options, secure, form(options.keys, names[secure])) for secure in (True, False)
        )
        self._fresh = min(KEPT_FRESH, options.idle / 10)
        self._said: set[str] = set()
        self._named: set[str] = {LIFE}
        """Names of fields that were looked at: whether they are those of secrets."""

    def known(self, session: Session) -> bytes | None:
        """See `Keeper.known`."""
        life = session.field(LIFE)
        return None if life is None or session.dropped else sha256(b"hauberk binding " + number(life)).digest()

    def handle(self, session: Session) -> str | None:
        """See `Keeper.handle`."""
        life = session.field(LIFE)
        return None if life is None or session.dropped else sha256(b"hauberk session " + number(life)).hexdigest()

    def times(self, fields: Fields) -> tuple[float, float] | None:
        """See `Keeper.times`."""
        if LIFE not in fields:
            return None
        _, began, seen = _LIFE.unpack(fields[LIFE])
        return began, seen

    def read(self, session: Session) -> Fields | None:
        """See `Keeper.read`."""
        ex, now = session.exchange, self._clock()
        cookie = self._https if ex.scheme == "https" else self._http
        for text in presented(ex.cookie, cookie.name)[:TRIED]:
            if len(text) > cookie.room:
                continue
            try:
                # Some clients put what is no token into quotes, which the grammar lets them (RFC 6265, section 4.1.1).
                fields, outdated = cookie.read(text.strip('"'))
                _, began, seen = _LIFE.unpack(fields[LIFE])
            except (
                UnsealError,
                ValueError,
                KeyError,
                StructError,
            ):  # sealed by the same key as something else: nothing
                continue
            if now - seen <= self._idle and now - began < self._absolute:
                if now - seen >= self._fresh or outdated:
                    session.aging = True
                return fields
        return None

    async def fetch(self, session: Session) -> Fields | None:
        """See `Keeper.fetch`."""
        return self.read(session)

    def changed(self, session: Session) -> None:
        """See `Keeper.changed`."""
        if session.exchange.sent:
            raise LateSessionError("a session in a cookie was changed after the response's header went out")

    def late(self, session: Session) -> None:
        """See `Keeper.late`: `changed` has refused it."""

    async def ended(self, session: Session) -> bool:
        """See `Keeper.ended`: its time is over."""
        times = self.times(session.before)
        return times is not None and self._clock() - times[0] >= self._absolute

    def finish(self, session: Session, head: Head) -> Awaitable[None] | None:
        """See `Keeper.finish`."""
        fields = session.pending()
        if fields is not None:
            self._write(session, head, fields)
        elif session.aging:
            self._write(session, head, {**session.before})
        return None

    def _write(self, session: Session, head: Head, fields: dict[str, bytes]) -> None:
        """Into the cookie, in one function, as every change goes by here. Raises SessionTooLargeError where browsers
        would drop it."""
        before, renewed, ex = session.before, session.renewed, session.exchange
        cookie = self._https if ex.scheme == "https" else self._http
        if len(fields) <= 1 and fields.keys() <= {LIFE}:
            if before:
                if cookie is self._http:
                    self._refuse_plain(ex)
                head.give(f"{cookie.begin}{cookie.end}0")
            return
        if not renewed and not session.aging and fields == before:
            return
        now = self._clock()
        which, began, _ = _LIFE.unpack(fields[LIFE]) if LIFE in fields else (None, now, now)
        if renewed or which is None:
            which = urandom(16)
        fields[LIFE] = _LIFE.pack(which, began, now)
        if not self._named.issuperset(fields):
            self._look_at(fields)
        value = cookie.write(fields, cookie.room)
        if len(value) > cookie.room:
            raise _too_large(len(cookie.name) + len(value), fields)
        if cookie is self._http:
            self._refuse_plain(ex)
        left = self.left(began, now)
        head.give(cookie.begin + value + (cookie.whole if left == self._idle else f"{cookie.end}{int(left)}"))

    def _look_at(self, fields: Fields) -> None:
        """Say once of a name that it is one of a secret: what is in a cookie is in many places (CWE-522)."""
        if len(self._named) > MOST_NAMES:
            self._named = {LIFE}
        for name in fields.keys() - self._named:
            self._named.add(name)
            if name.startswith(VALUE) and SECRET.search(name):
                LOGGER.warning("session[%r] goes out in a cookie; a secret does not belong there", name[len(VALUE) :])

    def _refuse_plain(self, ex: Exchange) -> None:
        refuse_plain_http("CookieSessions", ex.header("host"), allowed=self._plain, said=self._said)

    def left(self, began: float, now: float) -> float:
        """Seconds until a session is over that nobody uses any more."""
        left = began + self._absolute - now
        return self._idle if left >= self._idle else max(1.0, left)


def _too_large(octets: int, fields: Fields) -> SessionTooLargeError:
    own = [name for name in fields if name.startswith(VALUE)]
    largest = sorted(own, key=lambda name: -len(fields[name]))[:3]
    return SessionTooLargeError(octets, [name[len(VALUE) :] for name in largest])


def number(life: bytes) -> bytes:
    """The number of the session that has this field."""
    return life[:16]
