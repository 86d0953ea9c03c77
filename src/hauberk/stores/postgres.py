"""`postgresql://`: for teams that have one anyway. One statement a call, by the clock of the database."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from math import inf
from typing import TYPE_CHECKING, Any, Self

import msgspec

from hauberk.core.errors import MissingExtraError, StoreError
from hauberk.core.store import NOTHING, Count, Limit, Room, Store
from hauberk.stores import postgres_schema as sql
from hauberk.stores.addresses import Server
from hauberk.stores.gcra import room
from hauberk.stores.position import number

if TYPE_CHECKING:
    from hauberk.stores.postgres_client import Line, Rows

SWEEP_EVERY = 64
"""Writes after which at most 128 expired rows are taken away."""


class PostgresStore(Store):
    """Everything in two tables. What was acknowledged is as safe as the database's commits are.

    The values of a record are base64 in a jsonb column, because only there can the server merge them by name.
    """

    shared = True

    def __init__(self, server: Server, *, waits: bool = True) -> None:
        self.waits = waits
        self._server = server
        self._writes = 0
        self._opened: Line | None = None
        self._lines: dict[str, Line] = {}

    def __repr__(self) -> str:
        return self._server.shown

    def blocking(self) -> Store:
        """The same database by connections that block, for WSGI."""
        return PostgresStore(self._server, waits=False) if self.waits else self

    async def get(self, key: str) -> bytes | None:
        """See `Store.get`."""
        rows = await self._rows(sql.GET, (key,), again=True)
        return None if not rows or rows[0][0] is None else bytes(rows[0][0])

    async def set(self, key: str, value: bytes, ttl: float) -> None:
        """See `Store.set`."""
        await self._write(sql.SET, (key, ttl, value))

    async def add(self, key: str, value: bytes, ttl: float) -> bool:
        """See `Store.add`."""
        return bool(await self._write(sql.ADD, (key, ttl, value)))

    async def delete(self, key: str) -> bool:
        """See `Store.delete`."""
        return bool((await self._write(sql.DELETE, (key,)))[0][0])

    async def touch(self, key: str, ttl: float) -> bool:
        """See `Store.touch`."""
        return bool((await self._write(sql.TOUCH, (key, ttl)))[0][0])

    async def increment(self, key: str, amount: int, ttl: float) -> int:
        """See `Store.increment`."""
        return int((await self._write(sql.INCREMENT, {"key": key, "ttl": ttl, "amount": amount}))[0][0])

    async def load(self, key: str) -> dict[str, bytes] | None:
        """See `Store.load`."""
        rows = await self._rows(sql.LOAD, (key,), again=True)
        return None if not rows or rows[0][0] is None else _unpacked(rows[0][0])

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
        values = (key, ttl, _packed(fields), list(remove), index, create)
        return bool((await self._write(sql.SAVE, values))[0][0])

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
        values = {"old": old, "new": new, "ttl": ttl, "grace": grace, "filed": index}
        values |= {"changes": _packed(fields), "gone": list(remove)}
        return bool(await self._write(sql.ROTATE, values))

    async def members(self, index: str) -> list[str]:
        """See `Store.members`."""
        return [row[0] for row in await self._rows(sql.MEMBERS, (index,), again=True)]

    async def records(self, index: str) -> dict[str, dict[str, bytes]]:
        """See `Store.records`."""
        return {row[0]: _unpacked(row[1]) for row in await self._rows(sql.RECORDS, (index,), again=True)}

    async def forget(self, index: str) -> int:
        """See `Store.forget`."""
        return len(await self._write(sql.FORGET, (index,)))

    async def count(self, prefix: str) -> Count:
        """See `Store.count`: a look at all rows."""
        return Count(int((await self._rows(sql.COUNT, (prefix,), again=True))[0][0]), True)

    async def hit(self, limits: Sequence[Limit]) -> list[Room]:
        """See `Store.hit`."""
        columns = (
            [limit.key for limit in limits],
            [float(limit.interval) for limit in limits],
            [float(limit.burst) for limit in limits],
            [float(limit.cost) for limit in limits],
        )
        waits, aheads = (await self._write(sql.HIT, columns))[0]
        return [
            room(limit, ahead, inf if wait < 0 else wait)
            for limit, wait, ahead in zip(limits, waits or (), aheads or (), strict=True)
        ]

    async def append(self, log: str, entry: bytes, *, most: int, ttl: float) -> None:
        """See `Store.append`."""
        await self._write(sql.APPEND, (log, entry, most, ttl))

    async def read(self, log: str, *, after: str = "", most: int = 100) -> list[tuple[str, bytes]]:
        """See `Store.read`."""
        if after:
            rows = await self._rows(sql.AFTER, (log, number(after), most), again=True)
        else:
            rows = (await self._rows(sql.NEWEST, (log, most), again=True))[::-1]
        return [(str(position), bytes(entry)) for position, entry in rows]

    async def ping(self) -> None:
        """See `Store.ping`."""
        await self._rows("SELECT 1", (), again=True)

    async def close(self) -> None:
        """See `Store.close`: the connections of this event loop, or those of this process."""
        if self._opened is not None:
            await self._opened.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.close()

    async def _rows(self, query: str, values: Any, *, again: bool = False) -> Rows:
        return await (self._opened or self._line()).rows(query, values, again=again)

    async def _write(self, query: str, values: Any) -> Rows:
        rows = await self._rows(query, values)
        self._writes += 1
        if self._writes % SWEEP_EVERY == 0:
            # What was asked for is done; if this is not, the next one does it.
            with suppress(StoreError):
                for statement in sql.SWEEP:
                    await self._rows(statement, ())
        return rows

    def _line(self) -> Line:
        try:
            from hauberk.stores.postgres_client import BlockingLine, WaitingLine
        except ImportError as error:
            raise MissingExtraError("psycopg", "postgres", "A store in PostgreSQL") from error
        made: Line = WaitingLine(self._server) if self.waits else BlockingLine(self._server)
        # Threads may come here at once, for as long as the library is loaded: all of them go on with the same one.
        self._opened = line = self._lines.setdefault("line", made)
        return line


def _packed(fields: Mapping[str, bytes]) -> str:
    return msgspec.json.encode({name: b64encode(value).decode() for name, value in fields.items()}).decode()


def _unpacked(fields: Mapping[str, str]) -> dict[str, bytes]:
    return {name: b64decode(value) for name, value in fields.items()}
