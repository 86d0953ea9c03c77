"""Connections to PostgreSQL by psycopg 3: opened when needed, used again, bounded in number and in time.

A pool of our own, because a store's calls are single statements: nothing has to be reset between them, a server that
is away is an error at once, and no thread or task works in the background. A connection belongs to one process and,
if it waits, to one event loop.
"""

from __future__ import annotations

import asyncio
import os
import select
from collections import deque
from math import inf
from threading import BoundedSemaphore, Lock
from time import monotonic
from typing import Any, Protocol, TypeVar

import psycopg
from psycopg import errors, waiting
from psycopg.abc import PQGen

from hauberk.core.errors import StoreError
from hauberk.core.plan import run_inline
from hauberk.stores import postgres_schema as sql
from hauberk.stores.addresses import Server

T = TypeVar("T")
Rows = list[tuple[Any, ...]]
MIGRATING = 60.0
"""Seconds that bringing the tables up to date may take, for the one process that does it."""


class Line(Protocol):
    """How a store talks to its database."""

    async def rows(self, query: str, values: Any, *, again: bool = False) -> Rows:
        """What one statement answers. `again` where it changes nothing, so that it may be sent twice."""

    async def close(self) -> None:
        """Close the connections."""


class WaitingConnection(psycopg.AsyncConnection[tuple[Any, ...]]):
    """One whose statements end at a given time, even if the server never answers."""

    until = inf

    async def wait(self, gen: PQGen[T], interval: float = 0.1, timeout: float | None = None) -> T:  # noqa: ASYNC109 - theirs
        """Wait for the server, and not for a cancelled statement to end: such a connection is closed."""
        return await waiting.wait_async(_bounded(gen, self.until), self.pgconn.socket, interval=_left(self.until))


class BlockingConnection(psycopg.Connection[tuple[Any, ...]]):
    """The same for threads."""

    until = inf

    def wait(self, gen: PQGen[T], interval: float = 0.1, timeout: float | None = None) -> T:
        """Wait for the server."""
        return waiting.wait(_bounded(gen, self.until), self.pgconn.socket, interval=_left(self.until))


def _left(until: float) -> float:
    return 1.0 if until == inf else max(0.001, until - monotonic())


def _bounded(gen: PQGen[T], until: float) -> PQGen[T]:
    """The same steps of a statement; TimeoutError when one has still to be waited for after that time."""
    try:
        wanted = next(gen)
        while True:
            ready = yield wanted
            # A nought says that the waiting was over first; it counts in whole milliseconds.
            if not ready and monotonic() > until - 0.005:
                raise TimeoutError
            wanted = gen.send(ready)
    except StopIteration as end:
        result: T = end.value
        return result


