"""Which peers are proxies of ours, and what they say of the request that they passed on.

    client -> [ proxy ... proxy ] -> peer -> us

Every proxy appends, at the right, whom it had the request from. So the last element is the peer's word, the one before
it the word of whoever the last element names, and so on: believed for as long as each of them is a proxy of ours
(RFC 7239, sections 5.2 and 8.1; CWE-348, CWE-290).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_network
from itertools import islice

from hauberk.core.errors import ConfigurationError
from hauberk.core.exchange import Exchange
from hauberk.wire.forwarded import (
    MAX_ELEMENTS,
    Forwarded,
    ForwardedError,
    address_of,
    addresses_from_right,
    elements_from_right,
    is_within,
)

Network = IPv4Network | IPv6Network
UNIX = "unix"
NAMED = {
    "loopback": ("127.0.0.0/8", "::1/128"),
    "private": ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"),
}
"""Names for networks that everybody has (RFC 1122, RFC 1918, RFC 4193)."""
WIDEST = {4: 8, 6: 7}
"""The shortest prefix of a network that one owner can have: 10.0.0.0/8 and fc00::/7."""
SCHEMES = {"http": "http", "ws": "http", "https": "https", "wss": "https"}


@dataclass(frozen=True, slots=True)
class Seen:
    """The request as the first proxy of ours saw it; an empty text where nobody trustworthy said anything."""

    scheme: str = ""
    client: str = ""
    host: str = ""
    port: str = ""
    """Of X-Forwarded-Port, where the host has none."""


Trusts = Callable[[str], bool]
Fields = tuple[str, ...]
"""The texts of a family's fields, in the order of FAMILIES."""
LONGEST_KEPT = 300
"""Longer fields are read anew each time, so that nobody fills the memory with them."""


class Networks:
    """The addresses of proxies; a call with a peer's address says whether it is one."""

    __slots__ = ("_networks", "_unix", "trusts")

    def __init__(self, option: str, proxies: Iterable[str]) -> None:
        names = tuple(proxies)
        self._unix = UNIX in names
        texts = [text for name in names if name != UNIX for text in NAMED.get(name, (name,))]
        self._networks: tuple[Network, ...] = tuple(_network(option, text) for text in texts)
        self.trusts: Trusts = lru_cache(maxsize=1024)(self._trusts)

    def _trusts(self, client: str) -> bool:
        if not client or client.startswith("unix:"):
            return self._unix  # a peer without an address came through a socket in the file system
        return is_within(client, self._networks)


def _network(option: str, text: str) -> Network:
    if text in {"*", "0.0.0.0/0", "::/0"}:
        fix = "name the networks of the proxies, or write insecure_trust_every_proxy=True with hops=1"
        raise ConfigurationError(option, text, "believes every client", fix)
    try:
        network = ip_network(text)
    except ValueError as error:
        raise ConfigurationError(option, text, str(error), _proposal(text)) from None
    if network.prefixlen < WIDEST[network.version]:
        raise ConfigurationError(option, text, "is wider than any network of one owner", "name the proxies' own")
    return network


def _proposal(text: str) -> str:
    try:
        return f"write {str(ip_network(text, strict=False))!r}"
    except ValueError:
        return "write networks such as '10.0.0.0/8', or one of 'loopback', 'private', 'unix'"


def x_forwarded(fields: Fields, trusts: Trusts, hops: int) -> Seen:
    """What X-Forwarded-For, -Proto, -Host and -Port say; the peer is known to be a proxy of ours."""
    chain, proto, host, port = fields
    client, depth = "", 0
    if chain:
        for text in islice(addresses_from_right(chain), hops):
            depth += 1
            address = address_of(text)
            if address is None:
                break  # hidden or malformed: the client stays the last one who is known by address
            client = str(address)
            if not trusts(client):
                break
    length = chain.count(",") + 1
    return Seen(
        SCHEMES.get(_pick(proto, depth, length).lower(), ""),
        client,
        _pick(host, depth, length),
        _pick(port, depth, length),
    )


def _pick(text: str, depth: int, length: int) -> str:
    """The value that the proxy wrote who also wrote the client's address.

    Most proxies overwrite these fields: there is one value. Some append to them as to X-Forwarded-For: as many values,
    in the same order. Where the numbers differ nobody can tell whose is whose, and the last one is the peer's own.
    """
    if "," not in text:
        return text.strip(" \t")
    values = text.split(",")
    return values[-depth if depth and len(values) == length else -1].strip(" \t")


def forwarded(fields: Fields, trusts: Trusts, hops: int) -> Seen:
    """What Forwarded says: each element is the word of one proxy, about who it had the request from."""
    scheme = client = host = ""
    for text in islice(elements_from_right(fields[0]), hops):
        try:
            element = Forwarded.parse(text)
        except ForwardedError:
            break
        # What this proxy leaves out, one nearer to us may have said.
        scheme, host = SCHEMES.get(element.proto.lower(), scheme), element.host or host
        address = element.source.address if element.source else None
        if address is None:
            break
        client = str(address)
        if not trusts(client):
            break
    return Seen(scheme, client, host)


FAMILIES: dict[str, tuple[Callable[[Fields, Trusts, int], Seen], tuple[str, ...]]] = {
    "x-forwarded": (x_forwarded, ("x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-forwarded-port")),
    "forwarded": (forwarded, ("forwarded",)),
}
"""How each family is read, and the fields that it has."""


class Reader:
    """Reads one family of fields. A visitor's chain is the same in each of his requests, so the last ones are kept."""

    __slots__ = ("_judge", "_names", "_remember")

    def __init__(self, family: str, trusts: Trusts, hops: int | None) -> None:
        read, self._names = FAMILIES[family]
        most = MAX_ELEMENTS if hops is None else hops
        self._judge: Callable[[Fields], Seen] = lambda fields: read(fields, trusts, most)
        self._remember = lru_cache(maxsize=1024)(self._judge)

    def __call__(self, ex: Exchange) -> Seen:
        """What they say of this request, whose peer is known to be a proxy of ours."""
        fields = tuple([ex.header(name) for name in self._names])
        return self._remember(fields) if sum(map(len, fields)) < LONGEST_KEPT else self._judge(fields)
