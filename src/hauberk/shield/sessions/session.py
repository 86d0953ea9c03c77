"""`Session`: what handlers hold. A mapping that is read when it is looked into, and written when it has changed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator, Iterator, Mapping, MutableMapping
from types import MappingProxyType, MethodType
from typing import Any, Protocol, Self, overload
from weakref import ref

import msgspec

from hauberk.core.errors import ConfigurationError, LateSessionError
from hauberk.core.exchange import Exchange, Head, Holder, held
from hauberk.core.options import word
from hauberk.shield.sessions.values import UNCHANGING, check_key, decode, encode

VALUE, USER, CREATED, SEEN, ENDS, AGENT = "v:", "m:user", "m:created", "m:seen", "m:ends", "m:agent"
"""Names of a record's fields: the application's own have the prefix."""
HEIRS = "m:heirs"
"""The field that names the ids which may see this session; without it, every id that leads to it."""

Fields = Mapping[str, bytes]
NOTHING: Fields = MappingProxyType({})


class Keeper(Protocol):
    """Where a session's fields are: a record in a store, or a sealed cookie."""

    def known(self, session: Session) -> bytes | None:
        """What other features bind to this session, or None where there is none yet."""

    def handle(self, session: Session) -> str | None:
        """The name by which it is known in lists and logs."""

    def times(self, fields: Fields) -> tuple[float, float] | None:
        """When a session of these fields began, and when it was last seen; None of one that is not kept yet."""

    def read(self, session: Session) -> Fields | None:
        """Its fields, at once; None where there is none."""

    async def fetch(self, session: Session) -> Fields | None:
        """Its fields, by a call that may wait."""

    def changed(self, session: Session) -> None:
        """Told before a change after the response's header went out; raises where it would be too late."""

    socket_check: float
    """Seconds between two looks whether the session of an open WebSocket has ended; 0 for none."""

    async def ended(self, session: Session) -> bool:
        """Whether a session that was there is gone, by what is kept now."""

    def finish(self, session: Session, head: Head) -> Awaitable[None] | None:
        """Write what has changed, before the header leaves; to be awaited where that may wait."""

    def late(self, session: Session) -> None:
        """Write what has changed after the header left, at once."""


class _Exchange:
    """The holder's exchange, asked for once: made at the first look, and then an attribute like any other."""

    @overload
    def __get__(self, session: None, owner: type) -> Self: ...
    @overload
    def __get__(self, session: Session, owner: type) -> Exchange: ...
    def __get__(self, session: Session | None, owner: type) -> Exchange | Self:
        if session is None:
            return self
        exchange: Exchange = held(session.holder)
        if exchange.kept is None:  # the request is over, and was when this one was made
            exchange.kept = ref(session)
        session.exchange = exchange
        return exchange


