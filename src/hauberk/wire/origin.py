"""Origins: who a page is, as browsers write it (Fetch, section 3.2; HTML, section 7.1.1; RFC 6454, section 6.2).

    Origin: null
    Origin: scheme "://" host [ ":" port ]

Strict: only the one spelling that browsers send is an origin. What needs lower-casing, trimming, decoding or guessing
is not from a browser, and comparing it after such repairs is how allow-lists are got around.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv6Address

from hauberk.core.errors import HauberkError

NULL = "null"
"""How an opaque origin is written: of sandboxed frames, `data:` and `file:` pages, and some redirects."""
DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}
"""Left out where an origin is written (HTML, "serialization of an origin")."""
OPAQUE_SCHEMES = frozenset({"about", "blob", "data", "file", "javascript"})
"""Pages of these have an opaque origin, or that of another page: none is ever written with them."""
MAX_HOST, MAX_LABEL, MAX_SCHEME = 253, 63, 64
MAX_LENGTH = MAX_SCHEME + len("://") + MAX_HOST + len(".:65535")

_SCHEME = frozenset("abcdefghijklmnopqrstuvwxyz0123456789+-.")
_HOST = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-._")
_HEX = frozenset("0123456789abcdef")
_LOOPBACK_NAME = "localhost"


class OriginError(HauberkError, ValueError):
    """A text is no origin as browsers write them. `text` is what was given, `problem` what is wrong with it."""

    def __init__(self, text: str, problem: str) -> None:
        self.text, self.problem = text, problem
        super().__init__(f"{text[:MAX_LENGTH]!r} is no origin: {problem}")


@dataclass(frozen=True, slots=True)
class Origin:
    """A tuple origin, or the opaque one. Each one that exists can be written and read back: `parse(str(x)) == x`."""

    scheme: str
    """In lower case, such as `https`; empty for the opaque origin."""
    host: str
    """In lower case and ASCII: a name, an IPv4 address, or an IPv6 address in brackets."""
    port: int | None = None
    """None stands for the default port of the scheme."""

    def __post_init__(self) -> None:
        if not self.scheme and not self.host and self.port is None:
            return  # the opaque origin
        for problem in (_scheme_problem(self.scheme), host_problem(self.host), _port_problem(self.scheme, self.port)):
            if problem:
                raise OriginError(str(self), problem)

    @classmethod
    def parse(cls, text: str) -> Origin:
        """Read what an `Origin` field holds; `null` is OPAQUE. Raises OriginError for anything else, and only that."""
        if len(text) > MAX_LENGTH:
            raise OriginError(text, f"it is longer than {MAX_LENGTH} octets")
        if text == NULL:
            return OPAQUE
        scheme, separator, rest = text.partition("://")
        if not separator or not scheme:
            raise OriginError(text, "it is not written scheme://host")
        host, port = _split(text, rest)
        return cls(scheme, host, port)

    @property
    def opaque(self) -> bool:
        """Whether this stands for any of the many pages that are nobody's."""
        return not self.scheme

    @property
    def address(self) -> IPv4Address | IPv6Address | None:
        """The host as an address, or None where it is a name."""
        if self.host.startswith("["):
            return IPv6Address(self.host[1:-1])
        return IPv4Address(self.host) if ends_in_number(self.host) else None

    @property
    def loopback(self) -> bool:
        """Whether the host is this machine by definition (RFC 6761, section 6.3; RFC 1122; RFC 4291)."""
        address = self.address
        if address is not None:
            return address.is_loopback
        name = self.host.removesuffix(".")
        return name == _LOOPBACK_NAME or name.endswith("." + _LOOPBACK_NAME)

    def same(self, other: Origin) -> bool:
        """Same origin, as HTML defines it. Two opaque origins may be of different pages, and so are never the same."""
        return not self.opaque and self == other

    def __str__(self) -> str:
        if self.opaque and not self.host:
            return NULL
        return f"{self.scheme}://{self.host}" + (f":{self.port}" if self.port is not None else "")


