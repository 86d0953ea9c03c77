"""What proxies say of the request they passed on: `Forwarded` (RFC 7239) and `X-Forwarded-For`.

    Forwarded         = 1#forwarded-element
    forwarded-element = [ forwarded-pair ] *( ";" [ forwarded-pair ] )
    forwarded-pair    = token "=" ( token / quoted-string )
    node              = nodename [ ":" node-port ]

Each proxy appends at the right, and everything to the left of what one's own proxies appended was written by whoever
liked to. So both are read from the right, one element at a time: a quotation mark that a client leaves open swallows
what stands before it, never what a proxy added behind it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from types import MappingProxyType

from hauberk.core.errors import HauberkError

Address = IPv4Address | IPv6Address

MAX_ELEMENTS = 64
"""More than that is nobody's chain of proxies; the rest is not looked at."""

_NAME = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
# Addresses with a port need quotes, says the RFC; proxies that leave them out are read all the same, as nothing in
# `:`, `[` and `]` can end a value.
_VALUE = r"[!#$%&'*+\-.^_`|~0-9A-Za-z:\[\]]+"
_QUOTED = r'"(?:[\t \x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t \x21-\x7e\x80-\xff])*+"'
_PAIR = re.compile(rf"[ \t]*({_NAME})=({_VALUE}|{_QUOTED})[ \t]*(?:;|\Z)")
_BARE = re.compile(rf"{_NAME}\Z")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_NODE = re.compile(
    r"(\[[0-9A-Fa-f:.]+\]|[0-9.]+|[Uu][Nn][Kk][Nn][Oo][Ww][Nn]|_[A-Za-z0-9._-]+)(?::([0-9]{1,5}|_[A-Za-z0-9._-]+))?\Z"
)
_KNOWN = ("for", "by", "host", "proto")


class ForwardedError(HauberkError, ValueError):
    """A text is no element of a Forwarded field. `problem` is what is wrong with it."""

    def __init__(self, text: str, problem: str) -> None:
        self.text, self.problem = text, problem
        super().__init__(f"{text[:200]!r} is no forwarded element: {problem}")


@dataclass(frozen=True, slots=True)
class Node:
    """Who sent or took a request: an address, or a name that a proxy made up for it."""

    name: str
    """An address without brackets in its short form, `unknown`, or an obfuscated identifier such as `_hidden`."""
    port: str = ""
    """Digits, or an obfuscated port such as `_p1`; empty where none was given."""

    @classmethod
    def parse(cls, text: str) -> Node:
        """Read what `for` and `by` hold (RFC 7239, section 6). Raises ForwardedError."""
        match = _NODE.match(text)
        if match is None:
            raise ForwardedError(text, "it is neither an address, nor unknown, nor starts with an underscore")
        name, port = match[1], match[2] or ""
        if name[0] == "_":
            return cls(name, port)
        if name[0] in "uU":
            return cls("unknown", port)
        address = _address(name[1:-1] if name[0] == "[" else name)
        if address is None or (name[0] == "[") != (":" in name):
            raise ForwardedError(text, "it is no IP address")
        return cls(str(address), port)

    @property
    def address(self) -> Address | None:
        """The address, or None where it is hidden."""
        return _address(self.name)

    def __str__(self) -> str:
        name = f"[{self.name}]" if ":" in self.name else self.name
        return f"{name}:{self.port}" if self.port else name


