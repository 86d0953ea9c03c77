"""The clients of Valkey and Redis, by the library redis-py: made when first used, bounded in number and in time.

A client belongs to one process and, if it waits, to one event loop, so there is one for each.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from threading import BoundedSemaphore, Lock
from typing import Any, Protocol

from hauberk.core.errors import MissingExtraError, StoreError
from hauberk.stores.addresses import Address


class Line(Protocol):
    """How a store talks to its servers."""

    async def call(self, *command: Any, again: bool = False, **options: Any) -> Any:
        """One command. `again` where it changes nothing, so that it may be sent twice; `options` are the library's."""

    async def script(self, script: str, keys: Sequence[Any], *arguments: Any, again: bool = False) -> Any:
        """One script, which the server knows by its hash after the first time."""

    async def close(self) -> None:
        """Close the connections."""


class WaitingLine:
    """Clients for event loops."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._clients: dict[Any, tuple[int, Any, asyncio.Semaphore]] = {}

    async def call(self, *command: Any, again: bool = False, **options: Any) -> Any:
        """See `Line.call`."""
        address = self._address
        known = self._clients.get(asyncio.get_running_loop())
        _, client, room = known if known is not None and known[0] == os.getpid() else self._connect()
        try:
            # One bound around everything: waiting for a free connection, opening it, sending, and the answer.
            async with asyncio.timeout(address.timeout), room:
                try:
                    return await client.execute_command(*command, **options)
                except (redis().exceptions.ConnectionError, AttributeError):
                    if not again:
                        raise
                    return await client.execute_command(*command, **options)
        except (redis().exceptions.RedisError, OSError, AttributeError) as error:
            raise failure(address, error) from error

    async def script(self, script: str, keys: Sequence[Any], *arguments: Any, again: bool = False) -> Any:
        """See `Line.script`."""
        try:
            return await self.call("EVALSHA", _sha(script), len(keys), *keys, *arguments, again=again)
        except StoreError as error:
            if not _unknown(error):
                raise
        return await self.call("EVAL", script, len(keys), *keys, *arguments, again=again)

    async def close(self) -> None:
        """See `Line.close`: those of this event loop."""
        known = self._clients.pop(asyncio.get_running_loop(), None)
        if known is not None and known[0] == os.getpid():
            await known[1].aclose()
            if (nodes := getattr(known[1], "nodes_manager", None)) is not None:
                # A cluster's client that is about to look at its nodes again leaves their connections open.
                await nodes.aclose()
                await nodes.aclose("startup_nodes")

    def _connect(self) -> tuple[int, Any, asyncio.Semaphore]:
        for loop in [loop for loop in list(self._clients) if loop.is_closed()]:
            self._clients.pop(loop, None)  # other threads clear up as well
        address = self._address
        client = connect(address, redis("redis.asyncio"), opening=address.timeout, answer=address.timeout)
        made = (os.getpid(), client, asyncio.Semaphore(address.connections))
        self._clients[asyncio.get_running_loop()] = made
        return made


class BlockingLine:
    """One client for all threads of a process; its calls block, and never suspend.

    Sockets have no bound around everything, so the time is shared out: a quarter to get a free connection, a quarter
    to open one, half for the answer.
    """

    def __init__(self, address: Address) -> None:
        self._address = address
        self._lock = Lock()
        self._known: tuple[int, Any, BoundedSemaphore] | None = None

    async def call(self, *command: Any, again: bool = False, **options: Any) -> Any:
        """See `Line.call`."""
        address = self._address
        known = self._known
        _, client, room = known if known is not None and known[0] == os.getpid() else self._connect()
        if not room.acquire(timeout=address.timeout / 4):
            raise StoreError(address.shown, "timeout", f"all {address.connections} connections are in use")
        try:
            try:
                return client.execute_command(*command, **options)
            except (redis().exceptions.ConnectionError, AttributeError):
                if not again:
                    raise
                return client.execute_command(*command, **options)
        except (redis().exceptions.RedisError, OSError, AttributeError) as error:
            raise failure(address, error) from error
        finally:
            room.release()

    async def script(self, script: str, keys: Sequence[Any], *arguments: Any, again: bool = False) -> Any:
        """See `Line.script`."""
        try:
            return await self.call("EVALSHA", _sha(script), len(keys), *keys, *arguments, again=again)
        except StoreError as error:
            if not _unknown(error):
                raise
        return await self.call("EVAL", script, len(keys), *keys, *arguments, again=again)

    async def close(self) -> None:
        """See `Line.close`."""
        known, self._known = self._known, None
        if known is not None and known[0] == os.getpid():
            known[1].close()

    def _connect(self) -> tuple[int, Any, BoundedSemaphore]:
        with self._lock:
            if self._known is None or self._known[0] != os.getpid():
                address = self._address
                client = connect(address, redis(), opening=address.timeout / 4, answer=address.timeout / 2)
                self._known = (os.getpid(), client, BoundedSemaphore(address.connections))
            return self._known


def connect(address: Address, library: Any, *, opening: float, answer: float) -> Any:
    """A client of `redis` or of `redis.asyncio`; a single server's opens no connection before its first command."""
    options: dict[str, Any] = import_module(library.__name__ + ".connection").parse_url(address.url)
    # What may be sent twice is known here and not there, so the library repeats nothing by itself.
    never = import_module(library.__name__ + ".retry").Retry(import_module("redis.backoff").NoBackoff(), 0)
    timeouts = {"socket_connect_timeout": opening, "socket_timeout": answer, "retry": never}
    options |= {**timeouts, "max_connections": address.connections}
    with suppress(ImportError):
        # A service of one vendor; while it is on, idle connections are not looked at before they are used again.
        notifications = import_module("redis.maint_notifications").MaintNotificationsConfig(enabled=False)
        options["maint_notifications_config"] = notifications
    if not (address.cluster or address.sentinel):
        if library.__name__.endswith("asyncio"):
            options["connection_class"] = _watched(options.get("connection_class") or library.Connection)
        return library.Redis.from_pool(library.ConnectionPool(**options))  # closed along with the client
    tls = options.pop("connection_class", None) is not None
    host, port = options.pop("host", "localhost"), options.pop("port", 0)
    if address.cluster:
        cluster = import_module(library.__name__ + ".cluster")
        nodes = [cluster.ClusterNode(*node) for node in address.nodes or [(host, port or 6379)]]
        options.pop("db", None)
        if library.__name__.endswith("asyncio"):
            # Otherwise the fifth slot that moved closes connections on which others wait for their answers.
            options["reinitialize_steps"] = 0
        return cluster.RedisCluster(startup_nodes=nodes, ssl=tls, **options)
    sentinel = import_module(library.__name__ + ".sentinel").Sentinel(
        address.nodes or [(host, port or 26379)],
        sentinel_kwargs={
            # Several may have to be asked within one call.
            "socket_connect_timeout": opening / 4,
            "socket_timeout": answer / 4,
            "retry": never,
            "ssl": tls,
            "password": address.sentinel_password or None,
            **{name: value for name, value in options.items() if name.startswith("ssl_")},
        },
        ssl=tls,
        **options,
    )
    return sentinel.master_for(address.sentinel)


