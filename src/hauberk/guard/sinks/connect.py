"""Connections, by audit event (`socket.connect`), and the names that were looked up before, whoever looks them up.

asyncio, urllib, requests, httpx, aiohttp and the protocols of the standard library all come through here.
"""

from __future__ import annotations

import _socket
import socket
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import partial, wraps
from ipaddress import ip_address
from types import FrameType
from typing import Any
from urllib.parse import urljoin, urlsplit

from hauberk.core.exchange import Exchange
from hauberk.guard.address import METADATA_NAMES, Address, internal, metadata, parse_host, unwrapped
from hauberk.guard.carry import MARK, listened
from hauberk.guard.frames import origin, stack
from hauberk.guard.hook import handle
from hauberk.guard.inputs import Inputs
from hauberk.guard.listeners import exchange, recorder
from hauberk.guard.request import RequestGuard
from hauberk.guard.seen import SEEN
from hauberk.guard.sensor import sense_found
from hauberk.guard.ssrf import (
    ALLOWED,
    LED,
    NAMED,
    OWN,
    PUBLIC,
    STORED,
    USUAL,
    Name,
    canonical,
    hosts,
    is_own,
    suffixed,
)
from hauberk.guard.verdict import Judgement

REDIRECTS = frozenset({301, 302, 303, 307, 308})
_GETADDRINFO = _socket.getaddrinfo
LOOKUPS = ("gethostbyname", "gethostbyname_ex")


def install() -> list[str]:
    """Handle the event, and watch what looks up names; what is hooked."""
    handle({"socket.connect": _on_connect})
    if not getattr(_socket.getaddrinfo, MARK, False):
        # `socket.getaddrinfo` is a function around this one: names that modules took of it before come here too.
        setattr(_socket, "getaddrinfo", _watched(_socket.getaddrinfo, _of_infos))  # noqa: B010
    for name in LOOKUPS:
        if not getattr(getattr(socket, name), MARK, False):
            setattr(socket, name, _watched(getattr(socket, name), _of_lookup))
    return ["audit:socket.connect", "socket.getaddrinfo", *(f"socket.{name}" for name in LOOKUPS)]


def _watched(original: Callable[..., Any], addresses: Callable[[Any], Iterable[str]]) -> Callable[..., Any]:
    @wraps(original)
    def look_up(host: Any, *args: Any, **options: Any) -> Any:
        found = original(host, *args, **options)
        if listened():
            resolved(host, addresses(found))
        return found

    setattr(look_up, MARK, True)
    return look_up


def _of_infos(found: Any) -> Iterator[str]:
    return (info[4][0] for info in found if info[0] in {socket.AF_INET, socket.AF_INET6})


def _of_lookup(found: Any) -> Iterable[str]:
    return [found] if isinstance(found, str) else found[2]


def resolved(host: Any, addresses: Iterable[str]) -> None:
    """Remember for this request that the host is one of these addresses, as far as they are internal."""
    ex = exchange()
    if ex is None or ex.guard.modes["url"] == "off":
        return
    guard: RequestGuard = ex.guard
    name = canonical(host.decode("latin-1") if isinstance(host, bytes) else str(host))
    for text in addresses:
        address = parse_host(text)
        if address is not None and internal(address):
            if guard.resolved is None:
                guard.resolved = {}
            guard.resolved.setdefault(str(address), set()).add(name)


def concerned(host: str, port: int) -> bool:
    """Whether an input of this request chose that host: then its address matters, even of a connection that is open."""
    ex = exchange()
    if ex is None or ex.guard.modes["url"] == "off":
        return False
    guard: RequestGuard = ex.guard
    name = canonical(host)
    if guard.led is not None and (name, port) in guard.led:
        return True
    named = guard.once(ex, "hosts", hosts)
    return any(entry.port in (None, port) for entry in _naming(name, named))


def reused(host: str, port: int, peer: Any, target: str) -> None:
    """Say that something is about to be sent through a connection, perhaps one that was open. Raises BlockedError.

    At another port there is a proxy, and who is asked is its business.
    """
    if isinstance(peer, tuple) and len(peer) >= 2 and peer[1] == port and concerned(host, port):
        resolved(host, [peer[0]])
        look(peer[0], port, target)