@dataclass(frozen=True, slots=True)
class Forwarded:
    """One element: what one proxy said of one request."""

    source: Node | None = None
    """`for`: who the proxy had the request from."""
    by: Node | None = None
    """Where the proxy took it."""
    host: str = ""
    """The Host field as the proxy saw it; any text, to be parsed before it is used."""
    proto: str = ""
    """`http` or `https`, or any other text."""
    extensions: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Other parameters, names in lower case."""

    @classmethod
    def parse(cls, text: str) -> Forwarded:
        """Read one element. Raises ForwardedError, and only that: also for a parameter that came twice (section 4)."""
        pairs = _pairs(text)
        known = {name: pairs.pop(name, "") for name in _KNOWN}
        return cls(
            source=Node.parse(known["for"]) if known["for"] else None,
            by=Node.parse(known["by"]) if known["by"] else None,
            host=known["host"],
            proto=known["proto"],
            extensions=MappingProxyType(pairs),
        )

    def __str__(self) -> str:
        pairs = {"for": str(self.source or ""), "by": str(self.by or ""), "host": self.host, "proto": self.proto}
        given = [(name, value) for name, value in pairs.items() if value] + list(self.extensions.items())
        return ";".join(f"{name}={_quoted(value)}" for name, value in given)


def elements_from_right(text: str) -> Iterator[str]:
    """The elements of a Forwarded field, last first, not parsed yet; empty ones are left out (RFC 9110, 5.6.1.2).

    Ends before an element whose quotation marks do not match, as nothing can be said of what stands there.
    """
    if '"' not in text:
        yield from (stripped for part in reversed(text.split(",")) if (stripped := part.strip(" \t")))
        return
    end, quoted = len(text), False
    for i in range(len(text) - 1, -1, -1):
        char = text[i]
        if char == '"' and not (quoted and _is_escaped(text, i)):
            quoted = not quoted
        elif char == "," and not quoted:
            if element := text[i + 1 : end].strip(" \t"):
                yield element
            end = i
    if not quoted and (element := text[:end].strip(" \t")):
        yield element


def addresses_from_right(text: str) -> Iterator[str]:
    """The elements of an X-Forwarded-For field, last first, empty ones included: nobody's proxy appends nothing.

    Quotation marks around a whole element, as Forwarded wants them for an address with a port, are taken off. Around
    several elements they hold nothing together: what a client left open does not reach what a proxy added.
    """
    return (_unquoted(part.strip(" \t")) for part in reversed(text.split(",")))


def address_of(text: str) -> Address | None:
    """An address as `X-Forwarded-For` holds it: IPv4 or IPv6, with brackets or without, with a port or without.

    None for anything else, zone identifiers included. An IPv4 address in the form of IPv6 is that IPv4 address.
    """
    if text.startswith("["):
        inside, bracket, port = text[1:].partition("]")
        if not bracket or (port and not _is_port(port[1:], port[0])):
            return None
        return _address(inside) if ":" in inside else None
    if text.count(":") == 1:
        text, _, port = text.partition(":")
        return _address(text) if _is_port(port, ":") and "." in text else None
    return _address(text)


def plain(address: Address) -> Address:
    """The IPv4 address that a socket for both families shows as `::ffff:192.0.2.1`; any other as it is."""
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def peer_address(client: str) -> Address | None:
    """The address of a peer as a server tells it: without the interface that one on the same link comes by (RFC 4007,
    section 11)."""
    return address_of(client.partition("%")[0])


def is_within(client: str, networks: Iterable[IPv4Network | IPv6Network]) -> bool:
    """Whether the peer's address is in one of these networks."""
    address = peer_address(client)
    return address is not None and any(address.version == known.version and address in known for known in networks)


IPV6_PREFIX = 64
"""What one customer of a provider gets at least (RFC 6177): the addresses below it are his to choose."""


def network_of(client: str) -> str:
    """Whom an address stands for: an IPv4 address for itself, an IPv6 address for its /64, another text for itself."""
    address = peer_address(client)
    if address is None:
        return f"peer:{client[:64]}"
    if isinstance(address, IPv6Address):
        return f"net:{ip_network((address, IPV6_PREFIX), strict=False)}"
    return f"ip:{address}"


def _address(text: str) -> Address | None:
    if "%" in text or "/" in text:
        return None
    try:
        return plain(ip_address(text))
    except ValueError:
        return None


def _is_port(digits: str, colon: str) -> bool:
    return colon == ":" and digits.isascii() and digits.isdigit() and len(digits) <= len("65535")


def _is_escaped(text: str, i: int) -> bool:
    """Whether an odd number of backslashes stands before this place."""
    first = i
    while first and text[first - 1] == "\\":
        first -= 1
    return (i - first) % 2 == 1


def _pairs(text: str) -> dict[str, str]:
    pairs: dict[str, str] = {}
    place = 0
    while place < len(text):
        if text[place] in "; \t":
            place += 1
            continue
        match = _PAIR.match(text, place)
        if match is None:
            raise ForwardedError(text, "it is not written name=value, with semicolons between")
        name, value = match[1].lower(), match[2]
        if name in pairs:
            raise ForwardedError(text, f"{name} came twice")
        pairs[name] = _ESCAPED.sub(r"\1", value[1:-1]) if value[0] == '"' else value
        place = match.end()
    return pairs


def _unquoted(text: str) -> str:
    return text[1:-1] if len(text) > 2 and text[0] == text[-1] == '"' and '"' not in text[1:-1] else text


def _quoted(value: str) -> str:
    if _BARE.match(value):
        return value
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
