"""Sessions as records of a store: read when looked into, merged by key, never brought back from the dead."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from hauberk.core.errors import LateSessionError
from hauberk.core.exchange import Exchange, Head, Reply
from hauberk.core.log import LOGGER, decision
from hauberk.core.plan import run_inline
from hauberk.core.store import Store
from hauberk.shield.sessions.devices import family
from hauberk.shield.sessions.identity import binding, handle, is_token, new_token, record_of, user_index
from hauberk.shield.sessions.plain import refuse_plain_http
from hauberk.shield.sessions.presented import presented
from hauberk.shield.sessions.session import AGENT, CREATED, ENDS, HEIRS, SEEN, USER, Fields, Session, moment, stamp

TOUCH_EVERY = 60.0
"""Seconds: a session that is only read is written down as used at most this often, or ten times in its idle time."""
MOST_PATHS = 1_024
"""Paths that are remembered as those that look into their session."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """Lifetimes, in seconds."""

    idle: int
    absolute: int
    grace: int


class StoreKeeper:
    """What `Sessions` gives its sessions to."""

    def __init__(
        self,
        store: Store,
        *,
        times: Times,
        cookie: str,
        same_site: str,
        plain: bool,
        bound: bool,
        socket_check: float,
        clock: Callable[[], float],
    ) -> None:
        self._store, self._blocking = store, store.blocking() if store.waits else store
        self._store_waits = store.waits
        self._times, self._clock = times, clock
        self._touch_every = min(TOUCH_EVERY, times.idle / 10)
        # With the prefix that no other host can set, wherever browsers take it: over https.
        self._secure_name, self._name = "__Host-" + cookie, cookie
        self._same_site, self._plain = same_site.capitalize(), plain
        self._bound, self.socket_check = bound, socket_check
        self.paths: OrderedDict[str, None] = OrderedDict()
        """Where a session was looked into without `await`: for `prefetch`."""
        self._said: set[str] = set()

    # What a session asks.

    def known(self, session: Session) -> bytes | None:
        """See `Keeper.known`."""
        token = self._token(session)
        return None if token is None or session.dropped else binding(token)

    def handle(self, session: Session) -> str | None:
        """See `Keeper.handle`."""
        token = self._token(session)
        return None if token is None or session.dropped else handle(token)

    def times(self, fields: Fields) -> tuple[float, float] | None:
        """See `Keeper.times`."""
        return (moment(fields[CREATED]), moment(fields[SEEN])) if CREATED in fields else None

    def read(self, session: Session) -> Fields | None:
        """See `Keeper.read`: from a store that waits by its blocking face, so that looking never needs `await`."""
        token = self._token(session)
        if token is None:
            return None
        if self._store_waits:
            self._remember(session.exchange)
        return self._checked(session, run_inline(self._blocking.load(record_of(token))))

    async def fetch(self, session: Session) -> Fields | None:
        """See `Keeper.fetch`."""
        token = self._token(session)
        if token is None:
            return None
        return self._checked(session, await self._face(session.exchange).load(record_of(token)))

    async def prefetch(self, ex: Exchange) -> Reply | None:
        """Read ahead on paths that looked into their session before: a store that waits is then never in the way."""
        if ex.path in self.paths and ex.waits:
            session = ex.session
            token = self._token(session)
            if token is not None:
                session.ahead(self._checked(session, await self._store.load(record_of(token))))
        return None

    def changed(self, session: Session) -> None:
        """See `Keeper.changed`."""
        if session.exchange.sent and (self._token(session) is None or session.dropped):
            raise LateSessionError("a session was begun after the response's header went out: its cookie cannot be set")

    def late(self, session: Session) -> None:
        """See `Keeper.late`."""
        token = self._token(session)
        if token is None:
            return
        if session.dropped:
            run_inline(self._blocking.delete(record_of(token)))
        else:
            run_inline(self._save(session, token, session.encoded(), self._blocking))

    async def ended(self, session: Session) -> bool:
        """See `Keeper.ended`."""
        token = self._token(session)
        if token is None or session.dropped:
            return session.dropped
        return self._checked(session, await self._face(session.exchange).load(record_of(token))) is None

    # Before the header leaves.

    async def finish(self, session: Session, head: Head) -> None:
        """See `Keeper.finish`."""
        ex, token = session.exchange, self._token(session)
        fields = session.pending()
        if fields is None:
            if not session.aging:
                return
            fields = {**session.before}
        store = self._face(ex)
        if session.dropped and token is not None:
            await store.delete(record_of(token))
            token = session.token = ""
        if token in {None, ""}:
            if session.late_comer and not session.renewed and not session.dropped:
                # Its cookie would take the place of the one that the login has set.
                if fields:
                    _refused("a login has replaced its id", session)
            elif fields:
                await self._begin(session, head, fields, store)
            elif session.dropped and self.cookie_name(ex) in ex.cookie:
                self._set_cookie(ex, head, "", 0)
            return
        assert token is not None  # noqa: S101 - for the type checker
        if session.renewed:
            await self._renew(session, head, token, fields, store)
        else:
            await self._save(session, token, fields, store)

    async def _begin(self, session: Session, head: Head, fields: dict[str, bytes], store: Store) -> None:
        self._refuse_plain(session.exchange)
        now = self._clock()
        token = session.token = new_token()
        agent = family(session.exchange.header("user-agent"))
        fields |= {CREATED: stamp(now), SEEN: stamp(now), AGENT: agent.encode()}
        if self._times.absolute:
            fields[ENDS] = stamp(now + self._times.absolute)
        index = user_index(fields[USER].decode()) if USER in fields else None
        await store.save(record_of(token), fields, ttl=self._left(fields), create=True, index=index)
        self._set_cookie(session.exchange, head, token, self._times.absolute)

    async def _renew(self, session: Session, head: Head, old: str, fields: dict[str, bytes], store: Store) -> None:
        """Give it a new id. Where another request has done so already, that one's is followed while the grace lasts."""
        self._refuse_plain(session.exchange)
        token = new_token()
        renewed = {**fields, **self._heirs(session, fields, old, token)}
        changed, removed, index = self._changes(session, renewed)
        done = await store.rotate(
            record_of(old),
            record_of(token),
            ttl=self._left(fields),
            grace=max(1, self._times.grace),
            fields=changed,
            remove=removed,
            index=index,
        )
        if done:
            session.token = token
            self._set_cookie(session.exchange, head, token, self._times.absolute)
            return
        decision("session-rotation-refused", level=logging.INFO, session=handle(old)[:12])
        if session.alone:
            # Who logs in has shown who he is, and gets a session; nothing of the one that has gone comes with it.
            before = session.before
            own = {name: raw for name, raw in fields.items() if before.get(name) != raw or name == USER}
            await self._begin(session, head, own, store)
        else:
            # It may have been rotated a moment ago: what was changed goes to the one record that there is.
            await self._save(session, old, fields, store)

    @staticmethod
    def _heirs(session: Session, fields: Fields, old: str, token: str) -> Fields:
        """Which ids may see it from now on, as a field."""
        heirs = [] if session.alone else fields[HEIRS].split()[-1:] if HEIRS in fields else None
        if heirs is None and USER in fields:
            heirs = [handle(old).encode("ascii")]
        return {} if heirs is None else {HEIRS: b" ".join([*heirs, handle(token).encode("ascii")])}

    async def _save(self, session: Session, token: str, fields: dict[str, bytes], store: Store) -> None:
        changed, removed, index = self._changes(session, fields)
        if len(changed) == 1 and not removed and not session.aging:
            return
        ttl = self._left(fields)
        if not await store.save(record_of(token), changed, ttl=ttl, remove=removed, index=index):
            _refused("it was ended", session)

    def _changes(self, session: Session, fields: Fields) -> tuple[dict[str, bytes], list[str], str | None]:
        """What is written: fields that changed, that it was used among them; names of those gone; the user's index."""
        before = session.before
        changed = {name: raw for name, raw in fields.items() if before.get(name) != raw}
        index = user_index(fields[USER].decode()) if USER in changed else None
        changed[SEEN] = stamp(self._clock())
        return changed, [name for name in before if name not in fields], index

    # Its own.

    def _face(self, ex: Exchange) -> Store:
        return self._store if ex.waits else self._blocking

    def _left(self, fields: Fields) -> float:
        idle = float(self._times.idle)
        return max(1.0, min(idle, moment(fields[ENDS]) - self._clock())) if ENDS in fields else idle

    def _checked(self, session: Session, fields: Fields | None) -> Fields | None:
        now = self._clock()
        if fields is None or (ENDS in fields and moment(fields[ENDS]) <= now):
            session.token = ""  # an id that we did not make, or do not know any more, is never taken over
            return None
        if HEIRS in fields and handle(session.token or "").encode("ascii") not in fields[HEIRS].split():
            session.token, session.late_comer = "", True
            return None
        unused = now - moment(fields.get(SEEN, b"0"))
        if unused > self._times.idle or (self._bound and self._elsewhere(session, fields)):
            session.token = ""
            return None
        if unused >= self._touch_every:
            session.aging = True
        return fields

    def _elsewhere(self, session: Session, fields: Fields) -> bool:
        """Whether a browser of another family sent its cookie. Addresses are no sign: telephones change theirs."""
        if fields.get(AGENT, b"") == family(session.exchange.header("user-agent")).encode():
            return False
        decision("session-browser-changed", session=handle(session.token or "")[:12], path=session.exchange.path)
        return True

    def _token(self, session: Session) -> str | None:
        """What the cookie holds, if it has the form of one of ours."""
        token = session.token
        if token is None:
            ex = session.exchange
            name = self._secure_name if ex.scheme == "https" else self._name
            for token in presented(ex.cookie, name):
                if is_token(token):
                    break
            else:
                token = ""
            session.token = token
        return token or None

    def cookie_name(self, ex: Exchange) -> str:
        """What it is called over the request's scheme."""
        return self._secure_name if ex.scheme == "https" else self._name

    def _refuse_plain(self, ex: Exchange) -> None:
        """Before anything is written, so that no record stays behind whose id nobody has."""
        if ex.scheme != "https":
            refuse_plain_http("Sessions", ex.header("host"), allowed=self._plain, said=self._said)

    def _set_cookie(self, ex: Exchange, head: Head, token: str, age: int) -> None:
        secure = ex.scheme == "https"
        line = f"{self.cookie_name(ex)}={token}; Path=/; HttpOnly; SameSite={self._same_site}" + "; Secure" * secure
        if not token:
            line += "; Max-Age=0"
        elif age:
            line += f"; Max-Age={age}"
        head.give(line)

    def _remember(self, ex: Exchange) -> None:
        path = ex.path
        if ex.waits:
            LOGGER.debug("a session was read without await in %s; it is read ahead from now on", path)
        self.paths[path] = None
        self.paths.move_to_end(path)
        while len(self.paths) > MOST_PATHS:
            self.paths.popitem(last=False)


def _refused(why: str, session: Session) -> None:
    decision("session-write-refused", level=logging.INFO, why=why, path=session.exchange.path)
