"""`valkey://`, `redis://`: Valkey or Redis, alone, behind Sentinel, or as a cluster.

By the library redis-py: one API for waiting and blocking, for a single server, Sentinel and Cluster, and it speaks to
Valkey as well. A client belongs to one process and one event loop, so there is one for each, made at its first use.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib import import_module
from math import inf
from types import ModuleType
from typing import Any, Self
from weakref import WeakKeyDictionary

from hauberk.core.errors import MissingExtraError, StoreError
from hauberk.core.store import Limit, Room, Store
from hauberk.stores import valkey_scripts as scripts
from hauberk.stores.gcra import room

KEEPS, FILED, LEADS = b"\0", b"\0i", b"\0t"
PREFIX = "hauberk:"
_SHAS: dict[str, str] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where the servers are, and how long they may take."""

    url: str
    """As redis-py takes it, password included; never shown."""
    shown: str
    """The same without a password."""
    cluster: bool = False
    sentinel: str = ""
    """The name of the master that the sentinels are asked for."""
    timeout: float = 2.0
    """Seconds for one call, connecting included."""
    connections: int = 32
    """At most so many at once, in each process."""


class ValkeyStore(Store):
    """Everything that more than one machine shares. Each call is one round trip; in a cluster, changes of an index are
    another one."""

    waits = True
    shared = True

    def __init__(self, address: Address) -> None:
        self._address = address
        self._solo = "0" if address.cluster else "1"
        self._clients: WeakKeyDictionary[Any, tuple[int, Any]] = WeakKeyDictionary()

    def __repr__(self) -> str:
        return self._address.shown

    def blocking(self) -> Store:
        """The same servers by a client that blocks, for WSGI."""
        return BlockingValkeyStore(self._address)

    async def get(self, key: str) -> bytes | None:
        """See `Store.get`."""
        value: bytes | None = await self._call("GET", PREFIX + key)
        return value

    async def set(self, key: str, value: bytes, ttl: float) -> None:
        """See `Store.set`."""
        await self._call("SET", PREFIX + key, value, "PX", _ms(ttl))

    async def add(self, key: str, value: bytes, ttl: float) -> bool:
        """See `Store.add`."""
        return await self._call("SET", PREFIX + key, value, "PX", _ms(ttl), "NX") is not None

    async def delete(self, key: str) -> bool:
        """See `Store.delete`."""
        gone, to, filed = await self._script(scripts.DELETE, [PREFIX + key], self._solo)
        if self._solo == "0":
            if to:
                _, _, filed = await self._script(scripts.DELETE, [to], "0")
            if filed:
                await self._call("ZREM", filed, to or PREFIX + key)
        return bool(gone)

    async def touch(self, key: str, ttl: float) -> bool:
        """See `Store.touch`."""
        name: Any = PREFIX + key
        answer = await self._script(scripts.TOUCH, [name], _ms(ttl), self._solo)
        if answer[0] == b"to":
            name = answer[1]
            answer = await self._script(scripts.TOUCH, [name], _ms(ttl), self._solo)
        if answer[0] == b"done" and answer[1] and self._solo == "0":
            await self._file(answer[1], name, ttl)
        return bool(answer[0] == b"done")

    async def increment(self, key: str, amount: int, ttl: float) -> int:
        """See `Store.increment`."""
        return int(await self._script(scripts.INCREMENT, [PREFIX + key], amount, _ms(ttl)))

    async def load(self, key: str) -> dict[str, bytes] | None:
        """See `Store.load`."""
        found = await self._call("HGETALL", PREFIX + key)
        if LEADS in found:
            found = await self._call("HGETALL", found[LEADS])
        if not found:
            return None
        return {name[1:].decode(): value for name, value in found.items() if not name.startswith(KEEPS)}

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
        pairs = [part for name, value in fields.items() for part in (":" + name, value)]
        filed = "" if index is None else PREFIX + index
        arguments = (_ms(ttl), filed, len(fields), *pairs, *(":" + name for name in remove))
        name: Any = PREFIX + key
        answer = await self._script(scripts.SAVE, [name], self._solo, int(create), *arguments)
        if answer[0] == b"to":
            name = answer[1]
            answer = await self._script(scripts.SAVE, [name], self._solo, 0, *arguments)
        if answer[0] == b"done" and self._solo == "0":
            if answer[1]:
                await self._file(answer[1], name, ttl)
            if answer[2]:
                await self._call("ZREM", answer[2], name)
        return bool(answer[0] == b"done")

    async def rotate(self, old: str, new: str, *, ttl: float, grace: float, index: str | None = None) -> bool:
        """See `Store.rotate`. In a cluster the record is nowhere for a moment: if that fails, a user logs in again."""
        filed = "" if index is None else PREFIX + index
        if self._solo == "1":
            names = [PREFIX + old, PREFIX + new]
            return bool(await self._script(scripts.ROTATE, names, _ms(ttl), _ms(grace), filed))
        taken = await self._script(scripts.TAKE, [PREFIX + old], PREFIX + new, _ms(grace))
        if not taken:
            return False
        await self._call("HSET", PREFIX + new, *taken)
        await self._call("PEXPIRE", PREFIX + new, _ms(ttl))
        before = dict(zip(taken[::2], taken[1::2], strict=True)).get(FILED)
        if before:
            await self._call("ZREM", before, PREFIX + old)
        if filed or before:
            await self._call("HSET", PREFIX + new, FILED, filed or before)
            await self._file(filed or before, PREFIX + new, ttl)
        return True

    async def members(self, index: str) -> list[str]:
        """See `Store.members`."""
        if self._solo == "1":
            found = await self._script(scripts.MEMBERS, [PREFIX + index])
        else:
            keys = await self._call("ZRANGE", PREFIX + index, 0, -1)
            found = [key for key in keys if await self._call("EXISTS", key)]
        return [key.decode()[len(PREFIX) :] for key in found]

    async def forget(self, index: str) -> int:
        """See `Store.forget`."""
        if self._solo == "1":
            return int(await self._script(scripts.FORGET, [PREFIX + index]))
        keys = await self._call("ZRANGE", PREFIX + index, 0, -1)
        gone = sum([int(await self._call("DEL", key)) for key in keys])
        await self._call("DEL", PREFIX + index)
        return gone

    async def hit(self, limits: Sequence[Limit]) -> list[Room]:
        """See `Store.hit`. In a cluster all limits live on one machine, so that they are charged all or none."""
        tag = "" if self._solo == "1" else "{limits}:"
        keys = [f"{PREFIX}{tag}{limit.key}" for limit in limits]
        numbers = [part for limit in limits for part in (limit.interval, limit.burst, limit.cost)]
        answer = [float(text) for text in await self._script(scripts.HIT, keys, *numbers)]
        return [
            room(limit, ahead, inf if wait < 0 else wait if wait > 1e-6 else 0.0)
            for limit, wait, ahead in zip(limits, answer[::2], answer[1::2], strict=True)
        ]

    async def ping(self) -> None:
        """See `Store.ping`."""
        await self._call("PING")

    async def close(self) -> None:
        """See `Store.close`: the connections of this event loop."""
        known = self._clients.pop(asyncio.get_running_loop(), None)
        if known is not None and known[0] == os.getpid():
            await known[1].aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.close()

    async def _file(self, index: Any, name: Any, ttl: float) -> None:
        """Add a record to an index on another machine of a cluster."""
        seconds, micro = await self._call("TIME")
        ends = int(seconds) * 1000 + int(micro) // 1000 + _ms(ttl)
        await self._call("ZADD", index, ends, name)
        await self._call("PEXPIRE", index, _ms(ttl), "GT")

    async def _script(self, script: str, keys: Sequence[Any], *arguments: Any) -> Any:
        sha = _SHAS.get(script) or _SHAS.setdefault(script, hashlib.sha1(script.encode()).hexdigest())  # noqa: S324 - its name
        async with self._guarded() as client:
            try:
                return await self._execute(client, "EVALSHA", sha, len(keys), *keys, *arguments)
            except _redis().exceptions.NoScriptError:
                return await self._execute(client, "EVAL", script, len(keys), *keys, *arguments)

    async def _call(self, *command: Any) -> Any:
        async with self._guarded() as client:
            return await self._execute(client, *command)

    async def _execute(self, client: Any, *command: Any) -> Any:
        async with asyncio.timeout(self._address.timeout):
            if self._solo == "0" and command[0] in {"TIME", "PING"}:
                return await client.execute_command(*command, target_nodes="random")
            return await client.execute_command(*command)

    @asynccontextmanager
    async def _guarded(self) -> AsyncIterator[Any]:
        """A client, and its errors as one of ours."""
        exceptions = _redis().exceptions
        try:
            yield self._client()
        except (exceptions.TimeoutError, TimeoutError) as error:
            raise StoreError(repr(self), "timeout", f"no answer within {self._address.timeout:g} s") from error
        except exceptions.OutOfMemoryError as error:
            raise StoreError(repr(self), "full", "the server has no memory left") from error
        except exceptions.ResponseError as error:
            full = "OOM" in str(error)
            raise StoreError(repr(self), "full" if full else "unavailable", str(error)) from error
        except (exceptions.RedisError, OSError) as error:
            raise StoreError(repr(self), "unavailable", str(error) or type(error).__name__) from error

    def _client(self) -> Any:
        loop = asyncio.get_running_loop()
        known = self._clients.get(loop)
        if known is None or known[0] != os.getpid():
            known = self._clients[loop] = (os.getpid(), connect(self._address, _redis("redis.asyncio")))
        return known[1]


