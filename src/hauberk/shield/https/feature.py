"""`HTTPS`: the policy's field."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, Self

from hauberk.core.equipment import Equipment
from hauberk.core.errors import ConfigurationError
from hauberk.core.options import flag, one_of, words
from hauberk.core.plan import Steps
from hauberk.shield.hosts import AllowedHosts, exempt_paths, number
from hauberk.shield.https.act import Gate
from hauberk.shield.https.proxies import Networks
from hauberk.wire.authority import Authority, AuthorityError

STATUSES = (301, 302, 307, 308)


@dataclass(frozen=True, slots=True, kw_only=True)
class HTTPS:
    """Redirects http to https, and sees requests as the proxies in front saw them (CWE-319, CWE-348).

    It acts before everything else, so that hosts, cookies, HSTS, rate limits and the application itself go by the
    client's address and scheme. A redirect leads to a listed host only, never to one that a request made up (CWE-601).
    """

    redirect: bool = True
    """Whether requests by http are sent to https; otherwise proxies are believed, and nothing else happens."""
    hosts: tuple[str, ...] = ()
    """Hosts that redirects may lead to, written as in Hosts.allow; those of the policy's Hosts where none are given."""
    canonical: str = ""
    """The host that all redirects lead to, such as `www.app.example`; without it, to the host that was asked for."""
    port: int = 443
    """Where https is served."""
    status: Literal[301, 302, 307, 308] = 308
    """The redirect's status; 308 and 307 keep the method."""
    unsafe: Literal["refuse", "redirect"] = "refuse"
    """What becomes of a request by http that carried something: another method than GET, HEAD or OPTIONS, or an
    Authorization field. It has been read on the way already; a redirect would hide that for good (ASVS 5.0, 4.1.2)."""
    exempt: tuple[str, ...] = ()
    """Paths that are answered by http as well, such as `/healthz`. Those of Hosts.exempt and of certificate challenges
    always are."""
    redirect_loopback: bool = False
    """Whether `localhost`, `127.0.0.1` and `[::1]` are redirected too, where development needs plain http."""
    proxies: tuple[str, ...] = ()
    """Networks of the proxies in front, as `10.0.0.0/8`; also `loopback`, `private`, and `unix` for a socket in the
    file system. Empty: nobody is believed."""
    proxy_headers: Literal["x-forwarded", "forwarded"] = "x-forwarded"
    """The one family of fields that the proxies write. The other one is never read: no proxy of yours removes it."""
    hops: int | None = None
    """How many proxies there are at most, where their addresses alone do not say it; None means as many as fit."""
    insecure_trust_every_proxy: bool = False
    """Believe whoever connects, for platforms that do not say where their proxies are; exactly `hops` elements, 1 if
    not given. Whoever reaches the application without the proxy is then believed as well."""
    insecure_redirect_any_host: bool = False
    """Redirect to whatever well-formed host was asked for."""

    def __post_init__(self) -> None:
        for name in ("redirect", "redirect_loopback", "insecure_trust_every_proxy", "insecure_redirect_any_host"):
            flag(f"HTTPS.{name}", getattr(self, name))
        for name in ("hosts", "exempt", "proxies"):
            object.__setattr__(self, name, words(f"HTTPS.{name}", getattr(self, name)))
        one_of("HTTPS.unsafe", self.unsafe, ("refuse", "redirect"))
        one_of("HTTPS.proxy_headers", self.proxy_headers, ("x-forwarded", "forwarded"))
        if self.status not in STATUSES or isinstance(self.status, bool):
            raise ConfigurationError("HTTPS.status", self.status, "is no redirect", "write 308, 307, 302 or 301")
        number("HTTPS.port", self.port, 65535)
        if self.hops is not None:
            number("HTTPS.hops", self.hops, 64)
        exempt_paths("HTTPS.exempt", self.exempt)
        AllowedHosts("HTTPS.hosts", self.hosts)
        Networks("HTTPS.proxies", self.proxies)
        self._check_canonical()
        if self.insecure_trust_every_proxy and self.proxies:
            raise ConfigurationError(
                "HTTPS.proxies", self.proxies, "means nothing where every proxy is believed", "drop one of the two"
            )

    def _check_canonical(self) -> None:
        if not self.canonical:
            return
        try:
            authority = Authority.parse(self.canonical)
        except AuthorityError as error:
            raise ConfigurationError("HTTPS.canonical", self.canonical, error.problem) from None
        if authority.port is not None:
            raise ConfigurationError(
                "HTTPS.canonical", self.canonical, "has a port", f"write {authority.host!r}, and the port as HTTPS.port"
            )

    def equip(self, equipment: Equipment) -> Self:
        """With what the policy's Hosts says: its hosts where it has none of its own, and its exempt paths.

        A health check by address could be redirected nowhere.
        """
        hosts = equipment.feature("hosts")
        if hosts is None:
            return self
        exempt = tuple(dict.fromkeys((*self.exempt, *hosts.exempt)))
        if self.hosts:
            return replace(self, exempt=exempt)
        anybody = self.insecure_redirect_any_host or hosts.insecure_allow_any_host
        return replace(self, hosts=hosts.allow, exempt=exempt, insecure_redirect_any_host=anybody)

    def steps(self) -> Steps:
        """Look at every request before anything else does. Raises ConfigurationError where no host is known."""
        if self.redirect and not (self.hosts or self.canonical or self.insecure_redirect_any_host):
            raise ConfigurationError(
                "HTTPS.hosts",
                self.hosts,
                "is empty, so nothing says where redirects may lead",
                "write hosts=Hosts(allow=('app.example',)) in the policy, HTTPS(hosts=...), or HTTPS(redirect=False)",
            )
        if not self.redirect and not self.proxies and not self.insecure_trust_every_proxy:
            return Steps()
        return Steps(on_request=Gate(self).begin)
