"""Which hosts the application answers for: everything else in a Host field was made up (CWE-644, CWE-346)."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

from hauberk.core.errors import ConfigurationError
from hauberk.core.exchange import Exchange, Reply
from hauberk.core.log import decision
from hauberk.core.options import flag, words
from hauberk.core.plan import Steps
from hauberk.shield.exempt import Exempt, Exemptions
from hauberk.wire.authority import Authority, AuthorityError
from hauberk.wire.forwarded import address_of, plain

SUBDOMAINS = "*."
DEFAULT_PORTS = frozenset({80, 443})
RESERVED = frozenset({"localhost", "test", "internal", "local", "example", "invalid", "lan", "home"})
"""Names with a single label whose subdomains are nobody else's (RFC 6761, RFC 6762, RFC 8375)."""
NO_STORE = ("cache-control", "no-store")
"""A refusal that a cache kept would be served to everybody: poisoning by other means."""
TEXT = ("content-type", "text/plain; charset=utf-8")
Ports = frozenset[int] | None
"""None in place of the set: every port."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is thought of a Host field: `status` is 0 where it is fine."""

    status: int
    why: str = ""
    loopback: bool = False
    """Whether it names this machine, and stands in no list."""


ALLOWED = Verdict(0)
STRANGER = Verdict(421, "the host is not one of ours")
LOOPBACK = Verdict(421, "the host is this machine, and the client is another one", loopback=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hosts:
    """Refuses requests whose Host field is missing, repeated, malformed, or names a host that is not listed.

    Whatever is made of the field then - links in password mails, redirects, cache keys, the origin that CSRF checks
    compare with - is made of a name that the application has. Well-formed strangers get 421 (RFC 9110, section
    15.5.20), the rest 400 (RFC 9112, section 3.2). WebSocket handshakes are checked like any other request.
    """

    allow: tuple[str, ...] = ()
    """`app.example`; `*.app.example` (every subdomain, not the name itself); `192.0.2.7`; `[2001:db8::7]`. With a port,
    as `app.example:8443`, for that port only."""
    ports: tuple[int, ...] = ()
    """Ports that may stand behind names listed without one, those that browsers leave out apart; empty means any."""
    loopback: bool = True
    """Whether `localhost`, `127.0.0.1` and `[::1]` are answered to clients on this machine, for development. Turn it
    off behind a proxy on this machine that hands the Host field on unseen and is not named in HTTPS.proxies."""
    exempt: tuple[str, ...] = ()
    """Paths that are answered for every host and without one, such as `/healthz`: load balancers ask by address."""
    insecure_allow_any_host: bool = False
    """Every well-formed host is fine: where something in front of the application checks it."""
    _allowed: AllowedHosts = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        flag("Hosts.loopback", self.loopback)
        flag("Hosts.insecure_allow_any_host", self.insecure_allow_any_host)
        object.__setattr__(self, "allow", words("Hosts.allow", self.allow))
        object.__setattr__(self, "exempt", words("Hosts.exempt", self.exempt))
        exempt_paths("Hosts.exempt", self.exempt)
        if not self.allow and not self.insecure_allow_any_host:
            raise ConfigurationError(
                "Hosts.allow", self.allow, "is empty", "list the application's hosts, as allow=('app.example',)"
            )
        for port in self.ports:
            number("Hosts.ports", port, 65535)
        ports = frozenset(self.ports) | DEFAULT_PORTS if self.ports else None
        allowed = AllowedHosts("Hosts.allow", self.allow, ports=ports, anybody=self.insecure_allow_any_host)
        object.__setattr__(self, "_allowed", allowed)

    def steps(self) -> Steps:
        """Look at every request before anything else does, trusted proxies apart."""
        return Steps(on_request=Checker(self).check, reads=frozenset({"host"}))

    def allows(self, host: str) -> bool:
        """Whether a Host field of that text is answered, wherever the client is."""
        return self._allowed.judge(host).status == 0


class Checker:
    """A `Hosts` with everything worked out that can be."""

    __slots__ = ("_exempt", "_judge", "_local")

    def __init__(self, hosts: Hosts) -> None:
        self._judge = hosts._allowed.judge
        self._local = hosts.loopback
        self._exempt = exempt_paths("Hosts.exempt", hosts.exempt)

    def check(self, ex: Exchange) -> Reply | None:
        """A reply where the request is not for us."""
        host = ex.header("host")
        verdict = self._judge(host)
        if verdict is ALLOWED and ex.origin_form:
            return None
        # What asks for a health check may know no name at all (HTTP/1.0), but two names are never right.
        if (verdict.status == 421 or not host) and ex.path in self._exempt:
            return None
        if verdict.loopback and self._local and is_local(ex.client):
            verdict = ALLOWED
        if verdict is ALLOWED:
            verdict = target_agrees(ex)
        return refuse(ex, verdict) if verdict.status else None


class AllowedHosts:
    """A list of hosts, arranged for look-up; `judge` remembers the last few hundred answers."""

    __slots__ = ("_anybody", "_exact", "_suffixes", "judge")

    def __init__(self, option: str, entries: tuple[str, ...], *, ports: Ports = None, anybody: bool = False) -> None:
        self._exact: dict[str, Ports] = {}
        self._suffixes: dict[str, Ports] = {}
        self._anybody = anybody
        for entry in entries:
            subdomains, authority = _parse_entry(option, entry)
            where, key = (self._suffixes, "." + authority.host) if subdomains else (self._exact, authority.host)
            self._add(where, key, authority, ports)
        self.judge = lru_cache(maxsize=512)(self._judge)

    @staticmethod
    def _add(where: dict[str, Ports], key: str, authority: Authority, ports: Ports) -> None:
        more = ports if authority.port is None else frozenset({authority.port})
        known = where.get(key, frozenset())
        where[key] = None if more is None or known is None else known | more

    def _judge(self, text: str) -> Verdict:
        """What is thought of a Host field."""
        try:
            authority = Authority.parse(text)
        except AuthorityError as error:
            return Verdict(400, error.problem)
        if self._anybody or self._covers(authority):
            return ALLOWED
        return LOOPBACK if authority.loopback else STRANGER

    def _covers(self, authority: Authority) -> bool:
        host, port = authority.host, authority.port
        if host in self._exact and _fits(self._exact[host], port):
            return True
        if authority.address is not None:
            return False
        dot = host.find(".")
        while dot >= 0:
            if host[dot:] in self._suffixes and _fits(self._suffixes[host[dot:]], port):
                return True
            dot = host.find(".", dot + 1)
        return False


def _fits(ports: Ports, port: int | None) -> bool:
    """A port that is not written is one of the two default ones; which, the scheme says."""
    if ports is None:
        return True
    return not ports.isdisjoint(DEFAULT_PORTS) if port is None else port in ports


def _parse_entry(option: str, entry: str) -> tuple[bool, Authority]:
    """Whether its subdomains are meant, and the host. Raises ConfigurationError with a proposal."""
    if entry == "*":
        fix = "list the application's hosts; insecure_allow_any_host=True where a proxy checks them"
        raise ConfigurationError(option, entry, "lets every host in", fix)
    subdomains = entry.startswith(SUBDOMAINS)
    try:
        authority = Authority.parse(entry.removeprefix(SUBDOMAINS))
    except AuthorityError as error:
        raise ConfigurationError(option, entry, error.problem, _proposal(entry)) from None
    if subdomains and authority.address is not None:
        raise ConfigurationError(option, entry, "is an address, which has no subdomains")
    if subdomains and "." not in authority.host and authority.host not in RESERVED:
        raise ConfigurationError(option, entry, "matches hosts of strangers", "name the domain that is yours")
    return subdomains, authority


def _proposal(entry: str) -> str:
    """What the writer may have meant."""
    if entry.startswith("."):
        return f"write {entry[1:]!r} for the name and {'*' + entry!r} for its subdomains"
    rest = entry.partition("://")[2] or entry
    host = rest.partition("/")[0].rpartition("@")[2]
    prefix = SUBDOMAINS if host.startswith(SUBDOMAINS) else ""
    host = host.removeprefix(prefix)
    try:
        if not host.isascii():
            host = host.encode("idna").decode("ascii")
        if host.count(":") > 1 and not host.startswith("["):
            host = f"[{host}]"
        return f"write {prefix + str(Authority.parse(host))!r}"
    except (AuthorityError, UnicodeError):
        return "write a host as browsers send it, such as 'app.example', '*.app.example' or '[::1]:8000'"


def number(option: str, value: object, most: int) -> None:
    """Raise ConfigurationError unless the value is a number from 1 to the most there is."""
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        raise ConfigurationError(option, value, f"is not a number from 1 to {most}")


def exempt_paths(option: str, paths: tuple[str, ...]) -> Exemptions:
    """Paths of an option without reasons: `/healthz`, or `/health/` for everything below it."""
    found = []
    for path in words(option, paths):
        if path == "/":
            raise ConfigurationError(option, path, "exempts every path", "turn the feature off in the policy instead")
        try:
            found.append(Exempt(path=path, reason=option))
        except ConfigurationError as error:
            raise ConfigurationError(option, path, error.problem, error.fix) from None
    return Exemptions(tuple(found))


@lru_cache(maxsize=256)
def is_local(client: str) -> bool:
    """Whether a peer's address is of this machine."""
    address = address_of(client)
    return address is not None and plain(address).is_loopback


def target_agrees(ex: Exchange) -> Verdict:
    """Whether a request target in absolute form names the host that the Host field names.

    RFC 9112, section 3.2.2, has the target win over the field, but frameworks read the field: a proxy that routes by
    the one in front of an application that reads the other is how a request gets to where it must not.
    """
    target = ex.target
    if target[:1] == b"/" or target in {b"", b"*"}:
        return ALLOWED
    scheme, separator, rest = target.decode("latin-1").partition("://")
    if not separator or scheme.lower() not in {"http", "https", "ws", "wss"}:
        return Verdict(400, "the request target is no path")
    try:
        named = Authority.parse(rest.partition("/")[0].partition("?")[0])
        if named == Authority.parse(ex.header("host")):
            return ALLOWED
    except AuthorityError as error:
        return Verdict(400, f"the host in the request target: {error.problem}")
    return Verdict(400, "the request target and the Host field name different hosts")


def refuse(ex: Exchange, verdict: Verdict, host: str = "") -> Reply:
    """The answer to a request for somebody else; what is wrong stands in the log. `host` is what a proxy said."""
    host = (host or ex.header("host"))[:255]
    decision("host-refused", why=verdict.why, status=verdict.status, method=ex.method, host=host, client=ex.client)
    if verdict.status == 421:
        return Reply(421, b"This server does not answer for that host.\n", (TEXT, NO_STORE))
    return Reply(400, b"The request does not say properly which host it is for.\n", (TEXT, NO_STORE))