def _split(text: str, rest: str) -> tuple[str, int | None]:
    """Host and port of what follows `://`."""
    if rest.startswith("["):
        end = rest.find("]") + 1  # 0 where there is none: the host is empty then, and refused
        host, tail = rest[:end], rest[end:]
    else:
        host, colon, tail = rest.partition(":")
        tail = colon + tail
    if not tail:
        return host, None
    digits = tail[1:]
    if tail[0] != ":" or not digits.isascii() or not digits.isdigit() or len(digits) > len("65535"):
        raise OriginError(text, "after the host stands something other than a port")
    if digits[0] == "0":
        raise OriginError(text, "a port starts with another digit than 0")
    return host, int(digits)


def _scheme_problem(scheme: str) -> str:
    """RFC 3986, section 3.1, in lower case."""
    if not scheme or len(scheme) > MAX_SCHEME or not _SCHEME.issuperset(scheme) or not scheme[0].isalpha():
        return "the scheme is not one in lower case"
    return f"pages of {scheme}: have no origin of their own, they send null" if scheme in OPAQUE_SCHEMES else ""


def _port_problem(scheme: str, port: int | None) -> str:
    if port is None:
        return ""
    if isinstance(port, bool) or not 1 <= port <= 65535:
        return "a port is between 1 and 65535"
    return (
        f"{port} is the default port of {scheme}, which browsers leave out" if DEFAULT_PORTS.get(scheme) == port else ""
    )


def host_problem(host: str) -> str:
    """What keeps a text from being a host as browsers write it; empty if nothing does."""
    if host.startswith("["):
        return _ipv6_problem(host)
    if not _HOST.issuperset(host):
        return "the host has characters other than a-z 0-9 - . _"
    name = host.removesuffix(".")
    if not name or len(name) > MAX_HOST:
        return "the host is empty or too long"
    if ends_in_number(host):
        return _ipv4_problem(host)
    for label in name.split("."):
        if not 0 < len(label) <= MAX_LABEL:
            return "a label of the host is empty or too long"
        if label.startswith("xn--") and not _punycode(label[4:]):
            return f"{label} is no valid Punycode"
    return ""


def ends_in_number(host: str) -> bool:
    """Whether a host is an IPv4 address or a failed attempt at one (URL, "ends in a number checker")."""
    last = host.removesuffix(".").rpartition(".")[2]
    return last.isdigit() or (last.startswith("0x") and _HEX.issuperset(last[2:]))


def _ipv4_problem(host: str) -> str:
    try:
        IPv4Address(host)  # takes dotted quads without leading zeros, and nothing else
    except AddressValueError:
        return "the host is not an IPv4 address of four decimal numbers"
    return ""


def _ipv6_problem(host: str) -> str:
    inner = host[1:-1]
    if not host.endswith("]") or not (_HEX | {":"}).issuperset(inner):
        return "the host is not an IPv6 address in brackets"
    try:
        address = IPv6Address(inner)
    except AddressValueError:
        return "the host is not an IPv6 address in brackets"
    if address.ipv4_mapped is not None:
        return "an IPv4 address in the form of IPv6 has another origin than the plain one"
    return "" if inner == str(address) else f"IPv6 addresses are written short: [{address}]"


def _punycode(text: str) -> bool:
    """Whether this is the one way in which a label that needs Punycode is written (RFC 5891, section 4.2)."""
    try:
        label = text.encode("ascii").decode("punycode")
        again = label.encode("punycode").decode("ascii")
    except UnicodeError:
        return False
    return (
        again == text
        and not label.isascii()
        and unicodedata.is_normalized("NFC", label)
        and label == label.lower()
        and not any(unicodedata.category(char)[0] in "CZ" for char in label)
    )


OPAQUE = Origin("", "")
"""The origin of pages that are nobody's; written `null`."""
