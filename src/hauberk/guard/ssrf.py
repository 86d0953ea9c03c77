"""Whether an input chose the host of a connection: as a whole, or as the host of its authority (RFC 3986, 3.2.2).

Judged when the connection is made, by the address that it is made to (CWE-918): then redirects, names that resolve to
something else the second time, and odd spellings make no difference.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple
from urllib.parse import unquote

from hauberk.core.exchange import Exchange
from hauberk.guard.address import Address, folded, internal, loopback_name, parse_host
from hauberk.guard.inputs import SHORTEST_CODED, decodings, every
from hauberk.guard.verdict import ABSENT, Judgement

_PORTS = {"http": 80, "https": 443, "ftp": 21, "ws": 80, "wss": 443}
_WEB = frozenset({80, 443})
_URL_WITHIN = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{1,20}:(?://|\\\\)[^\s\"'<>()`]+")
_SENTENCE = re.compile(r"\s*[^\s/\\]+\s[^/\\]*[^\s/\\]\s*")
"""Words with a space between, and no slash: no host has one."""
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*")
MOST_WITHIN = 100
"""How many URLs in the middle of one value are looked at."""
LONGEST_HOST = 2_048

NAMED = Judgement("attack", "the input names the host, and its address is an internal one")
LED = Judgement("attack", "a host that the input names redirected to an internal address")
STORED = Judgement("attack", "a metadata service of the cloud is asked, and no code that is running names it")
PUBLIC = Judgement("inert", "the input names the host, and its address is a public one")
OWN = Judgement("inert", "the request names the host that it came to, and the application asks itself")
ALLOWED = Judgement("inert", "the policy lets a request choose this host")
USUAL = Judgement("unknown", "the input names the host, which the application also connects to by itself")

PEERS = frozenset(
    {
        "x-forwarded-for", "forwarded", "forwarded-for", "x-forwarded", "x-real-ip", "x-client-ip", "true-client-ip",
        "cf-connecting-ip", "x-cluster-client-ip", "x-original-forwarded-for", "fastly-client-ip", "via", "x-remote-ip",
        "x-envoy-external-address", "x-remote-addr", "x-originating-ip", "client-ip",
    }
)  # fmt: skip
"""Fields in which proxies write who asks: where that is this machine, it is no request for it."""
SITES = frozenset({"host", "origin", "x-forwarded-host", "x-forwarded-server", "x-original-host", "x-host"})
"""Fields that name the site itself: without a port they mean the usual one."""

How = Literal["url", "bare", "within"]


class Name(NamedTuple):
    """A host that an input can be read to name."""

    input: str
    port: int | None
    how: How
    """`url`: the whole value is a URL; `bare`: a host, perhaps with port and path; `within`: a URL in a longer text."""


def judge(host: str, port: int | None, address: Address, value: str) -> Judgement:
    """What an input does to a connection to `host`, which turned out to be `address`. `port` None: not known."""
    if not names(value, host, port):
        return ABSENT
    return NAMED if internal(address) else PUBLIC


def names(value: str, host: str, port: int | None = None) -> bool:
    """Whether the input spells that host, and no other port than that."""
    wanted = canonical(host)
    return bool(wanted) and any(
        canonical(name) == wanted and (own is None or port is None or own == port) for name, own, _ in _spelled(value)
    )


def hosts(ex: Exchange) -> dict[str, list[Name]]:
    """Every host that an input of the request names, in one spelling, with where and how."""
    found: dict[str, list[Name]] = {}
    for name, value in every(ex):
        field = name.removeprefix("header:") if name.startswith("header:") else ""
        for host, entry in _named(name, value, field):
            if entry not in (known := found.setdefault(host, [])):
                known.append(entry)
    return found


def _named(name: str, value: str, field: str) -> Iterator[tuple[str, Name]]:
    if value.isidentifier() and value.isascii() and len(value) < SHORTEST_CODED:
        # A word: it spells no address, and nothing can be decoded of it.
        if field not in PEERS:
            yield from _entry(name, value, None, "bare", field)
        return
    for form in dict.fromkeys(decodings(value)):
        if len(form) <= LONGEST_HOST and _SENTENCE.fullmatch(form) is None:
            for spelled, port, how in _spelled(form):
                if how == "url" or field not in PEERS:
                    yield from _entry(name, spelled, port, how, field)
        if "//" in form or "\\\\" in form:
            for found, _ in zip(_URL_WITHIN.finditer(form), range(MOST_WITHIN), strict=False):
                if found.group() != form:
                    for spelled, port, _how in _spelled(found.group().rstrip(".,;:!?")):
                        yield from _entry(name, spelled, port, "within", field)


def _entry(name: str, spelled: str, port: int | None, how: How, field: str) -> Iterator[tuple[str, Name]]:
    host = canonical(spelled)
    if host and len(host) < 256:
        ports = _WEB if port is None and field in SITES else (port,)
        yield from ((host, Name(name, one, how)) for one in ports)


def _spelled(value: str) -> list[tuple[str, int | None, How]]:
    """The hosts and ports that a value can be read to name. Clients differ over `\\` and spaces: all readings count."""
    text = "".join(character for character in value.strip() if character >= " ").replace("\\", "/")
    scheme, found, rest = text.partition(":")
    if found and rest.startswith("/") and _SCHEME.fullmatch(scheme):
        return [(*_host_and_port(rest.lstrip("/"), _PORTS.get(scheme.lower())), "url")]
    return [(*_host_and_port(text.lstrip("/"), None), "bare"), (text, None, "bare")]


def host_and_port(text: str) -> tuple[str, int | None]:
    """A host and its port, if it has one, as in a URL or a Host field."""
    return (text, None) if parse_host(text) is not None else _host_and_port(text, None)


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


def canonical(host: str) -> str:
    """One spelling for each host."""
    plain = folded(unquote(host) if "%" in host else host)
    # A letter first is a name, unless colons follow.
    address = None if plain[:1].isalpha() and ":" not in plain else parse_host(plain)
    if address is not None:
        return str(address)
    bare = plain.removesuffix(".")
    try:
        return bare if bare.isascii() else bare.encode("idna").decode("ascii")
    except UnicodeError:
        return bare


def is_own(ex: Exchange, host: str, port: int) -> bool:
    """Whether the request came to that very host and port.

    Its Host field may say anything. So a port counts that the server listens on itself, or the usual one of the web in
    front of a proxy, and the latter only for names: an address there is anybody's.
    """
    name, stated = host_and_port(ex.header("host"))
    if canonical(name) != host or port != (stated or _PORTS.get(ex.scheme, 80)):
        return False
    return port == ex.server_port or (port in _WEB and parse_host(name) is None and not loopback_name(name))


def suffixed(host: str, named: Iterable[str]) -> str | None:
    """The host of an input that was appended to the application's own words, and so became the domain that is asked."""
    for name in named:
        inner = name.lstrip(".")
        if (
            "." in inner
            and len(host) > len(name)
            and host.endswith(name)
            and (name != inner or host[-len(name) - 1] != ".")
        ):
            return name
    return None
