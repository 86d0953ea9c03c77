"""`postgresql://`: for teams that have one anyway. One statement a call.

By the library psycopg 3: one API for waiting and blocking, and a pool that needs no second round trip to clean up.
"""

from __future__ import annotations

import asyncio
import os
from base64 import b64decode, b64encode
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from math import inf
from typing import Any, Self
from weakref import WeakKeyDictionary

from hauberk.core.errors import MissingExtraError, StoreError
from hauberk.core.store import Limit, Room, Store
from hauberk.stores import postgres_schema as sql
from hauberk.stores.gcra import room

SWEEP_EVERY = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Where the database is, and how long it may take."""

    url: str
    """As libpq takes it, password included; never shown."""
    shown: str
    """The same without a password."""
    timeout: float = 2.0
    """Seconds for one call, waiting for a connection included."""
    connections: int = 32
    """At most so many at once, in each process."""
    unlogged: bool = False
    """Whether the table is left out of the write-ahead log: faster, and empty after a crash of the server."""
    pgbouncer: bool = False
    """Whether a pooler stands between, which cannot keep prepared statements."""


class PostgresStore(Store):
    """Everything in one table, by the clock of the database."""

    waits = True
    shared = True

    def __init__(self, server: Server) -> None:
        self._server = server
        self._pools: WeakKeyDictionary[Any, tuple[int, Any]] = WeakKeyDictionary()
        self._writes = 0

    def __repr__(self) -> str:
        return self._server.shown

    def blocking(self) -> Store:
        """The same database by connections that block, for WSGI."""
        return BlockingPostgresStore(self._server)

    async def get(self, key: str) -> bytes | None:
        """See `Store.get`."""
        row = await self._one(sql.GET, (key,))
        return None if row is None or row[0] is None else bytes(row[0])

    async def set(self, key: str, value: bytes, ttl: float) -> None:
        """See `Store.set`."""
        await self._one(sql.SET, (key, ttl, value), writes=True)

    async def add(self, key: str, value: bytes, ttl: float) -> bool:
        """See `Store.add`."""
        return await self._one(sql.ADD, (key, ttl, value), writes=True) is not None

    async def delete(self, key: str) -> bool:
        """See `Store.delete`."""
        return await self._one(sql.DELETE, {"key": key}, writes=True) is not None

    async def touch(self, key: str, ttl: float) -> bool:
        """See `Store.touch`."""
        return await self._one(sql.TOUCH, {"key": key, "ttl": ttl}, writes=True) is not None

    async def increment(self, key: str, amount: int, ttl: float) -> int:
        """See `Store.increment`."""
        row = await self._one(sql.INCREMENT, {"key": key, "ttl": ttl, "amount": amount}, writes=True)
        return int(row[0])

    async def load(self, key: str) -> dict[str, bytes] | None:
        """See `Store.load`."""
        row = await self._one(sql.LOAD, (key,))
        return None if row is None or row[0] is None else {n: b64decode(v) for n, v in row[0].items()}

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
        values = {
            "key": key,
            "ttl": ttl,
            "fields": _driver("psycopg.types.json").Jsonb({n: b64encode(v).decode() for n, v in fields.items()}),
            "remove": list(remove),
            "filed": index,
        }
        # A record that is there is the usual case even where one may be made; the new one is another statement.
        if not create:
            return await self._one(sql.SAVE, values, writes=True) is not None
        return await self._one(sql.CREATE, values, writes=True) is not None

    async def rotate(self, old: str, new: str, *, ttl: float, grace: float, index: str | None = None) -> bool:
        """See `Store.rotate`."""
        values = {"old": old, "new": new, "ttl": ttl, "grace": grace, "filed": index}
        return await self._one(sql.ROTATE, values, writes=True) is not None

    async def members(self, index: str) -> list[str]:
        """See `Store.members`."""
        return [row[0] for row in await self._all(sql.MEMBERS, (index,))]

    async def forget(self, index: str) -> int:
        """See `Store.forget`."""
        return len(await self._all(sql.FORGET, (index,)))

    async def hit(self, limits: Sequence[Limit]) -> list[Room]:
        """See `Store.hit`."""
        columns = (
            [limit.key for limit in limits],
            [limit.interval for limit in limits],
            [float(limit.burst) for limit in limits],
            [float(limit.cost) for limit in limits],
        )
        waits, aheads = await self._one(sql.HIT, columns, writes=True)
        return [
            room(limit, ahead, inf if wait < 0 else wait if wait > 1e-6 else 0.0)
            for limit, wait, ahead in zip(limits, waits, aheads, strict=True)
        ]

    async def ping(self) -> None:
        """See `Store.ping`."""
        await self._one("SELECT 1", ())

    async def close(self) -> None:
        """See `Store.close`: the connections of this event loop."""
        known = self._pools.pop(asyncio.get_running_loop(), None)
        if known is not None and known[0] == os.getpid():
            await known[1].close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.close()

    async def _one(self, query: str, values: Any, *, writes: bool = False) -> Any:
        rows = await self._all(query, values)
        if writes:
            self._writes += 1
            if self._writes % SWEEP_EVERY == 0:
                await self._all(sql.SWEEP, ())
        return rows[0] if rows else None

    async def _all(self, query: str, values: Any) -> list[Any]:
        try:
            async with asyncio.timeout(self._server.timeout):
                pool = await self._pool()
                async with pool.connection() as connection:
                    cursor = await connection.execute(query, values)
                    return list(await cursor.fetchall()) if cursor.description else []
        except Exception as error:
            raise self._known(error) from error

    def _known(self, error: Exception) -> Exception:
        """The error as one of ours; itself, if it is none of the database's."""
        if isinstance(error, StoreError | MissingExtraError):
            return error
        errors, pool = _driver("psycopg").errors, _driver("psycopg_pool")
        if isinstance(error, TimeoutError | pool.PoolTimeout | errors.QueryCanceled | errors.LockNotAvailable):
            return StoreError(repr(self), "timeout", f"no answer within {self._server.timeout:g} s")
        if isinstance(error, errors.DiskFull | errors.OutOfMemory | errors.TooManyConnections):
            return StoreError(repr(self), "full", str(error).strip())
        if isinstance(error, errors.Error | pool.PoolClosed | OSError):
            return StoreError(repr(self), "unavailable", str(error).strip() or type(error).__name__)
        return error

    async def _pool(self) -> Any:
        loop = asyncio.get_running_loop()
        known = self._pools.get(loop)
        if known is None or known[0] != os.getpid():
            pool = _driver("psycopg_pool").AsyncConnectionPool(**self._options())
            known = self._pools[loop] = (os.getpid(), pool)
            await pool.open(wait=False)
            async with pool.connection() as connection:
                for statement in self._migration(await self._version(connection)):
                    await connection.execute(statement)
        return known[1]

    async def _version(self, connection: Any) -> int:
        await connection.execute("SELECT pg_advisory_xact_lock(%s)", (sql.LOCK,))
        cursor = await connection.execute("SELECT to_regclass('hauberk_schema')")
        if (await cursor.fetchone())[0] is None:
            return 0
        cursor = await connection.execute("SELECT max(version) FROM hauberk_schema")
        return int((await cursor.fetchone())[0] or 0)

    def _migration(self, version: int) -> list[str]:
        """The statements that lead from this version to ours."""
        if version > sql.VERSION:
            problem = f"is of schema {version}, and this hauberk knows {sql.VERSION}: upgrade it"
            raise StoreError(repr(self), "corrupt", problem)
        scripts = list(sql.MIGRATIONS[version:])
        if not scripts:
            return []
        unlogged = "UNLOGGED" if self._server.unlogged else ""
        return [script.replace("{unlogged}", unlogged) for script in scripts]

    def _options(self) -> dict[str, Any]:
        server = self._server
        milliseconds = int(server.timeout * 1000)
        return {
            "conninfo": server.url,
            "min_size": 0,
            "max_size": server.connections,
            "timeout": server.timeout,
            "open": False,
            "kwargs": {
                "connect_timeout": max(2, round(server.timeout)),
                "prepare_threshold": None if server.pgbouncer else 5,
                "options": f"-c statement_timeout={milliseconds} -c lock_timeout={milliseconds}",
            },
        }


