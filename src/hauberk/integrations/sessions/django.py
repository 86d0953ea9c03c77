"""Django's sessions in two ways: an engine for Django's own middleware, and the policy's as `request.session`."""

from __future__ import annotations

from collections.abc import Generator, Iterator, MutableMapping
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import CreateError, SessionBase, UpdateError

from hauberk.core.plan import run_inline
from hauberk.core.store import Store
from hauberk.integrations.sessions.django_store import EXPIRY, kept
from hauberk.shield.sessions.identity import handle, is_token, new_token, record, user_index
from hauberk.shield.sessions.session import CREATED, ENDS, HEIRS, SEEN, USER, VALUE, Fields, Session, stamp
from hauberk.shield.sessions.values import decode, encode


class SessionStore(SessionBase):  # type: ignore[misc]  # Django comes without types
    """`SESSION_ENGINE = "hauberk.django.sessions"`, kept where `HAUBERK_SESSIONS = Sessions(store=...)` says.

    Ids are 256 random bits, of which the store has the hash; an id that the store does not know is never taken over.
    Changes are merged by key, those in place are seen, and what was ended stays ended.
    """

    def __init__(self, session_key: str | None = None) -> None:
        self._changed = self._renamed = False
        self._old: str | None = None
        """The id that it had before `cycle_key`, until it is saved."""
        self._before: Fields = {}
        """As it was read."""
        self._session_key: str | None
        self._session_cache: dict[str, Any]
        super().__init__(session_key)

    def _validate_session_key(self, key: str | None) -> bool:
        return isinstance(key, str) and is_token(key)

    @property
    def modified(self) -> bool:
        """Whether it is to be saved: something was changed, even in place, or its use is to be written down."""
        if self._changed:
            return True
        data = self.__dict__.get("_session_cache")
        if data is None:
            return False
        return bool(self._before) and (kept().stale(self._before) or self._encoded(data) != self._values(self._before))

    @modified.setter
    def modified(self, changed: bool) -> None:
        self._changed = changed

    def __setitem__(self, key: str, value: Any) -> None:
        encode(value, key)  # so that what cannot be kept is an error here, and not when the response leaves
        super().__setitem__(key, value)

    async def aset(self, key: str, value: Any) -> None:
        """`session[key] = value`."""
        encode(value, key)
        (await self._aget_session())[key] = value
        self.modified = True

    # What Django asks of an engine, with and without waiting.

    def load(self) -> dict[str, Any]:
        """What is in it; nothing where the store does not know the id, which is forgotten then."""
        return run_inline(self._load(kept().blocking))

    async def aload(self) -> dict[str, Any]:
        """See `load`."""
        return await self._load(kept().store)

    def exists(self, session_key: str) -> bool:
        """Whether there is a session of this id."""
        return run_inline(self._exists(kept().blocking, session_key))

    async def aexists(self, session_key: str) -> bool:
        """See `exists`."""
        return await self._exists(kept().store, session_key)

    def create(self) -> None:
        """Begin an empty one, and keep it."""
        self._begin()
        self.save(must_create=True)
        self.modified = True

    async def acreate(self) -> None:
        """See `create`."""
        self._begin()
        await self.asave(must_create=True)
        self.modified = True

    def save(self, must_create: bool = False) -> None:
        """Write what has changed. Raises UpdateError if it was ended meanwhile."""
        run_inline(self._save(kept().blocking, must_create, self._get_session(no_load=must_create)))

    async def asave(self, must_create: bool = False) -> None:
        """See `save`."""
        await self._save(kept().store, must_create, await self._aget_session(no_load=must_create))

    def delete(self, session_key: str | None = None) -> None:
        """End it, or the one of that id."""
        run_inline(self._delete(kept().blocking, session_key))

    async def adelete(self, session_key: str | None = None) -> None:
        """See `delete`."""
        await self._delete(kept().store, session_key)

    def cycle_key(self) -> None:
        """The same data under a new id from the next save on; the old one is worth nothing then (CWE-384)."""
        self._get_session()
        self._cycle()

    async def acycle_key(self) -> None:
        """See `cycle_key`."""
        await self._aget_session()
        self._cycle()

    def flush(self) -> None:
        """End it, here and in the store."""
        super().flush()
        self._forget()

    async def aflush(self) -> None:
        """See `flush`."""
        self.clear()
        await self.adelete()
        self._session_key = None
        self._forget()

    @classmethod
    def clear_expired(cls) -> None:
        """Nothing: every store lets go of what is over by itself."""

    @classmethod
    async def aclear_expired(cls) -> None:
        """See `clear_expired`."""

    # How.

    async def _load(self, store: Store) -> dict[str, Any]:
        token = self.session_key
        fields = None if token is None else await store.load(record(handle(token)))
        if token is None or not kept().alive(fields, token):
            self._session_key = None
            return {}
        self._before = fields or {}
        return {name[len(VALUE) :]: decode(raw) for name, raw in self._before.items() if name.startswith(VALUE)}

    async def _exists(self, store: Store, token: str) -> bool:
        return is_token(token) and kept().alive(await store.load(record(handle(token))), token)

    async def _save(self, store: Store, must_create: bool, data: dict[str, Any]) -> None:
        now, before, token = kept().clock(), self._before, self.session_key
        values = self._encoded(data)
        if must_create or token is None:
            await self._save_new(store, values, now)
            return
        fields: dict[str, bytes] = {**{name: before[name] for name in before if not name.startswith(VALUE)}, **values}
        user, (old, self._old) = self._user(data), (self._old, None)
        if old is not None:
            fields[HEIRS] = handle(token).encode("ascii")
        fields.pop(USER, None)
        if user is not None:
            fields[USER] = user.encode()
        changed = {name: raw for name, raw in fields.items() if before.get(name) != raw}
        removed = [name for name in before if name not in fields]
        changed[SEEN] = stamp(now)
        index = user_index(user) if user is not None and USER in changed else None
        ttl, name = self._ttl(fields, data), record(handle(token))
        if old is None:
            done = await store.save(name, changed, ttl=ttl, remove=removed, index=index)
        else:
            done = await store.rotate(
                record(handle(old)), name, ttl=ttl, grace=1.0, fields=changed, remove=removed, index=index
            )
        if not done:
            raise UpdateError
        self._saved({**fields, **changed}, renamed=old is not None)

    async def _save_new(self, store: Store, values: dict[str, bytes], now: float) -> None:
        """Under an id of our own, whatever the client sent."""
        token, user = new_token(), self._user(self._session_cache)
        fields = values | {CREATED: stamp(now), SEEN: stamp(now)}
        if kept().absolute:
            fields[ENDS] = stamp(now + kept().absolute)
        if user is not None:
            fields[USER] = user.encode()
        index = None if user is None else user_index(user)
        ttl = self._ttl(fields, self._session_cache)
        if not await store.save(record(handle(token)), fields, ttl=ttl, create=True, index=index):
            raise CreateError
        self._session_key, self._old = token, None
        self._saved(fields, renamed=True)

    async def _delete(self, store: Store, token: str | None) -> None:
        for ended in (token,) if token is not None else (self.session_key, self._old):
            if ended is not None and is_token(ended):
                await store.delete(record(handle(ended)))

    def _begin(self) -> None:
        self._session_key, self._old, self._before, self._session_cache = None, None, {}, {}

    def _cycle(self) -> None:
        if self.session_key is not None:
            self._old = self._old or self.session_key
            self._session_key = new_token()
        self.modified = True

    def _forget(self) -> None:
        self._old, self._before = None, {}

    def _saved(self, fields: Fields, *, renamed: bool) -> None:
        # Under a new id it goes on counting as changed: Django's middleware then sends the cookie.
        self._renamed = self._renamed or renamed
        self._before, self._changed = fields, self._renamed

    def _ttl(self, fields: Fields, data: dict[str, Any]) -> float:
        own = data.get(EXPIRY)
        return kept().left(fields, float(self.get_expiry_age(expiry=own)) if own else kept().idle)

    @staticmethod
    def _user(data: dict[str, Any]) -> str | None:
        user = data.get(SESSION_KEY)
        return None if user is None else str(user)

    @staticmethod
    def _encoded(data: dict[str, Any]) -> dict[str, bytes]:
        return {VALUE + key: encode(value, key) for key, value in data.items()}

    @staticmethod
    def _values(fields: Fields) -> dict[str, bytes]:
        return {name: raw for name, raw in fields.items() if name.startswith(VALUE)}

    def get_session_cookie_age(self) -> int:
        """How long the browser keeps the cookie; the server decides when it is over."""
        return int(kept().absolute or kept().idle)


