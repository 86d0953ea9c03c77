"""`valkey://...?cluster=true`: records and indexes lie on different machines, which no script reaches at once.

Each step is atomic on its machine, and their order keeps what matters whatever happens in between: a record stands in
its index before it can be loaded, and leaves it after it is gone, so that none is missing from a user's list; a record
that takes another key is copied first, and its old key leads to the copy only if it is still there, unchanged, so that
a logout in between stays a logout.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from hauberk.core.errors import StoreError
from hauberk.core.store import NOTHING, Count, Limit, Room
from hauberk.stores import valkey_cluster_scripts as scripts
from hauberk.stores.valkey import (
    INDEX,
    LEADS,
    PREFIX,
    ValkeyStore,
    count_command,
    counted,
    ms,
    own_fields,
    own_key,
    save_arguments,
)

FILED, VERSION = b"\0i", b"\0v"
LIMITS = PREFIX + "{limits}:"
"""All limits share one slot: they can be charged by one script."""
ATTEMPTS = 8
"""How often a record that is changed while it takes another key is copied again."""


class ValkeyClusterStore(ValkeyStore):
    """One round trip for what is not filed under an index, and for reading; one more for changes of what is."""

    async def delete(self, key: str) -> bool:
        """See `Store.delete`. What is not there may be a limit, which lies elsewhere: one more round trip."""
        return await self._destroy(PREFIX + key) or bool(await self._line.call("DEL", LIMITS + key))

    async def touch(self, key: str, ttl: float) -> bool:
        """See `Store.touch`."""
        name: Any = PREFIX + key
        answer, detail = await self._line.script(scripts.TOUCH, [name], ms(ttl), again=True)
        if answer == b"to":
            name = detail
            answer, detail = await self._line.script(scripts.TOUCH, [name], ms(ttl), again=True)
        if answer == b"done" and detail:
            await self._file(detail, name, ttl)
        return bool(answer == b"done")

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
        name: Any = PREFIX + key
        saved, leads = await self._save(name, save_arguments(fields, ttl, remove, create, index), ttl, index)
        if leads:
            saved, _ = await self._save(leads, save_arguments(fields, ttl, remove, False, index), ttl, index)
        return saved

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
        source, target = PREFIX + old, PREFIX + new
        for _ in range(ATTEMPTS):
            record = await self._line.call("HGETALL", source, again=True)
            if not record or LEADS in record:
                return False
            before = record.get(FILED)
            filed = (INDEX + index).encode() if index is not None else before
            if filed:
                record[FILED] = filed
                await self._file(filed, target, ttl)
            version = record.get(VERSION, b"")
            record |= {b":" + name.encode(): value for name, value in fields.items()}
            for name in remove:
                record.pop(b":" + name.encode(), None)
            await self._line.script(scripts.PUT, [target], ms(ttl), *(part for pair in record.items() for part in pair))
            answer = await self._line.script(scripts.SWAP, [source], version, target, ms(grace))
            if answer == b"done":
                if before:
                    await self._line.call("ZREM", before, source)
                return True
            await self._destroy(target)
            if answer == b"gone":
                return False
        raise StoreError(repr(self), "unavailable", "a record was changed whenever it was to take another key")

    async def members(self, index: str) -> list[str]:
        """See `Store.members`."""
        return sorted(await self.records(index))

    async def records(self, index: str) -> dict[str, dict[str, bytes]]:
        """See `Store.records`: a round trip for the index, and one for each record."""
        filed = (INDEX + index).encode()
        found = {}
        for key in await self._line.script(scripts.MEMBERS, [filed], again=True):
            record = await self._line.call("HGETALL", key, again=True)
            if record and record.get(FILED) == filed:
                found[own_key(key)] = own_fields(record)
        return found

    async def forget(self, index: str) -> int:
        """See `Store.forget`: a round trip for the index, and one or two for each record."""
        filed = (INDEX + index).encode()
        keys = await self._line.script(scripts.MEMBERS, [filed], again=True)
        return sum([await self._destroy(key, filed) for key in keys])

    async def count(self, prefix: str) -> Count:
        """See `Store.count`: every machine is asked once, at the same time."""
        answers = await self._line.call(*count_command(prefix), again=True, target_nodes="primaries")
        return counted(*answers.values()) if isinstance(answers, dict) else counted(answers)

    async def hit(self, limits: Sequence[Limit]) -> list[Room]:
        """See `Store.hit`. All limits live on one machine of the cluster, so that they are charged all or none."""
        return await self._hit([LIMITS + limit.key for limit in limits], limits)

    async def ping(self) -> None:
        """See `Store.ping`: one of the machines."""
        await self._line.call("EXISTS", PREFIX + "ping", again=True)

    async def _save(self, name: Any, arguments: Sequence[Any], ttl: float, index: str | None) -> tuple[bool, Any]:
        """Whether it was saved, and where to save it instead."""
        filed = b"" if index is None else (INDEX + index).encode()
        if filed:
            await self._file(filed, name, ttl)
        answer, detail = await self._line.script(scripts.SAVE, [name], *arguments)
        if answer == b"done":
            if detail and not filed:
                await self._file(detail, name, ttl)
            elif detail and detail != filed:
                await self._line.call("ZREM", detail, name)
        elif filed:
            await self._line.call("ZREM", filed, name)
        return answer == b"done", detail if answer == b"to" else None

    async def _destroy(self, name: Any, filed: bytes = b"") -> bool:
        """Delete what lies there, or only if it is filed under that index, and what it leads to."""
        gone, leads, index = await self._line.script(scripts.DELETE, [name], filed)
        # What is not there may be a record that somebody is about to make: it stays in its index, until its time ends.
        if gone and index:
            await self._line.call("ZREM", index, name)
        if leads:
            return await self._destroy(leads, filed)
        return bool(gone)

    async def _file(self, index: Any, name: Any, ttl: float) -> None:
        await self._line.script(scripts.FILE, [index], name, ms(ttl), again=True)
