"""`valkey://`, `redis://`: a Valkey or Redis of its own, or several behind Sentinel. One round trip a call."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from math import inf
from typing import Any, Self

from hauberk.core.store import NOTHING, Count, Limit, Room, Store
from hauberk.stores import valkey_scripts as scripts
from hauberk.stores.addresses import Address
from hauberk.stores.gcra import room
from hauberk.stores.position import number
from hauberk.stores.valkey_client import BlockingLine, Line, WaitingLine

OURS, LEADS = b"\0", b"\0t"
PREFIX, INDEX = "hauberk:", "hauberk-index:"
COUNTED, SAMPLED = 10_000, 2_000
"""Up to so many keys on a machine are counted one by one; of more, so many are looked at."""


class ValkeyStore(Store):
    """Everything that more than one machine shares, in the memory of a server.

    What was acknowledged survives as far as the server keeps it: `appendonly yes` for restarts, with `appendfsync
    always` for crashes (with `everysec` the last two seconds may be lost, even where only the process dies); a replica
    for the loss of a machine (replication is asynchronous, so its last milliseconds may be lost).
    """

    shared = True

    def __init__(self, address: Address, *, waits: bool = True) -> None:
        self.waits = waits
        self._address = address
        self._line: Line = WaitingLine(address) if waits else BlockingLine(address)

    def __repr__(self) -> str:
        return self._address.shown

    def blocking(self) -> Store:
        """The same servers by a client that blocks, for WSGI."""
        return type(self)(self._address, waits=False) if self.waits else self

    async def get(self, key: str) -> bytes | None:
        """See `Store.get`."""
        value: bytes | None = await self._line.call("GET", PREFIX + key, again=True)
        return value

    async def set(self, key: str, value: bytes, ttl: float) -> None:
        """See `Store.set`."""
        await self._line.call("SET", PREFIX + key, value, "PX", ms(ttl))

    async def add(self, key: str, value: bytes, ttl: float) -> bool:
        """See `Store.add`."""
        return bool(await self._line.call("SET", PREFIX + key, value, "PX", ms(ttl), "NX"))

    async def delete(self, key: str) -> bool:
        """See `Store.delete`."""
        return bool(await self._line.script(scripts.DELETE, [PREFIX + key]))

    async def touch(self, key: str, ttl: float) -> bool:
        """See `Store.touch`."""
        return bool(await self._line.script(scripts.TOUCH, [PREFIX + key], ms(ttl), again=True))

    async def increment(self, key: str, amount: int, ttl: float) -> int:
        """See `Store.increment`."""
        return int(await self._line.script(scripts.INCREMENT, [PREFIX + key], amount, ms(ttl)))

    async def load(self, key: str) -> dict[str, bytes] | None:
        """See `Store.load`: one round trip, and another one for a key that was rotated a moment ago."""
        found = await self._line.call("HGETALL", PREFIX + key, again=True)
        if LEADS in found:
            found = await self._line.call("HGETALL", found[LEADS], again=True)
            if LEADS in found:  # rotated twice: the first key leads no further
                return None
        return own_fields(found) if found else None

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
        arguments = save_arguments(fields, ttl, remove, create, index)
        return bool(await self._line.script(scripts.SAVE, [PREFIX + key], *arguments))

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
        filed = "" if index is None else INDEX + index
        names, changes = [PREFIX + old, PREFIX + new], change_arguments(fields, remove)
        return bool(await self._line.script(scripts.ROTATE, names, ms(ttl), ms(grace), filed, *changes))

    async def members(self, index: str) -> list[str]:
        """See `Store.members`."""
        return sorted(map(own_key, await self._line.script(scripts.MEMBERS, [INDEX + index])))

    async def records(self, index: str) -> dict[str, dict[str, bytes]]:
        """See `Store.records`."""
        found = await self._line.script(scripts.RECORDS, [INDEX + index], again=True)
        return {own_key(key): own_fields(_pairs(record)) for key, record in found}

    async def forget(self, index: str) -> int:
        """See `Store.forget`."""
        return int(await self._line.script(scripts.FORGET, [INDEX + index]))

    async def count(self, prefix: str) -> Count:
        """See `Store.count`: exact up to some thousand keys, and an estimate of a sample beyond."""
        return counted(await self._line.call(*count_command(prefix), again=True))

    async def hit(self, limits: Sequence[Limit]) -> list[Room]:
        """See `Store.hit`."""
        return await self._hit([PREFIX + limit.key for limit in limits], limits)

    async def append(self, log: str, entry: bytes, *, most: int, ttl: float) -> None:
        """See `Store.append`."""
        await self._line.script(scripts.APPEND, [PREFIX + log], entry, most, ms(ttl))

    async def read(self, log: str, *, after: str = "", most: int = 100) -> list[tuple[str, bytes]]:
        """See `Store.read`."""
        start = number(after)
        position = f"{start >> 20}-{start & 0xFFFFF}" if after else ""
        rows = await self._line.script(scripts.READ, [PREFIX + log], position, most, again=True)
        found = [(_position(name), entry) for name, entry in rows]
        return found if after else found[::-1]

    async def ping(self) -> None:
        """See `Store.ping`."""
        await self._line.call("PING", again=True)

    async def close(self) -> None:
        """See `Store.close`: the connections of this event loop, or those of this process."""
        await self._line.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.close()

    async def _hit(self, keys: Sequence[str], limits: Sequence[Limit]) -> list[Room]:
        numbers = [part for limit in limits for part in (limit.interval, limit.burst, limit.cost)]
        answer = [float(text) for text in await self._line.script(scripts.HIT, keys, *numbers)]
        return [
            room(limit, ahead, inf if wait < 0 else wait)
            for limit, wait, ahead in zip(limits, answer[::2], answer[1::2], strict=True)
        ]


def save_arguments(
    fields: Mapping[str, bytes], ttl: float, remove: Collection[str], create: bool, index: str | None
) -> list[Any]:
    """What both kinds of the script that saves are given."""
    filed = "" if index is None else INDEX + index
    return [int(create), ms(ttl), filed, *change_arguments(fields, remove)]


def change_arguments(fields: Mapping[str, bytes], remove: Collection[str]) -> list[Any]:
    """How many fields are set, their names and values, and the names of those taken away."""
    pairs = [part for name, value in fields.items() for part in (":" + name, value)]
    return [len(fields), *pairs, *(":" + name for name in remove)]


def own_fields(found: Mapping[bytes, bytes]) -> dict[str, bytes]:
    """The fields of a record, without ours."""
    return {name[1:].decode(): value for name, value in found.items() if not name.startswith(OURS)}


def own_key(name: bytes) -> str:
    """A key without our prefix."""
    return name.decode()[len(PREFIX) :]


def count_command(prefix: str) -> tuple[Any, ...]:
    """The script that counts, as a command: it is too rare for the server to know it by its hash."""
    return "EVAL", scripts.COUNT, 0, PREFIX + prefix, COUNTED, SAMPLED


def counted(*answers: Sequence[Any]) -> Count:
    """What the machines have counted, together."""
    return Count(sum(int(number) for number, _ in answers), all(exact for _, exact in answers))


def ms(seconds: float) -> int:
    """A lifetime as the server wants it."""
    return max(1, round(seconds * 1000))


def _pairs(flat: Any) -> Mapping[bytes, bytes]:
    return dict(zip(flat[::2], flat[1::2], strict=True))


def _position(name: bytes) -> str:
    milliseconds, _, sequence = name.partition(b"-")
    return str((int(milliseconds) << 20) + int(sequence))