def redirected(host: str, port: int | None, location: str, base: str) -> None:
    """Remember where a redirect leads, if an input of this request, or a redirect before, led to where it came from."""
    ex = exchange()
    if ex is None or ex.guard.modes["url"] == "off":
        return
    guard: RequestGuard = ex.guard
    here = canonical(host)
    known = guard.once(ex, "hosts", hosts).get(here)
    chosen = known[0].input if known else (guard.led or {}).get((here, port))
    if chosen is None:
        return
    try:
        target = urlsplit(urljoin(base, location))
        goal = (canonical(target.hostname or ""), target.port or (443 if target.scheme == "https" else 80))
    except ValueError:  # No URL: nobody can follow it either.
        return
    guard.led = {**(guard.led or {}), goal: chosen}


def _on_connect(args: tuple[Any, ...]) -> None:
    target = args[1]
    if isinstance(target, tuple) and len(target) >= 2 and isinstance(target[1], int):
        look(str(target[0]), target[1], "socket.connect")


def look(host: str, port: int, target: str) -> None:
    """Say which connection is about to be made. A name is looked up here, as it will be there. Raises BlockedError."""
    for address in _addresses(host, port):
        if internal(address) or recorder() is not None:
            sense_found("url", target, f"{host}:{port}", partial(_search, address, port))


def _addresses(host: str, port: int) -> list[Address]:
    try:
        return [ip_address(host.partition("%")[0])]
    except ValueError:
        pass
    try:
        infos = _socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM)
    except OSError:
        return []
    return [ip_address(text.partition("%")[0]) for text in _of_infos(infos)]


def _search(address: Address, port: int, ex: Exchange, inputs: Inputs) -> Iterator[tuple[str, str, Judgement]]:
    guard: RequestGuard = ex.guard
    key = str(address)
    asked = (guard.resolved or {}).get(key, set())
    spellings = {key, str(unwrapped(address)), *asked}
    named = guard.once(ex, "hosts", hosts)
    found = False
    for host in spellings:
        for name in _naming(host, named):
            if name.port in (None, port):
                found = True
                yield name.input, "", _verdict(guard, ex, address, host, port, name)
        if guard.led is not None and (chosen := guard.led.get((host, port))) is not None:
            found = True
            yield chosen, "", _allowed(guard, host, port) or (LED if internal(address) else PUBLIC)
    if metadata(address) and _led_by_a_name(asked, address):
        yield "stored", "", STORED
    elif not found and internal(address) and inputs.complete and inputs.plain:
        SEEN.add("url", f"{address} {port}")


def _naming(host: str, named: dict[str, list[Name]]) -> Iterator[Name]:
    yield from named.get(host, ())
    if parse_host(host) is None and (end := suffixed(host, named)) is not None:
        yield from (name for name in named[end] if not name.input.startswith("header:"))


def _verdict(guard: RequestGuard, ex: Exchange, address: Address, host: str, port: int, name: Name) -> Judgement:
    if not internal(address):
        return PUBLIC
    if allowed := _allowed(guard, host, port):
        return allowed
    if not metadata(address) and is_own(ex, host, port):
        return OWN
    if (name.how == "within" or (name.how == "bare" and name.port is None)) and SEEN.knows("url", f"{address} {port}"):
        return USUAL
    return NAMED


def _allowed(guard: RequestGuard, host: str, port: int) -> Judgement | None:
    reachable = guard.reachable
    return ALLOWED if reachable and ((host, None) in reachable or (host, port) in reachable) else None


def _led_by_a_name(asked: set[str], address: Address) -> bool:
    """Whether a metadata service is reached under a name of somebody else's, or by an address that no code has.

    The clouds' own kits have it in their code; what was stored by a client has not.
    """
    foreign = {name for name in asked if parse_host(name) is None and name not in METADATA_NAMES}
    if foreign:
        return True
    wanted = {str(address), str(unwrapped(address)), *(METADATA_NAMES & asked)}
    return not any(_writes(frame, wanted) for frame in stack(sys._getframe(1)))


def _writes(frame: FrameType, wanted: set[str]) -> bool:
    if origin(frame.f_code.co_filename) in {"own", "standard", "import"}:
        return False
    holders: list[object] = [*frame.f_code.co_consts]
    for value in list(frame.f_globals.values()):
        holders.append(value)
        if isinstance(value, type) and value.__module__ == frame.f_globals.get("__name__"):
            holders += vars(value).values()
    return any(isinstance(text, str) and any(host in text for host in wanted) for text in holders)
