"""Which address a host is, however it is spelled, and whether it is one that the outside must not reach."""

from __future__ import annotations

import unicodedata
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address

_NAT64 = IPv6Network("64:ff9b::/96")
_NAT64_LOCAL = IPv6Network("64:ff9b:1::/48")
_COMPATIBLE = IPv6Network("::/96")
_LOOPBACK_NAMES = frozenset(
    {"localhost", "localhost.localdomain", "localhost6", "localhost6.localdomain6", "ip6-localhost", "ip6-loopback"}
)
"""As resolvers and the hosts files of systems have them."""
_SITE_LOCAL = IPv6Network("fec0::/10")
_TRANSLATED = IPv6Network("::ffff:0:0:0/96")
METADATA = frozenset(
    map(
        ip_address,
        (
            "169.254.169.254",  # AWS, Azure, Google, Oracle, DigitalOcean, OpenStack
            "fd00:ec2::254",
            "fd20:ce::254",
            "169.254.170.2",  # credentials of containers and pods on AWS
            "169.254.170.23",
            "fd00:ec2::23",
            "100.100.100.200",  # Alibaba
            "168.63.129.16",  # Azure's own, though of a public range
            "192.0.0.192",  # Oracle, classic
            "169.254.42.42",  # Scaleway
            "fd00:42::42",
        ),
    )
)
"""Where clouds tell a machine its secrets (CWE-918)."""
METADATA_NAMES = frozenset(
    {"metadata.google.internal", "metadata.goog", "metadata", "instance-data", "instance-data.ec2.internal"}
)
"""Names that the clouds themselves gave those."""


def folded(host: str) -> str:
    """A host as clients read it before they look it up: in lower case, NFKC, every full stop a dot (UTS 46)."""
    if host.isascii():
        return host.strip().lower()
    return unicodedata.normalize("NFKC", host).replace("\u3002", ".").strip().lower()


def loopback_name(host: str) -> bool:
    """Whether a name is this machine, whoever resolves it (RFC 6761, section 6.3), or by old custom."""
    name = folded(host).removesuffix(".")
    return name in _LOOPBACK_NAMES or name.endswith(".localhost")


def parse_host(host: str) -> Address | None:
    """The address that a host spells: dotted, short, decimal, octal or hexadecimal (inet_aton), or IPv6.

    None for a name. Brackets, a zone and one dot at the end are none of it.
    """
    bare = folded(host).removeprefix("[").removesuffix("]").partition("%")[0]
    if ":" in bare:
        try:
            return ip_address(bare)
        except ValueError:
            return None
    return _from_numbers(bare.removesuffix("."))


def _from_numbers(host: str) -> IPv4Address | None:
    parts = host.split(".")
    if len(parts) > 4:
        return None
    numbers = [_number(part) for part in parts]
    known = [number for number in numbers if number is not None]
    if len(known) != len(parts) or any(number > 255 for number in known[:-1]):
        return None
    last_bits = 8 * (5 - len(known))
    if known[-1] >= 1 << last_bits:
        return None
    value = known[-1]
    for at, number in enumerate(known[:-1]):
        value |= number << (24 - 8 * at)
    return IPv4Address(value)


def _number(part: str) -> int | None:
    """A part as inet_aton reads it: 0x is hexadecimal, 0 octal; digits of ASCII only."""
    if not part or not part.isascii() or not part.isalnum() or len(part) > 64:
        return None
    low = part.lower()
    base = 16 if low.startswith("0x") else 8 if low.startswith("0") else 10
    digits = low[2:] if base == 16 else low
    try:
        return int(digits, base) if digits else 0
    except ValueError:
        return None


def unwrapped(address: Address) -> Address:
    """The IPv4 address in an IPv6 one: mapped, translated, compatible, 6to4, NAT64 (RFC 6052); else itself."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address in _NAT64 or address in _TRANSLATED or (address in _COMPATIBLE and int(address) > 1):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def internal(address: Address) -> bool:
    """Whether the address is not of the public internet: loopback, private, link-local (metadata), shared, reserved."""
    final = unwrapped(address)
    if (
        final in METADATA
        or final.is_multicast
        or (isinstance(final, IPv6Address) and (final in _NAT64_LOCAL or final in _SITE_LOCAL))
    ):
        return True
    return not final.is_global


def metadata(address: Address) -> bool:
    """Whether a cloud answers there with what only the machine may know."""
    return unwrapped(address) in METADATA
