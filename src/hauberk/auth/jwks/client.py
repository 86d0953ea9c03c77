"""`JWKS`: the public keys of another issuer (RFC 7517), fetched when they are needed and no more often than that."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address
from math import inf
from time import monotonic
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from hauberk.auth.jwks.answer import Answer, FetchError, read, target
from hauberk.auth.jwks.flight import Flights
from hauberk.auth.jwks.kept import Kept
from hauberk.auth.tokens.errors import TokenError
from hauberk.auth.tokens.keys import Key
from hauberk.core.errors import ConfigurationError
from hauberk.core.log import decision
from hauberk.core.options import flag, whole

if TYPE_CHECKING:
    import httpx2

REDIRECTS = 3
REDIRECTED = frozenset({301, 302, 303, 307, 308})
FIELDS = {"accept": "application/jwk-set+json, application/json", "accept-encoding": "identity"}


@dataclass(frozen=True, slots=True, kw_only=True)
class JWKS:
    """A key set at an address. Give it to `Issuer`, or ask it for keys yourself.

    One fetch at a time, however many threads and event loops ask; an unknown `kid` fetches again, but not within
    `cooldown`; while the server cannot be reached, the keys that are known go on being used for `stale`. The address
    comes from you, never from a token (`jku` and `x5u` are not looked at; CVE-2026-48522 and -48524 are of this kind):
    it may well be of a private network.
    """

    url: str
    fresh: tuple[float, float] = (300.0, 86_400.0)
    """Shortest and longest time, in seconds, for which Cache-Control may say that the set is fresh."""
    stale: float = 86_400.0
    """Seconds for which it is used beyond that, while no newer one can be had."""
    cooldown: float = 30.0
    """Seconds between two fetches, whatever tokens ask for."""
    timeout: float = 5.0
    """Seconds for one fetch, redirects and all."""
    most: int = 256 * 1024
    """Octets of the answer."""
    verify: ssl.SSLContext | bool = field(default=True, repr=False)
    """An `ssl.SSLContext` that trusts an authority of your own; True for the system's."""
    insecure_http: bool = False
    """Take http from a loopback address: for development."""
    clock: Callable[[], float] = field(default=monotonic, repr=False, compare=False)
    _kept: Kept = field(init=False, repr=False, compare=False)
    _flights: Flights = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        _check_url(self.url, plain=self.insecure_http)
        _check_fresh(self.fresh)
        for name, least in (("stale", 0.0), ("cooldown", 1.0), ("timeout", 0.01)):
            _check_seconds(f"JWKS.{name}", getattr(self, name), least)
        whole("JWKS.most", self.most, least=1, unit="octets")
        given: object = self.verify
        if given is not True and not isinstance(given, ssl.SSLContext):
            problem = "lets anybody be the issuer (CWE-295)" if given is False else "is no ssl.SSLContext"
            fix = "give an ssl.SSLContext that trusts your authority"
            raise ConfigurationError("JWKS.verify", given, problem, fix)
        object.__setattr__(self, "_kept", Kept(self.clock, self.cooldown))
        object.__setattr__(self, "_flights", Flights(self.timeout))

    async def keys(self, kid: str | None = None) -> Sequence[Key]:
        """The keys that are good now. With a `kid` that is not among them, they are fetched again, if that may be.

        Raises TokenError (`keys`) where there are none to be had.
        """
        if (known := self._known(kid)) is not None:
            return known
        flight = self._flights.join(self._kept.begin, self._fetch)
        if flight is not None and not self._good_enough(kid):
            await self._flights.wait(flight)
        return self._at_least()

    def keys_sync(self, kid: str | None = None) -> Sequence[Key]:
        """`keys`, for code without an event loop."""
        if (known := self._known(kid)) is not None:
            return known
        flight = self._flights.join(self._kept.begin, self._fetch)
        if flight is not None and not self._good_enough(kid):
            self._flights.wait_sync(flight)
        return self._at_least()

    def _known(self, kid: str | None) -> Sequence[Key] | None:
        known = self._kept.fresh()
        if known is None or (kid is not None and not any(key.kid == kid for key in known) and self._kept.may_ask()):
            return None
        return known

    def _good_enough(self, kid: str | None) -> bool:
        """Whether there are keys, though old ones, that may well verify the token at hand: nobody waits for others."""
        usable = self._kept.usable()
        return bool(usable) and (kid is None or any(key.kid == kid for key in usable))

    def _at_least(self) -> Sequence[Key]:
        usable = self._kept.usable()
        if not usable:
            raise TokenError("keys", f"of the issuer cannot be had: {self._kept.problem or 'no answer yet'}")
        return usable

    async def _fetch(self) -> None:
        import httpx2

        try:
            async with asyncio.timeout(self.timeout):
                async with httpx2.AsyncClient(verify=self.verify, timeout=self.timeout, trust_env=False) as client:
                    answer = await self._get(client)
            keys, fresh = read(answer, *self.fresh)
        except (FetchError, httpx2.HTTPError, httpx2.InvalidURL, TimeoutError, OSError, ValueError) as error:
            self._failed(error)
        else:
            self._kept.take(keys, fresh, self.stale)

    async def _get(self, client: httpx2.AsyncClient) -> Answer:
        url = self.url
        for _ in range(REDIRECTS + 1):
            async with client.stream("GET", url, headers=FIELDS) as response:
                body = bytearray()
                async for part in response.aiter_raw():
                    body += part
                    if len(body) > self.most:
                        raise FetchError(f"the answer is longer than {self.most:,} octets")
                answer = Answer(response.status_code, dict(response.headers), bytes(body))
            if answer.status not in REDIRECTED:
                return answer
            url = target(url, answer)
        raise FetchError("it redirects again and again")

    def _failed(self, error: Exception) -> None:
        self._kept.fail(str(error) if isinstance(error, FetchError) else type(error).__name__)
        usable = len(self._kept.usable())
        decision("jwks-not-fetched", host=urlsplit(self.url).hostname, why=self._kept.problem, keys_still_used=usable)


def _check_url(url: object, *, plain: bool) -> None:
    flag("JWKS.insecure_http", plain)
    if not isinstance(url, str) or not url.isascii() or not url.isprintable() or " " in url:
        raise ConfigurationError("JWKS.url", url, "is no URL", "https://id.example/jwks.json")
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise ConfigurationError("JWKS.url", url, "is no URL", "https://id.example/jwks.json") from None
    if parts.username is not None or parts.fragment or not host:
        shown = "(hidden)" if parts.username is not None else url  # there may be a password in it
        raise ConfigurationError("JWKS.url", shown, "is not the URL of a key set", "https://id.example/jwks.json")
    if parts.scheme == "http" and plain:
        if not _is_loopback(host):
            problem = "is plain http to another machine: whoever is in between is the issuer"
            raise ConfigurationError("JWKS.url", url, problem, "use https")
    elif parts.scheme != "https":
        raise ConfigurationError("JWKS.url", url, "is not https", "use https; insecure_http=True for loopback")


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _check_fresh(bounds: object) -> None:
    problem = "is not a shortest and a longest time"
    if not isinstance(bounds, tuple) or len(bounds) != 2:
        raise ConfigurationError("JWKS.fresh", bounds, problem, "write (300, 86_400)")
    for bound in bounds:
        _check_seconds("JWKS.fresh", bound, 0.0)
    if bounds[0] > bounds[1]:
        raise ConfigurationError("JWKS.fresh", bounds, problem, "write (300, 86_400)")


def _check_seconds(name: str, value: object, least: float) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value < inf:
        raise ConfigurationError(name, value, f"is not a number of seconds from {least:g} up")
