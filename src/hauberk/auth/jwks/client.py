"""`JWKS`: the public keys of another issuer (RFC 7517), fetched when they are needed and no more often than that."""

from __future__ import annotations

import asyncio
import threading
import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address
from time import monotonic
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from hauberk.auth.jwks.answer import Answer, FetchError, read, target
from hauberk.auth.jwks.kept import Kept
from hauberk.auth.tokens.errors import TokenError
from hauberk.auth.tokens.keys import Key
from hauberk.core.errors import ConfigurationError
from hauberk.core.log import decision

if TYPE_CHECKING:
    import httpx2

REDIRECTS = 3
REDIRECTED = frozenset({301, 302, 303, 307, 308})
FIELDS = {"accept": "application/jwk-set+json, application/json", "accept-encoding": "identity"}


@dataclass(frozen=True, slots=True, kw_only=True)
class JWKS:
    """A key set at an address. Give it to `Issuer`, or ask it for keys yourself.

    One fetch at a time, however many ask; an unknown `kid` fetches again, but not within `cooldown`; while the server
    cannot be reached, the keys that are known go on being used for `stale`. The address comes from you, never from a
    token (`jku` and `x5u` are not looked at; CVE-2026-48522 and -48524 are of this kind).
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
    verify: Any = field(default=True, repr=False)
    """An `ssl.SSLContext` that trusts an authority of your own; True for the system's."""
    insecure_http: bool = False
    """Take http from a loopback address: for development."""
    clock: Callable[[], float] = field(default=monotonic, repr=False, compare=False)
    _kept: Kept = field(init=False, repr=False, compare=False)
    _lock: threading.Lock = field(init=False, repr=False, compare=False, default_factory=threading.Lock)
    _flights: weakref.WeakKeyDictionary[Any, asyncio.Task[None]] = field(
        init=False, repr=False, compare=False, default_factory=weakref.WeakKeyDictionary
    )

    def __post_init__(self) -> None:
        _check_url(self.url, plain=self.insecure_http)
        shortest, longest = self.fresh
        if not 0 <= shortest <= longest:
            raise ConfigurationError("JWKS.fresh", self.fresh, "is not a shortest and a longest time", "(300, 86_400)")
        for name in ("stale", "cooldown", "timeout", "most"):
            if getattr(self, name) < 0 or (name in {"timeout", "most"} and not getattr(self, name)):
                raise ConfigurationError(f"JWKS.{name}", getattr(self, name), "is not more than 0")
        if self.verify is False:
            fix = "give an ssl.SSLContext that trusts your authority"
            raise ConfigurationError("JWKS.verify", self.verify, "lets anybody be the issuer (CWE-295)", fix)
        object.__setattr__(self, "_kept", Kept(self.clock, self.cooldown))

    async def keys(self, kid: str | None = None) -> Sequence[Key]:
        """The keys that are good now. With a `kid` that is not among them, they are fetched again, if that may be.

        Raises TokenError (`keys`) where there are none to be had.
        """
        if (known := self._known(kid)) is not None:
            return known
        flight = self._flight()
        if flight is not None and not self._good_enough(kid):
            # Who goes away does not take the others' answer with him.
            await asyncio.shield(flight)
        return self._at_least()

    def keys_sync(self, kid: str | None = None) -> Sequence[Key]:
        """`keys`, for code without an event loop."""
        if (known := self._known(kid)) is not None:
            return known
        # One thread fetches; the others wait only where they have nothing to go on with.
        if self._lock.acquire(blocking=not self._good_enough(kid)):
            try:
                if self._known(kid) is None and self._kept.may_ask():
                    self._kept.asking()
                    self._settle(self._get_sync)
            finally:
                self._lock.release()
        return self._at_least()

    def _flight(self) -> asyncio.Task[None] | None:
        """The fetch that is under way in this loop, or a new one if there may be one."""
        loop = asyncio.get_running_loop()
        flight = self._flights.get(loop)
        if flight is not None and not flight.done():
            return flight
        if not self._kept.may_ask():
            return None
        self._kept.asking()
        flight = self._flights[loop] = loop.create_task(self._fetch())
        return flight

    def _good_enough(self, kid: str | None) -> bool:
        """Whether there are keys, though old ones, that may well verify the token at hand."""
        usable = self._kept.usable()
        return bool(usable) and (kid is None or any(key.kid == kid for key in usable))

    def _known(self, kid: str | None) -> Sequence[Key] | None:
        known = self._kept.fresh()
        if known is None or (kid is not None and not any(key.kid == kid for key in known) and self._kept.may_ask()):
            return None
        return known

    def _at_least(self) -> Sequence[Key]:
        usable = self._kept.usable()
        if not usable:
            raise TokenError("keys", f"of the issuer cannot be had: {self._kept.problem or 'not yet asked for'}")
        return usable

    async def _fetch(self) -> None:
        import httpx2

        try:
            async with asyncio.timeout(self.timeout):
                async with httpx2.AsyncClient(verify=self.verify, timeout=self.timeout, trust_env=False) as client:
                    answer = await self._get(client)
            self._take(answer)
        except (FetchError, httpx2.HTTPError, TimeoutError, OSError, ValueError) as error:
            self._failed(error)

    async def _get(self, client: httpx2.AsyncClient) -> Answer:
        url = self.url
        for _ in range(REDIRECTS + 1):
            async with client.stream("GET", url, headers=FIELDS) as response:
                body = bytearray()
                async for part in response.aiter_raw():
                    body += part
                    self._measure(body)
                answer = Answer(response.status_code, dict(response.headers), bytes(body))
            if answer.status not in REDIRECTED:
                return answer
            url = target(url, answer, plain=self.insecure_http)
        raise FetchError("it redirects again and again")

    def _settle(self, get: Callable[[], Answer]) -> None:
        import httpx2

        try:
            self._take(get())
        except (FetchError, httpx2.HTTPError, TimeoutError, OSError, ValueError) as error:
            self._failed(error)

    def _get_sync(self) -> Answer:
        import httpx2

        url, end = self.url, monotonic() + self.timeout
        with httpx2.Client(verify=self.verify, timeout=self.timeout, trust_env=False) as client:
            for _ in range(REDIRECTS + 1):
                with client.stream("GET", url, headers=FIELDS) as response:
                    body = bytearray()
                    for part in response.iter_raw():
                        body += part
                        self._measure(body)
                        if monotonic() > end:
                            raise FetchError("it takes too long")
                    answer = Answer(response.status_code, dict(response.headers), bytes(body))
                if answer.status not in REDIRECTED:
                    return answer
                url = target(url, answer, plain=self.insecure_http)
        raise FetchError("it redirects again and again")

    def _measure(self, body: bytearray) -> None:
        if len(body) > self.most:
            raise FetchError(f"the answer is longer than {self.most:,} octets")

    def _take(self, answer: Answer) -> None:
        keys, fresh = read(answer, *self.fresh)
        self._kept.take(keys, fresh, self.stale)

    def _failed(self, error: Exception) -> None:
        self._kept.problem = str(error) if isinstance(error, FetchError) else type(error).__name__
        usable = len(self._kept.usable())
        decision("jwks-not-fetched", host=urlsplit(self.url).hostname, why=self._kept.problem, keys_still_used=usable)


def _check_url(url: str, *, plain: bool) -> None:
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        raise ConfigurationError("JWKS.url", url, "is no URL") from None
    if parts.username is not None or parts.fragment or not host:
        raise ConfigurationError("JWKS.url", url, "is not the URL of a key set", "https://id.example/jwks.json")
    if parts.scheme == "http" and plain:
        try:
            loopback = host == "localhost" or ip_address(host).is_loopback
        except ValueError:
            loopback = False
        if not loopback:
            problem = "is plain http to another machine: whoever is in between is the issuer"
            raise ConfigurationError("JWKS.url", url, problem, "use https")
    elif parts.scheme != "https":
        raise ConfigurationError("JWKS.url", url, "is not https", "use https; insecure_http=True for loopback")