_SESSIONS_OWN = frozenset({"user", "id", "created", "last_seen", "binding", "login", "logout", "rotate"})


class PolicySession(SessionBase):  # type: ignore[misc]  # Django comes without types
    """`request.session` where the policy keeps sessions: the same one that `hauberk.session(request)` gives.

    It reads and writes itself; there is nothing to save. `session_key` is its name in lists and logs. What Django's
    sessions have not, such as `user` and `login`, is as in a `Session`.
    """

    def __init__(self, session: Session) -> None:
        self._held = session
        self.accessed = self.modified = False

    def _mapping(self, no_load: bool = False) -> MutableMapping[str, Any]:
        return self._held

    async def _aget_session(self, no_load: bool = False) -> MutableMapping[str, Any]:
        return await self._held

    _session = property(_mapping)

    def __setitem__(self, key: str, value: Any) -> None:
        if key == SESSION_KEY:
            self._held.login(str(value))  # so that it is listed among the user's, and has a new id
        self._held[key] = value

    async def aset(self, key: str, value: Any) -> None:
        """`session[key] = value`."""
        await self._held
        self[key] = value

    def __iter__(self) -> Iterator[str]:
        return iter(self._held)

    def __len__(self) -> int:
        return len(self._held)

    def __bool__(self) -> bool:
        return True  # as any of Django's: code asks so whether there are sessions at all

    def __await__(self) -> Generator[Any, Any, Session]:
        return self._held.__await__()

    def __getattr__(self, name: str) -> Any:
        if name in _SESSIONS_OWN:
            return getattr(self._held, name)
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}", name=name, obj=self)

    @property
    def session_key(self) -> str | None:
        """Its name; None while it is not kept."""
        return self._held.id

    def is_empty(self) -> bool:
        """Whether there is none."""
        return not self._held and self._held.id is None

    def clear(self) -> None:
        """Take all values away."""
        self._held.clear()

    def flush(self) -> None:
        """End it."""
        self._held.logout()

    async def aflush(self) -> None:
        """See `flush`."""
        await self._held
        self._held.logout()

    def cycle_key(self) -> None:
        """A new id; the old one is worth nothing."""
        self._held.rotate(grace=False)

    async def acycle_key(self) -> None:
        """See `cycle_key`."""
        await self._held
        self._held.rotate(grace=False)

    def exists(self, session_key: str) -> bool:
        """Whether that is its name."""
        return session_key == self._held.id

    def save(self, must_create: bool = False) -> None:
        """Nothing: it is written before the header leaves."""

    create = load = save

    def delete(self, session_key: str | None = None) -> None:
        """End it."""
        if session_key is None or self.exists(session_key):
            self._held.logout()

    @classmethod
    def clear_expired(cls) -> None:
        """Nothing: every store lets go of what is over by itself."""
