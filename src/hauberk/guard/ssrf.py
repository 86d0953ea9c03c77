"""Whether an input spelled the host of a connection: as a whole, or as the host of its authority (RFC 3986, 3.2.2)."""

from __future__ import annotations

from urllib.parse import unquote

from hauberk.guard.address import Address, folded, internal, parse_host
from hauberk.guard.verdict import ABSENT, Judgement

_PORTS = {"http": 80, "https": 443, "ftp": 21, "ws": 80, "wss": 443}


def judge(host: str, port: int | None, address: Address, value: str) -> Judgement:
    """What an input does to a connection to `host`, which turned out to be `address`. `port` None: not known."""
    if not names(value, host, port):
        return ABSENT
    if internal(address):
        return Judgement("attack", "the input names the host, and its address is an internal one")
    return Judgement("inert", "the input names the host, and its address is a public one")


def names(value: str, host: str, port: int | None = None) -> bool:
    """Whether the input spells that host, and no other port than that."""
    wanted = _canonical(host)
    return bool(wanted) and any(
        _canonical(name) == wanted and (own is None or port is None or own == port) for name, own in _spelled(value)
    )


def _spelled(value: str) -> list[tuple[str, int | None]]:
    """The hosts and ports that a value can be read to name. Clients differ over `\\` and spaces: all readings count."""
    text = "".join(character for character in value.strip() if character >= " ").replace("\\", "/")
    scheme, found, rest = text.partition(":")
    if found and rest.startswith("/"):
        return [_host_and_port(rest.lstrip("/"), _PORTS.get(scheme.lower()))]
    return [_host_and_port(text.lstrip("/"), None), (text, None)]


def _host_and_port(rest: str, default: int | None) -> tuple[str, int | None]:
    authority = rest
    for end in "/?#":
        authority = authority.partition(end)[0]
    authority = authority.rpartition("@")[2]
    if authority.startswith("["):
        host, _, after = authority[1:].partition("]")
        port = after.removeprefix(":")
    else:
        host, _, port = authority.partition(":")
    number = int(port) if port.isascii() and port.isdigit() and len(port) <= 5 else None
    return host, default if number is None else number


def _canonical(host: str) -> str:
    """One spelling for each host."""
    plain = folded(unquote(host))
    address = parse_host(plain)
    if address is not None:
        return str(address)
    bare = plain.removesuffix(".")
    try:
        return bare if bare.isascii() else bare.encode("idna").decode("ascii")
    except UnicodeError:
        return bare