class Session(MutableMapping[str, Any]):
    """One visitor's data. Two requests that change different keys both keep theirs.

    `await session` reads it without blocking the event loop; looking into it reads it as well.
    """

    # Class attributes, not slots, as in Exchange: most requests look into no session, and set two of these.
    _fields: Fields | None = None
    """What it has by now: `before`, until something is changed; None while nobody has looked."""
    before: Fields = NOTHING
    """Its fields as they were read."""
    _values: dict[str, Any]
    """What was taken out of it or put into it, and may be changed in place: encoded again at the end."""
    _altered = False
    _open = _attended = False
    dropped = False
    """Whether it was logged out in this request; what is set after that begins another one."""
    renewed = False
    """Whether it gets a new id in this request."""
    alone = False
    """Whether the old id ends with that at once: it is another user's from here on."""
    late_comer = False
    """Whether the cookie held an id from before a login that has happened meanwhile."""
    token: str | None = None
    """What the cookie holds; private to its keeper."""
    aging = False
    """Whether it is to be written although nothing changed: that it was used, or under the newest key."""
    holder: Holder
    """Until the exchange is asked for."""
    exchange = _Exchange()
    """The request that it is of."""

    _keeper: Keeper
    _finish: Callable[[Session, Head], Awaitable[None] | None]

    def __await__(self) -> Generator[Any, Any, Session]:
        return self._load().__await__()

    async def _load(self) -> Session:
        if self._fields is None:
            self._take(await self._keeper.fetch(self))
        self._read()
        return self

    # The mapping.

    def __getitem__(self, key: str) -> Any:
        raw = self._read().get(VALUE + key)
        if raw is None:
            raise KeyError(key)
        return self._value(key, raw)

    def get(self, key: str, default: Any = None) -> Any:
        """The value, or the default where there is none."""
        raw = self._read().get(VALUE + key)
        return default if raw is None else self._value(key, raw)

    def _value(self, key: str, raw: bytes) -> Any:
        if key in self._values:
            return self._values[key]
        value = decode(raw)
        if type(value) not in UNCHANGING:
            self._values[key] = value
            self._attend()  # it may be changed in place
        return value

    def __setitem__(self, key: str, value: Any) -> None:
        if not isinstance(key, str):
            raise TypeError(f"session keys are texts, not {type(key).__name__}")
        if not key.isprintable():
            check_key(key)
        raw = encode(value, key)  # so that what cannot be kept is an error here, and not when the response leaves
        self._change()[VALUE + key] = raw
        if type(value) not in UNCHANGING:
            self._values[key] = value
        elif self._values:
            self._values.pop(key, None)
        if self.exchange.sent:
            self._late()

    def __delitem__(self, key: str) -> None:
        if self._change().pop(VALUE + key, None) is None:
            raise KeyError(key)
        self._values.pop(key, None)
        self._late()

    def __iter__(self) -> Iterator[str]:
        return iter([name[len(VALUE) :] for name in self._read() if name.startswith(VALUE)])

    def __len__(self) -> int:
        return sum(name.startswith(VALUE) for name in self._read())

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and VALUE + key in self._read()

    def __bool__(self) -> bool:
        return len(self) > 0

    def copy(self) -> dict[str, Any]:
        """What is in it, as a dict of its own; the other frameworks' sessions are dicts, and have this."""
        return dict(self)

    def __repr__(self) -> str:
        return f"<Session {(self.id or 'new')[:8]}>"

    # What Flask and Django ask of a session beside that.

    @property
    def accessed(self) -> bool:
        """Whether the response depends on it. Setting it does nothing, as with `modified`: every look is seen."""
        return self._open

    @accessed.setter
    def accessed(self, wanted: bool) -> None:
        """Flask says so before it hands the session out."""

    @property
    def new(self) -> bool:
        """Whether it began in this request."""
        return self._keeper.times(self._read()) is None

    @property
    def modified(self) -> bool:
        """Whether it will be written. Setting it does nothing: every change is seen."""
        return self.opened and self.encoded() != dict(self.before)

    @modified.setter
    def modified(self, wanted: bool) -> None:
        """Code for other sessions says so after a change in place."""

    @property
    def permanent(self) -> bool:
        """Whether the browser keeps its cookie when it closes; `Sessions.absolute` says how long."""
        return True

    @permanent.setter
    def permanent(self, wanted: bool) -> None:
        """The policy decides it."""

    # Who it is.

    @property
    def id(self) -> str | None:
        """Its name in lists and logs; None while it is not kept. Knowing it makes nobody its owner."""
        return self._keeper.handle(self)

    @property
    def binding(self) -> bytes | None:
        """What CSRF tokens are bound to: changes with the id. None while there is no session."""
        return self._keeper.known(self)

    @property
    def user(self) -> str | None:
        """Who is logged in."""
        raw = self._read().get(USER)
        return None if raw is None else raw.decode()

    @property
    def created(self) -> float | None:
        """When it began, in seconds since 1970; None while it is not kept."""
        times = self._keeper.times(self._read())
        return None if times is None else times[0]

    @property
    def last_seen(self) -> float | None:
        """When it was last used, to the minute."""
        times = self._keeper.times(self._read())
        return None if times is None else times[1]

    def login(self, user: str) -> None:
        """From here on it is this user's; the id is new, so that nobody who knew the old one is logged in with him.

        What a visitor put into it before stays. What another user did is his: that session ends (CWE-488).
        """
        user = word("session.login", user)
        if not user:
            raise ConfigurationError("session.login", user, "is empty", "give the user's id as a text")
        name = user.encode("utf-8")
        if self._read().get(USER, name) != name:
            self.logout()
        self.rotate(grace=False)
        self._change()[USER] = name

    def rotate(self, *, grace: bool = True) -> None:
        """The same data under a new id: after a change of privileges. Raises LateSessionError after the header left.

        With `grace`, requests that were under way with the old id still see the session. Without it they do not:
        for applications that keep who is logged in under a key of their own (`login` does so by itself), since the
        old id may have been planted (CWE-384).
        """
        self._read()
        if self.exchange.sent:
            raise LateSessionError("a session gets its new id with the response's header, and that has left already")
        self._change()
        self.renewed = True
        self.alone = self.alone or not grace

    def logout(self) -> None:
        """Destroy it, here and wherever it is kept."""
        self._read()
        self._change()
        self._fields, self._values = {}, {}
        self.dropped, self.renewed, self.alone = True, False, False
        self._late()

    def clear(self) -> None:
        """Take everything away: a session with a user ends, as by `logout`, which is what many mean by this."""
        if USER in self._read():
            self.logout()
        for key in list(self):
            del self[key]

    # For its keeper.

    @property
    def opened(self) -> bool:
        """Whether anybody looked into it."""
        return self._fields is not None

    @property
    def socket_check(self) -> float:
        """See `Sessions.socket_check`."""
        return self._keeper.socket_check

    async def ended(self) -> bool:
        """Whether it is gone by now: logged out elsewhere, revoked, or over."""
        return await self._keeper.ended(self)

    def field(self, name: str) -> bytes | None:
        """A field of its keeper's."""
        return self._read().get(name)

    def ahead(self, fields: Fields | None) -> None:
        """Take its fields before anybody asks; the response does not depend on it yet."""
        self._take(fields)

    def pending(self) -> dict[str, bytes] | None:
        """All fields as they are to be kept: values that were taken out may have been changed in place. None where
        nothing can have changed, so that nothing has to be compared."""
        if self._fields is None or not (self._altered or self._values):
            return None
        fields = {**self._fields}
        for key, value in self._values.items():
            fields[VALUE + key] = encode(value, key)
        return fields

    def encoded(self) -> dict[str, bytes]:
        """All fields as they are by now."""
        return self.pending() or {**(self._fields or NOTHING)}

    def _take(self, fields: Fields | None) -> None:
        self.before = self._fields = fields or NOTHING
        self._values = {}

    def _read(self) -> Fields:
        fields = self._fields
        if fields is None:
            self.before = self._fields = fields = self._keeper.read(self) or NOTHING
            self._values = {}
        if not self._open:  # the response depends on it from here on; only what may have to be written is attended to
            self._open = self.exchange.personal = True
            if self.aging:
                self._attend()
        return fields

    def _change(self) -> dict[str, bytes]:
        """Its fields, to be changed."""
        # As `_read` and `_attend`, written out: every change goes by here.
        fields, ex = self._fields, self.exchange
        if fields is None:
            self.before = self._fields = fields = self._keeper.read(self) or NOTHING
            self._values = {}
        self._open = ex.personal = True
        if ex.sent:
            self._keeper.changed(self)
        self._altered = True
        if not self._attended:
            self._attended = True
            if not ex.sent:
                finish = MethodType(self._finish, self)
                ex.deferred = (*ex.deferred, finish) if ex.deferred else (finish,)
        if fields is self.before:
            fields = self._fields = {**fields}
        return fields  # type: ignore[return-value]

    def _attend(self) -> None:
        if not self._attended:
            self._attended, ex = True, self.exchange
            if not ex.sent:
                finish = MethodType(self._finish, self)
                ex.deferred = (*ex.deferred, finish) if ex.deferred else (finish,)

    def _late(self) -> None:
        """In a stream or a WebSocket, where no header follows that it could be written before."""
        if self.exchange.sent:
            self._keeper.late(self)
            self.before = self.encoded()


stamp: Callable[[float], bytes] = msgspec.json.Encoder().encode
"""A time as a field: as JSON has it, which takes a quarter of what the language's own formats take."""
moment: Callable[[bytes], float] = msgspec.json.Decoder(float).decode
"""The time again. Raises ValueError for what is no number."""


def kept_by(keeper: Keeper) -> Callable[[], Session]:
    """Makes sessions of this keeper. Each request gets one, and the fewest look into it: making one sets nothing."""

    class Kept(Session):
        _keeper = keeper
        _finish = keeper.finish  # bound to the keeper already

    Kept.__name__ = Kept.__qualname__ = Session.__name__  # what errors call it
    return Kept