class WaitingLine:
    """Connections of event loops."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._pools: dict[Any, tuple[int, _WaitingPool]] = {}

    async def rows(self, query: str, values: Any, *, again: bool = False) -> Rows:
        """See `Line.rows`."""
        known = self._pools.get(asyncio.get_running_loop())
        pool = known[1] if known is not None and known[0] == os.getpid() else self._pool()
        try:
            try:
                return await pool.rows(query, values)
            except psycopg.OperationalError as error:
                if not again or _late(error):
                    raise
                return await pool.rows(query, values)
        except (psycopg.Error, TimeoutError, OSError) as error:
            raise failure(self._server, error) from error

    async def close(self) -> None:
        """See `Line.close`: those of this event loop."""
        known = self._pools.pop(asyncio.get_running_loop(), None)
        if known is not None and known[0] == os.getpid():
            known[1].drop()

    def _pool(self) -> _WaitingPool:
        for loop in [loop for loop in list(self._pools) if loop.is_closed()]:
            left = self._pools.pop(loop, None)  # other threads clear up as well
            if left is not None and left[0] == os.getpid():
                left[1].drop()
        pool = _WaitingPool(self._server)
        self._pools[asyncio.get_running_loop()] = (os.getpid(), pool)
        return pool


class _WaitingPool:
    """The connections of one event loop."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._idle: deque[WaitingConnection] = deque()
        self._room = asyncio.Semaphore(server.connections)
        self._migration = asyncio.Lock()
        self._current = False

    async def rows(self, query: str, values: Any) -> Rows:
        """Run one statement on a connection that nobody else uses meanwhile."""
        until = monotonic() + self._server.timeout
        async with asyncio.timeout(self._server.timeout):
            await self._room.acquire()
        try:
            connection = self._take() or await self._open()
            try:
                connection.until = until
                cursor = await connection.execute(query, values, binary=True)
                rows = await cursor.fetchall() if cursor.description else []
            except BaseException:
                run_inline(connection.close())  # which sends its farewell and does not wait
                raise
            self._idle.append(connection)
            return rows
        finally:
            self._room.release()

    def drop(self) -> None:
        """Close them all, whether their loop still runs or not."""
        while self._idle:
            run_inline(self._idle.pop().close())

    def _take(self) -> WaitingConnection | None:
        while self._idle:
            connection = self._idle.pop()
            if not _broken(connection.pgconn):
                return connection
            run_inline(connection.close())
        return None

    async def _open(self) -> WaitingConnection:
        async with asyncio.timeout(max(2.0, self._server.timeout)):
            connection = await WaitingConnection.connect(**options(self._server))
        try:
            if not self._current:
                async with self._migration:
                    await self._migrate(connection)
                self._current = True
        except BaseException:
            run_inline(connection.close())
            raise
        return connection

    async def _migrate(self, connection: WaitingConnection) -> None:
        connection.until = monotonic() + self._server.timeout
        if await self._version(connection) == sql.VERSION:
            return
        await connection.execute("BEGIN")
        await connection.execute("SELECT pg_advisory_xact_lock(%s)", (sql.LOCK,))
        statements = migration(self._server, await self._version(connection))
        connection.until = monotonic() + MIGRATING
        for statement in (*statements, "COMMIT"):
            await connection.execute(statement.encode())

    @staticmethod
    async def _version(connection: WaitingConnection) -> int:
        row = await (await connection.execute(sql.TABLE)).fetchone()
        if row is None or row[0] is None:
            return 0
        row = await (await connection.execute(sql.INSTALLED)).fetchone()
        return int(row[0]) if row else 0


