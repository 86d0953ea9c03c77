"""`sqlite:///path`: the embedded default. One file, several processes, survives restarts and kill -9."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from time import time
from typing import Any, Self

import msgspec

from hauberk.core.errors import StoreError
from hauberk.core.store import NOTHING, Count, Limit, Room, Store
from hauberk.stores.gcra import decide
from hauberk.stores.position import number
from hauberk.stores.sqlite_schema import MIGRATIONS, VERSION

SWEEP_EVERY = 32
SWEPT_AT_ONCE = 64
"""Expired rows that one write may take away with it: more than 32 writes make, and few enough to wait for."""
_FIELDS = msgspec.msgpack.Decoder(dict[str, bytes])


class SQLiteStore(Store):
    """SQLite in WAL mode, used inline: a read costs about as much as a dictionary of Python's does several times.

    There is one connection for each thread of each process, opened when it is first used there, so that forking is
    safe. A write is on the disk when the operating system says so (`synchronous=NORMAL`): what was acknowledged
    survives kill -9 of the process; at a power failure the last moments may be lost, and nothing is torn.
    """

    waits = False
    shared = True

    def __init__(self, path: str, *, timeout: float = 2.0, clock: Callable[[], float] = time) -> None:
        self.path, self._timeout, self._clock = path, timeout, clock
        self._local = threading.local()
        self._writes = 0

    def __repr__(self) -> str:
        return f"sqlite:///{self.path}"

    def blocking(self) -> Store:
        """Itself: it never waits."""
        return self

    async def get(self, key: str) -> bytes | None:
        """See `Store.get`."""
        row = self._one("SELECT value FROM hauberk_entries WHERE key = ? AND ends > ?", key, self._clock())
        return row[0] if row else None

    async def set(self, key: str, value: bytes, ttl: float) -> None:
        """See `Store.set`."""
        with self._writing() as connection:
            self._put(connection, key, ends=self._clock() + ttl, value=value)

    async def add(self, key: str, value: bytes, ttl: float) -> bool:
        """See `Store.add`."""
        with self._writing() as connection:
            if self._live(connection, key, "1"):
                return False
            self._put(connection, key, ends=self._clock() + ttl, value=value)
            return True

    async def delete(self, key: str) -> bool:
        """See `Store.delete`."""
        with self._writing() as connection:
            gone, name = False, key
            while (row := self._live(connection, name, "leads_to")) is not None:
                connection.execute("DELETE FROM hauberk_entries WHERE key = ?", (name,))
                gone = True
                if row[0] is None:
                    break
                name = row[0]
            return gone

    async def touch(self, key: str, ttl: float) -> bool:
        """See `Store.touch`."""
        now = self._clock()
        with self._writing() as connection:
            done = connection.execute(
                "UPDATE hauberk_entries SET ends = ? WHERE key = coalesce("
                "(SELECT leads_to FROM hauberk_entries WHERE key = ? AND ends > ?), ?) AND ends > ?",
                (now + ttl, key, now, key, now),
            )
            return done.rowcount > 0

    async def increment(self, key: str, amount: int, ttl: float) -> int:
        """See `Store.increment`."""
        now = self._clock()
        with self._writing() as connection:
            (total,) = connection.execute(
                "INSERT INTO hauberk_entries (key, ends, number) VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET "
                "number = CASE WHEN ends > ? THEN coalesce(number, 0) + excluded.number ELSE excluded.number END, "
                "ends = CASE WHEN ends > ? THEN ends ELSE excluded.ends END RETURNING number",
                (key, now + ttl, amount, now, now),
            ).fetchone()
            return int(total)

    async def load(self, key: str) -> dict[str, bytes] | None:
        """See `Store.load`."""
        now = self._clock()
        row = self._one(
            "SELECT coalesce(new.fields, old.fields) FROM hauberk_entries old LEFT JOIN hauberk_entries new "
            "ON new.key = old.leads_to AND new.ends > ? WHERE old.key = ? AND old.ends > ?",
            now,
            key,
            now,
        )
        return None if row is None or row[0] is None else self._fields(row[0])

    async def save(
        self,
        key: str,
        fields: Mapping[str, bytes],
        *,
        ttl: float,
        remove: Collection[str] = (),
        create: bool = False,
        index: str | None = None,
    ) -> bool:
        """See `Store.save`."""
        with self._writing() as connection:
            row = self._live(connection, key, "fields, filed, leads_to")
            if row and row[2]:
                key, row = row[2], self._live(connection, row[2], "fields, filed, leads_to")
            if (row is None or row[0] is None) and not create:
                return False
            packed = self._merged(row[0] if row else None, fields, remove)
            filed = index if index is not None else row[1] if row else None
            self._put(connection, key, ends=self._clock() + ttl, fields=packed, filed=filed)
            return True

    async def rotate(
        self,
        old: str,
        new: str,
        *,
        ttl: float,
        grace: float,
        fields: Mapping[str, bytes] = NOTHING,
        remove: Collection[str] = (),
        index: str | None = None,
    ) -> bool:
        """See `Store.rotate`."""
        now = self._clock()
        with self._writing() as connection:
            row = self._live(connection, old, "fields, filed")
            if row is None or row[0] is None:
                return False
            filed = index if index is not None else row[1]
            packed = self._merged(row[0], fields, remove)
            self._put(connection, new, ends=now + ttl, fields=packed, filed=filed)
            self._put(connection, old, ends=now + grace, leads_to=new)
            return True

    async def members(self, index: str) -> list[str]:
        """See `Store.members`."""
        query = "SELECT key FROM hauberk_entries WHERE filed = ? AND ends > ? ORDER BY key"
        with self._reading() as connection:
            return [row[0] for row in connection.execute(query, (index, self._clock()))]

    async def forget(self, index: str) -> int:
        """See `Store.forget`."""
        with self._writing() as connection:
            gone = connection.execute(
                "DELETE FROM hauberk_entries WHERE filed = ? AND ends > ?", (index, self._clock())
            )
            return gone.rowcount

    async def records(self, index: str) -> dict[str, dict[str, bytes]]:
        """See `Store.records`."""
        query = "SELECT key, fields FROM hauberk_entries WHERE filed = ? AND ends > ? ORDER BY key"
        with self._reading() as connection:
            return {row[0]: self._fields(row[1]) for row in connection.execute(query, (index, self._clock()))}

    async def count(self, prefix: str) -> Count:
        """See `Store.count`: a look at all keys that begin so."""
        query = (
            "SELECT count(*) FROM hauberk_entries WHERE key >= ? AND substr(key, 1, ?) = ? AND ends > ? "
            "AND fields IS NOT NULL"
        )
        return Count(int(self._one(query, prefix, len(prefix), prefix, self._clock())[0]), True)

    async def append(self, log: str, entry: bytes, *, most: int, ttl: float) -> None:
        """See `Store.append`."""
        with self._writing() as connection:
            now = self._clock()
            connection.execute("INSERT INTO hauberk_log (log, ends, entry) VALUES (?, ?, ?)", (log, now + ttl, entry))
            connection.execute(
                "DELETE FROM hauberk_log WHERE log = ? AND position <= (SELECT position FROM hauberk_log "
                "WHERE log = ? ORDER BY position DESC LIMIT 1 OFFSET ?)",
                (log, log, most),
            )

    async def read(self, log: str, *, after: str = "", most: int = 100) -> list[tuple[str, bytes]]:
        """See `Store.read`."""
        order = "ASC" if after else "DESC"
        query = (
            "SELECT position, entry FROM hauberk_log WHERE log = ? AND position > ? AND ends > ? "  # noqa: S608 - ours
            f"ORDER BY position {order} LIMIT ?"
        )
        with self._reading() as connection:
            rows = connection.execute(query, (log, number(after), self._clock(), most)).fetchall()
        return [(str(position), entry) for position, entry in (rows if after else reversed(rows))]

    async def hit(self, limits: Sequence[Limit]) -> list[Room]:
        """See `Store.hit`."""
        with self._writing() as connection:
            now = self._clock()
            rows = [self._live(connection, limit.key, "ends") for limit in limits]
            rooms, charged = decide(limits, [row[0] if row else None for row in rows], now)
            for limit, arrival in zip(limits, charged or (), strict=False):
                self._put(connection, limit.key, ends=arrival)
            return rooms

    async def ping(self) -> None:
        """See `Store.ping`."""
        self._one("SELECT 1 WHERE ? = ?", 1, 1)

    async def close(self) -> None:
        """See `Store.close`: the connection of this thread."""
        self._local.held = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.close()

    def _merged(self, packed: bytes | None, fields: Mapping[str, bytes], remove: Collection[str]) -> bytes:
        if packed is not None and not fields and not remove:
            return packed
        merged = {} if packed is None else self._fields(packed)
        merged.update(fields)
        for name in remove:
            merged.pop(name, None)
        return msgspec.msgpack.encode(merged)

    def _fields(self, packed: bytes) -> dict[str, bytes]:
        try:
            return _FIELDS.decode(packed)
        except msgspec.DecodeError as error:
            raise StoreError(repr(self), "corrupt", "a record cannot be read") from error

    def _live(self, connection: sqlite3.Connection, key: str, columns: str) -> Any:
        query = f"SELECT {columns} FROM hauberk_entries WHERE key = ? AND ends > ?"  # noqa: S608 - columns are ours
        return connection.execute(query, (key, self._clock())).fetchone()

    def _one(self, query: str, *values: Any) -> Any:
        with self._reading() as connection:
            return connection.execute(query, values).fetchone()

    def _put(self, connection: sqlite3.Connection, key: str, **columns: Any) -> None:
        names = ", ".join(columns)
        query = f"REPLACE INTO hauberk_entries (key, {names}) VALUES ({_marks([key, *columns])})"  # noqa: S608 - ours
        connection.execute(query, (key, *columns.values()))

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        try:
            yield self._connection()
        except sqlite3.Error as error:
            raise self._failed(error) from error

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        try:
            connection = self._connection()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                self._sweep(connection)
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:  # SQLite has ended it already where the disk is full
                    connection.execute("ROLLBACK")
                raise
        except sqlite3.Error as error:
            raise self._failed(error) from error

    def _sweep(self, connection: sqlite3.Connection) -> None:
        self._writes += 1
        if self._writes % SWEEP_EVERY == 0:
            for table, name in (("hauberk_entries", "key"), ("hauberk_log", "position")):
                connection.execute(
                    f"DELETE FROM {table} WHERE {name} IN (SELECT {name} FROM {table} WHERE ends <= ? LIMIT ?)",  # noqa: S608 - ours
                    (self._clock(), SWEPT_AT_ONCE),
                )

    def _connection(self) -> sqlite3.Connection:
        held: _Held | None = getattr(self._local, "held", None)
        if held is None or held.connection.process != os.getpid():
            held = self._local.held = _Held(self._open())
        return held.connection

    def _open(self) -> _Connection:
        # Nobody else on the machine is to read sessions; SQLite gives the files beside it the same permissions.
        try:
            os.close(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        except FileExistsError:
            pass
        except OSError as error:
            raise StoreError(repr(self), "unavailable", error.strerror or str(error)) from error
        connection = sqlite3.connect(
            self.path, timeout=self._timeout, isolation_level=None, check_same_thread=False, factory=_Connection
        )
        connection.process = os.getpid()
        try:
            for pragma in ("journal_mode=WAL", "synchronous=NORMAL", f"busy_timeout={int(self._timeout * 1000)}"):
                connection.execute(f"PRAGMA {pragma}")
            self._migrate(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _migrate(self, connection: sqlite3.Connection) -> None:
        """From whatever version the file is of to this one; each process may try, one does it."""
        if self._version(connection) == VERSION:
            return
        connection.execute("BEGIN IMMEDIATE")
        try:
            version = self._known_version(connection)
            for statements in MIGRATIONS[version:]:
                for statement in statements:
                    connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {VERSION}")
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")

    def _known_version(self, connection: sqlite3.Connection) -> int:
        version = self._version(connection)
        if version > VERSION:
            problem = f"is of schema {version}, and this hauberk knows {VERSION}: upgrade it"
            raise StoreError(repr(self), "corrupt", problem)
        return version

    @staticmethod
    def _version(connection: sqlite3.Connection) -> int:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])

    def _failed(self, error: sqlite3.Error) -> StoreError:
        text = str(error)
        if "locked" in text or "busy" in text:
            return StoreError(repr(self), "timeout", f"another process held it for more than {self._timeout:g} s")
        if "full" in text:
            return StoreError(repr(self), "full", text)
        if "malformed" in text or "not a database" in text:
            return StoreError(repr(self), "corrupt", text)
        return StoreError(repr(self), "unavailable", text)


class _Connection(sqlite3.Connection):
    """One that ends without a word; in a child that was forked it is neither used nor closed.

    SQLite, "How To Corrupt An SQLite Database File", section 2.6.
    """

    process = 0
    """That which opened it."""

    def end(self) -> None:
        """Nobody needs it any more."""
        if self.process == os.getpid():
            self.close()
        elif self.process:
            _INHERITED.append(self)

    __del__ = end


class _Held:
    """A thread's connection, closed when the thread ends: by itself it would wait until garbage is collected."""

    __slots__ = ("connection",)

    def __init__(self, connection: _Connection) -> None:
        self.connection = connection

    def __del__(self) -> None:
        self.connection.end()


_INHERITED: list[_Connection] = []
"""Connections of a parent process: kept, so that nothing closes them here."""


def _marks(values: Collection[object]) -> str:
    return ", ".join("?" * len(values))