class BlockingPostgresStore(PostgresStore):
    """The same by calls that block until the answer is there, and never suspend."""

    waits = False

    def __init__(self, server: Server) -> None:
        super().__init__(server)
        self._own: tuple[int, Any] | None = None

    def blocking(self) -> Store:
        """Itself."""
        return self

    async def close(self) -> None:
        """See `Store.close`."""
        known, self._own = self._own, None
        if known is not None and known[0] == os.getpid():
            known[1].close()

    async def _all(self, query: str, values: Any) -> list[Any]:
        try:
            with self._opened().connection() as connection:
                cursor = connection.execute(query, values)
                return list(cursor.fetchall()) if cursor.description else []
        except Exception as error:
            raise self._known(error) from error

    def _opened(self) -> Any:
        if self._own is None or self._own[0] != os.getpid():
            pool = _driver("psycopg_pool").ConnectionPool(**self._options())
            pool.open(wait=False)
            self._own = (os.getpid(), pool)
            with pool.connection() as connection:
                for statement in self._migration(self._version_now(connection)):
                    connection.execute(statement)
        return self._own[1]

    @staticmethod
    def _version_now(connection: Any) -> int:
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (sql.LOCK,))
        if connection.execute("SELECT to_regclass('hauberk_schema')").fetchone()[0] is None:
            return 0
        return int(connection.execute("SELECT max(version) FROM hauberk_schema").fetchone()[0] or 0)


def _driver(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError as error:
        raise MissingExtraError(name.partition(".")[0], "postgres", "A store in PostgreSQL") from error
