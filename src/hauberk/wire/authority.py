"""The authority of a request: who it says it was sent to (RFC 9110, section 7.2; RFC 3986, section 3.2).

    Host = uri-host [ ":" port ]
    uri-host = IP-literal / IPv4address / reg-name

Narrower than the grammar, which allows names that no resolver, no browser and no certificate knows: percent-encoding,
quotes and the like in a name, a colon without a port, an address of two numbers. Whatever reads the field next may take
those apart in another way, and that is what poisoned Host fields live on.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv6Address

from hauberk.core.errors import HauberkError
from hauberk.wire.origin import ends_in_number, host_problem

MAX_LENGTH = 253 + len(".:65535")
"""The longest name that DNS can hold, with its dot and a port."""
_HEX = frozenset("0123456789abcdefABCDEF:.")


class AuthorityError(HauberkError, ValueError):
    """A text is no host with a port. `text` is what was given, `problem` what is wrong with it."""

    def __init__(self, text: str, problem: str) -> None:
        self.text, self.problem = text, problem
        super().__init__(f"{text[:MAX_LENGTH]!r} is no host: {problem}")


@dataclass(frozen=True, slots=True)
class Authority:
    """A host and a port in one spelling, however they were written: `parse(str(x)) == x`."""

    host: str
    """In lower case: a name without the dot at its end, an IPv4 address, or an IPv6 address in brackets, short."""
    port: int | None = None
    """None where none was written."""

    @classmethod
    def parse(cls, text: str) -> Authority:
        """Read a Host field, or the authority of a URL. Raises AuthorityError for anything else, and only that."""
        if not text:
            raise AuthorityError(text, "it is empty or missing")
        if len(text) > MAX_LENGTH:
            raise AuthorityError(text, f"it is longer than {MAX_LENGTH} octets")
        if "@" in text:
            raise AuthorityError(text, "it holds user information")  # not part of Host; in a URL, a disguise
        if "," in text:
            raise AuthorityError(text, "it came twice")  # servers and exchanges join repeated fields
        host, port = _split(text)
        return cls(_ipv6(text, host) if host.startswith("[") else _name(text, host), port)

    @property
    def address(self) -> IPv4Address | IPv6Address | None:
        """The host as an address, or None where it is a name."""
        if self.host.startswith("["):
            return IPv6Address(self.host[1:-1])
        return IPv4Address(self.host) if ends_in_number(self.host) else None

    @property
    def loopback(self) -> bool:
        """Whether this is the machine itself by definition (RFC 6761, section 6.3; RFC 1122; RFC 4291)."""
        address = self.address
        if address is None:
            return self.host == "localhost" or self.host.endswith(".localhost")
        mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
        return (mapped or address).is_loopback

    def __str__(self) -> str:
        return self.host if self.port is None else f"{self.host}:{self.port}"


def _split(text: str) -> tuple[str, int | None]:
    if text.startswith("["):
        end = text.find("]") + 1  # 0 where there is none: the host is empty then, and refused
        host, tail = text[:end], text[end:]
    else:
        host, colon, tail = text.partition(":")
        tail = colon + tail
    if not tail:
        return host, None
    digits = tail[1:]
    # RFC 3986 lets the digits be absent and start with 0; nothing sends that, and readers disagree about it.
    if tail[0] != ":" or not digits.isascii() or not digits.isdigit() or len(digits) > len("65535"):
        raise AuthorityError(text, "after the host stands something other than a port")
    port = int(digits)
    if digits[0] == "0" or port > 65535:
        raise AuthorityError(text, "a port is a number from 1 to 65535")
    return host, port


def _name(text: str, host: str) -> str:
    """A registered name or an IPv4 address; the dot that makes a name absolute is left out."""
    host = (host.lower() if host.isascii() else host).removesuffix(".")
    if not host or host.endswith("."):
        raise AuthorityError(text, "the host is empty, or ends with two dots")
    if problem := host_problem(host):
        raise AuthorityError(text, problem)
    return host


def _ipv6(text: str, host: str) -> str:
    inner = host[1:-1]
    if not host.endswith("]") or not _HEX.issuperset(inner):
        raise AuthorityError(text, "the host is not an IPv6 address in brackets")
    try:
        address = IPv6Address(inner)
    except AddressValueError:
        raise AuthorityError(text, "the host is not an IPv6 address in brackets") from None
    if (mapped := address.ipv4_mapped) is not None:
        # As URLs write it (WHATWG URL, "IPv6 serializer"); Python does so before 3.13 only.
        return f"[::ffff:{int(mapped) >> 16:x}:{int(mapped) & 0xFFFF:x}]"
    return f"[{address}]"