class BlockingValkeyStore(ValkeyStore):
    """The same by calls that block until the answer is there, and never suspend."""

    waits = False

    def __init__(self, address: Address) -> None:
        super().__init__(address)
        self._own: tuple[int, Any] | None = None

    def blocking(self) -> Store:
        """Itself."""
        return self

    async def close(self) -> None:
        """See `Store.close`."""
        known, self._own = self._own, None
        if known is not None and known[0] == os.getpid():
            known[1].close()

    async def _execute(self, client: Any, *command: Any) -> Any:
        if self._solo == "0" and command[0] in {"TIME", "PING"}:
            return client.execute_command(*command, target_nodes="random")
        return client.execute_command(*command)

    def _client(self) -> Any:
        if self._own is None or self._own[0] != os.getpid():
            self._own = (os.getpid(), connect(self._address, _redis()))
        return self._own[1]


def connect(address: Address, redis: Any) -> Any:
    """A client of `redis` or of `redis.asyncio`; it opens no connection before its first command."""
    retry = import_module(redis.__name__ + ".retry").Retry
    backoff = import_module("redis.backoff").NoBackoff()
    options: dict[str, Any] = {
        "socket_timeout": address.timeout,
        "socket_connect_timeout": address.timeout,
        "retry": retry(backoff, 1),  # a connection that the server closed in the meantime is opened again, once
    }
    if address.cluster:
        return redis.cluster.RedisCluster.from_url(address.url, max_connections=address.connections, **options)
    if address.sentinel:
        parts = import_module("redis.connection").parse_url(address.url)
        sentinel = import_module(redis.__name__ + ".sentinel").Sentinel(
            [(parts.get("host", "localhost"), parts.get("port", 26379))], sentinel_kwargs=dict(options), **options
        )
        return sentinel.master_for(address.sentinel)
    pool = redis.BlockingConnectionPool.from_url(
        address.url, max_connections=address.connections, timeout=address.timeout, **options
    )
    return redis.Redis.from_pool(pool)  # closed along with the client


def _redis(name: str = "redis") -> ModuleType:
    try:
        return import_module(name)
    except ImportError as error:
        raise MissingExtraError("redis", "valkey", "A store in Valkey or Redis") from error


def _ms(seconds: float) -> int:
    return max(1, round(seconds * 1000))
