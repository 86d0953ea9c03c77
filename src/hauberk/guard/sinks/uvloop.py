"""uvloop: what libuv does by itself, unseen by any audit event: it looks up names, connects and starts processes."""

from __future__ import annotations

from asyncio.subprocess import SubprocessStreamProtocol
from collections.abc import Callable
from functools import wraps
from types import ModuleType
from typing import Any

from hauberk.core.errors import BlockedError
from hauberk.guard.carry import MARK, listened
from hauberk.guard.imports import when_imported
from hauberk.guard.sinks.connect import concerned, look, resolved
from hauberk.guard.sinks.process import look_argv, look_command
from hauberk.guard.sinks.stdin import ARGUMENTS

METHODS = ("getaddrinfo", "create_connection", "subprocess_exec", "subprocess_shell")


def _getaddrinfo(original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    async def getaddrinfo(self: Any, host: Any, *args: Any, **options: Any) -> Any:
        found = await original(self, host, *args, **options)
        if listened():
            resolved(host, [info[4][0] for info in found])
        return found

    return getaddrinfo


def _create_connection(original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    async def create_connection(self: Any, factory: Any, host: Any = None, port: Any = None, **options: Any) -> Any:
        if host is None or not listened():
            return await original(self, factory, host, port, **options)
        if concerned(str(host), int(port)):
            for info in await self.getaddrinfo(host, port):
                look(info[4][0], info[4][1], "uvloop.Loop.create_connection")
        transport, protocol = await original(self, factory, host, port, **options)
        # The name may have meant something else this time: what counts is who is at the other end.
        peer = transport.get_extra_info("peername")
        try:
            if peer is not None:
                resolved(host, [peer[0]])
                look(peer[0], peer[1], "uvloop.Loop.create_connection")
        except BlockedError:
            transport.abort()
            raise
        return transport, protocol

    return create_connection


def _subprocess_exec(original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    async def subprocess_exec(self: Any, factory: Any, program: Any, *args: Any, **options: Any) -> Any:
        if listened():
            look_argv("uvloop.Loop.subprocess_exec", options.get("executable"), [program, *args])
        started = await original(self, factory, program, *args, **options)
        return _named(started, [program, *args])

    return subprocess_exec


def _subprocess_shell(original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    async def subprocess_shell(self: Any, factory: Any, command: Any, **options: Any) -> Any:
        if listened():
            look_command("uvloop.Loop.subprocess_shell", command)
        return _named(await original(self, factory, command, **options), command)

    return subprocess_shell


def _named(started: tuple[Any, Any], arguments: Any) -> tuple[Any, Any]:
    """Transport and protocol, of which asyncio's own is told what the process was started with."""
    if isinstance(started[1], SubprocessStreamProtocol):
        setattr(started[1], ARGUMENTS, arguments)
    return started


_WATCHED = dict(zip(METHODS, (_getaddrinfo, _create_connection, _subprocess_exec, _subprocess_shell), strict=True))


def _patch(module: ModuleType) -> list[str]:
    kind = module.Loop
    for name, watched in _WATCHED.items():
        original = getattr(kind, name)
        if not getattr(original, MARK, False):
            replacement = watched(original)
            setattr(replacement, MARK, True)
            setattr(kind, name, replacement)
    return [f"uvloop.Loop.{name}" for name in METHODS]


def install() -> list[str]:
    """Watch uvloop where it is imported, now or later; what is hooked."""
    return when_imported("uvloop", _patch)