def _watched(kind: Any) -> Any:
    """A connection of redis.asyncio that notices while it is idle when it is reset, not only when it is closed."""

    class Watched(kind):  # type: ignore[misc]
        def _check(self) -> None:
            reader = getattr(self, "_reader", None)
            if reader is not None and (reader.exception() is not None or reader.at_eof()):
                raise redis().exceptions.ConnectionError("the connection was lost")

        async def can_read(self) -> bool:
            self._check()
            return bool(await super().can_read())

        async def can_read_destructive(self) -> bool:  # its name before redis-py 8
            self._check()
            return bool(await super().can_read_destructive())

    return Watched


def failure(address: Address, error: Exception) -> StoreError:
    """An error of the library or of a socket as ours."""
    exceptions, text = redis().exceptions, str(error)
    if isinstance(error, exceptions.TimeoutError | TimeoutError):
        return StoreError(address.shown, "timeout", f"no answer within {address.timeout:g} s")
    if isinstance(error, exceptions.OutOfMemoryError) or "OOM" in text:
        return StoreError(address.shown, "full", "the server has no memory left")
    if text.startswith("WRONGTYPE") or "WRONGTYPE" in text:
        return StoreError(address.shown, "corrupt", "a key holds something else than it should")
    if isinstance(error, AttributeError):  # of a socket that is None: a cluster's client closed it in another task
        text = "the connection was closed while it was used"
    return StoreError(address.shown, "unavailable", text or type(error).__name__)


def redis(name: str = "redis") -> Any:
    """The library, or an error that says what to install."""
    module = _MODULES.get(name)
    if module is None:
        try:
            module = _MODULES[name] = import_module(name)
        except ImportError as error:
            raise MissingExtraError("redis", "valkey", "A store in Valkey or Redis") from error
    return module


def _sha(script: str) -> str:
    known = _SHAS.get(script)
    return known or _SHAS.setdefault(script, hashlib.sha1(script.encode(), usedforsecurity=False).hexdigest())


def _unknown(error: StoreError) -> bool:
    return isinstance(error.__cause__, redis().exceptions.NoScriptError)


_MODULES: dict[str, Any] = {}
_SHAS: dict[str, str] = {}