class BlockingLine:
    """The connections of all threads of a process; its calls block, and never suspend."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._lock = Lock()
        self._pool: _BlockingPool | None = None

    async def rows(self, query: str, values: Any, *, again: bool = False) -> Rows:
        """See `Line.rows`."""
        pool = self._pool
        if pool is None or pool.process != os.getpid():
            pool = self._made()
        try:
            try:
                return pool.rows(query, values)
            except psycopg.OperationalError as error:
                if not again or _late(error):
                    raise
                return pool.rows(query, values)
        except (psycopg.Error, TimeoutError, OSError) as error:
            raise failure(self._server, error) from error

    async def close(self) -> None:
        """See `Line.close`."""
        pool, self._pool = self._pool, None
        if pool is not None and pool.process == os.getpid():
            pool.drop()

    def _made(self) -> _BlockingPool:
        with self._lock:
            if self._pool is None or self._pool.process != os.getpid():
                self._pool = _BlockingPool(self._server)
            return self._pool


class _BlockingPool:
    """The connections of one process."""

    def __init__(self, server: Server) -> None:
        self.process = os.getpid()
        self._server = server
        self._idle: deque[BlockingConnection] = deque()
        self._room = BoundedSemaphore(server.connections)
        self._migration = Lock()
        self._current = False

    def rows(self, query: str, values: Any) -> Rows:
        """Run one statement on a connection that nobody else uses meanwhile."""
        until = monotonic() + self._server.timeout
        if not self._room.acquire(timeout=self._server.timeout):
            raise TimeoutError
        try:
            connection = self._take() or self._open()
            try:
                connection.until = until
                cursor = connection.execute(query, values, binary=True)
                rows = cursor.fetchall() if cursor.description else []
            except BaseException:
                connection.close()
                raise
            self._idle.append(connection)
            return rows
        finally:
            self._room.release()

    def drop(self) -> None:
        """Close them all."""
        while self._idle:
            self._idle.pop().close()

    def _take(self) -> BlockingConnection | None:
        while True:
            try:
                connection = self._idle.pop()
            except IndexError:
                return None
            if not _broken(connection.pgconn):
                return connection
            connection.close()

    def _open(self) -> BlockingConnection:
        connection = BlockingConnection.connect(**options(self._server))
        try:
            if not self._current:
                with self._migration:
                    self._migrate(connection)
                self._current = True
        except BaseException:
            connection.close()
            raise
        return connection

    def _migrate(self, connection: BlockingConnection) -> None:
        connection.until = monotonic() + self._server.timeout
        if self._version(connection) == sql.VERSION:
            return
        connection.execute("BEGIN")
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (sql.LOCK,))
        statements = migration(self._server, self._version(connection))
        connection.until = monotonic() + MIGRATING
        for statement in (*statements, "COMMIT"):
            connection.execute(statement.encode())

    @staticmethod
    def _version(connection: BlockingConnection) -> int:
        row = connection.execute(sql.TABLE).fetchone()
        if row is None or row[0] is None:
            return 0
        row = connection.execute(sql.INSTALLED).fetchone()
        return int(row[0]) if row else 0


def migration(server: Server, version: int) -> list[str]:
    """The statements that lead from this version to ours."""
    if version > sql.VERSION:
        problem = f"is of schema {version}, and this hauberk knows {sql.VERSION}: upgrade it"
        raise StoreError(server.shown, "corrupt", problem)
    unlogged = "UNLOGGED" if server.unlogged else ""
    steps = sql.MIGRATIONS[version:]
    statements = [statement.replace("{unlogged}", unlogged) for step in steps for statement in step]
    return ["SET LOCAL statement_timeout = 0", *statements, *([sql.INSTALL] if steps else [])]


def options(server: Server) -> dict[str, Any]:
    """What a connection is opened with."""
    milliseconds = int(server.timeout * 1000)
    own: dict[str, Any] = {
        "autocommit": True,  # a statement is a transaction: no round trips to begin and to end one
        "connect_timeout": max(2, round(server.timeout)),
        "prepare_threshold": None if server.pgbouncer else 2,
        "application_name": "hauberk",
    }
    if not server.pgbouncer:
        # What we no longer wait for, the server need not finish.
        own["options"] = f"-c statement_timeout={milliseconds} -c lock_timeout={milliseconds}"
    return own | dict(server.parameters)


def failure(server: Server, error: Exception) -> StoreError:
    """An error of the library, of the server or of a socket as ours."""
    if _late(error):
        return StoreError(server.shown, "timeout", f"no answer within {server.timeout:g} s")
    text = str(error).strip().partition("\n")[0] or type(error).__name__
    # An error while connecting has no code, only its text.
    slots = "too many connections" in text or "connection slots" in text
    if slots or isinstance(error, errors.DiskFull | errors.OutOfMemory | errors.TooManyConnections):
        return StoreError(server.shown, "full", text)
    if isinstance(error, errors.DataCorrupted | errors.IndexCorrupted):
        return StoreError(server.shown, "corrupt", text)
    return StoreError(server.shown, "unavailable", text)


def _late(error: Exception) -> bool:
    return isinstance(error, TimeoutError | errors.QueryCanceled | errors.LockNotAvailable | errors.ConnectionTimeout)


def _broken(connection: Any) -> bool:
    """Whether the server has said something unasked to an idle connection: that it closes it."""
    if connection.status != psycopg.pq.ConnStatus.OK:
        return True
    if not hasattr(select, "poll"):
        return bool(select.select([connection.socket], [], [], 0)[0])
    poll = select.poll()
    poll.register(connection.socket, select.POLLIN)
    return bool(poll.poll(0))
