"""Is this the search engine that it says it is? By its published addresses, or by its name: forward-confirmed.

The name is asked for in a thread, never while a request waits. Answers are kept; how many is bounded.
"""

from __future__ import annotations

import socket
import threading
from collections import OrderedDict, deque
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from time import monotonic
from typing import Literal

from hauberk.core.errors import ConfigurationError
from hauberk.core.options import words
from hauberk.guard.actors.networks import Networks, published
from hauberk.wire.forwarded import address_of

Verdict = Literal["none", "pending", "verified", "impostor"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Crawler:
    """A crawler that is never held back, once it is known to be the one: `Crawler(agent="googlebot", domains=...)`."""

    agent: str
    """What its User-Agent holds, whatever the case."""
    domains: tuple[str, ...] = ()
    """Domains that the name of its address is below. The name has to lead back to the address."""
    addresses: str | None = None
    """A file with its networks, as its owner publishes them; then no name is asked for."""

    def __post_init__(self) -> None:
        if not self.agent.strip():
            raise ConfigurationError("Crawler.agent", self.agent, "is empty", "write agent='googlebot'")
        domains = tuple(domain.strip(".").lower() for domain in words("Crawler.domains", self.domains))
        if bool(domains) == bool(self.addresses):
            fix = "write domains=('googlebot.com',), or addresses='googlebot.json'"
            raise ConfigurationError("Crawler", self.agent, "needs either domains or addresses", fix)
        object.__setattr__(self, "domains", domains)


SEARCH = (
    Crawler(agent="googlebot", domains=("googlebot.com", "google.com")),
    Crawler(agent="bingbot", domains=("search.msn.com",)),
    Crawler(agent="applebot", domains=("applebot.apple.com",)),
    Crawler(agent="yandex.com/bots", domains=("yandex.ru", "yandex.net", "yandex.com")),
    Crawler(agent="baiduspider", domains=("baidu.com", "baidu.jp")),
)
"""Search engines that say how their crawlers are verified by name."""


class Verifier:
    """What is known of clients that name a crawler. Never waits; what is not known yet is `pending`."""

    MOST = 4_096
    """Clients that are remembered, and waiting."""
    GOOD, BAD, FAILED = 86_400.0, 3_600.0, 60.0
    """Seconds for which an answer counts: that it is the crawler, that it is not, that nobody answered."""
    IDLE = 10.0
    """Seconds without work after which the thread ends."""

    def __init__(self, crawlers: Iterable[Crawler]) -> None:
        self._crawlers = [
            (one, Networks("Crawler.addresses", published(Path(one.addresses))) if one.addresses else None)
            for one in crawlers
        ]
        self.named = lru_cache(maxsize=1_024)(self._named)
        self._known: OrderedDict[tuple[str, str], tuple[Verdict, float]] = OrderedDict()
        self._waiting: deque[tuple[Crawler, str]] = deque()
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._working = False

    def _named(self, agent: str) -> tuple[Crawler, Networks | None] | None:
        low = agent.lower()
        return next((pair for pair in self._crawlers if pair[0].agent.lower() in low), None)

    def verdict(self, agent: str, client: str) -> Verdict:
        """Whether the client is the crawler that its User-Agent names."""
        found = self.named(agent[:512])
        if found is None:
            return "none"
        crawler, networks = found
        if networks is not None:
            address = address_of(client)
            return "verified" if address is not None and address in networks else "impostor"
        key = (crawler.agent, client)
        verdict, ends = self._known.get(key, ("none", 0.0))
        if ends > monotonic():
            return verdict
        self._ask(crawler, client)
        return "pending" if verdict == "none" else verdict

    def _ask(self, crawler: Crawler, client: str) -> None:
        with self._lock:
            if (crawler, client) in self._waiting or len(self._waiting) >= self.MOST:
                return
            self._waiting.append((crawler, client))
            if not self._working:
                self._working = True
                threading.Thread(target=self._work, name="hauberk-crawlers", daemon=True).start()
        self._wake.set()

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._waiting and not self._wake.is_set():
                    self._working = False
                    return
                self._wake.clear()
                asked = self._waiting[0] if self._waiting else None
            if asked is None:
                self._wake.wait(self.IDLE)
                continue
            self._remember(*asked)
            with self._lock:
                self._waiting.popleft()
                if not self._waiting:
                    self._wake.clear()
            if not self._waiting:
                self._wake.wait(self.IDLE)

    def _remember(self, crawler: Crawler, client: str) -> None:
        verdict, lasts = confirm(client, crawler.domains), self.BAD
        if verdict != "impostor":
            lasts = self.GOOD if verdict == "verified" else self.FAILED
        self._known[crawler.agent, client] = (verdict, monotonic() + lasts)
        while len(self._known) > self.MOST:
            self._known.popitem(last=False)


def confirm(client: str, domains: Iterable[str]) -> Verdict:
    """Whether the address has a name below one of the domains, and the name has the address. Waits for the resolver.

    `pending` where the resolver failed: nothing is held against a client for that.
    """
    address = address_of(client)
    if address is None:
        return "impostor"
    try:
        name = socket.gethostbyaddr(str(address))[0].rstrip(".").lower()
    except (socket.herror, socket.gaierror) as error:
        return "impostor" if error.errno in {1, socket.EAI_NONAME} else "pending"  # 1: HOST_NOT_FOUND
    except OSError:
        return "pending"
    if not any(name == domain or name.endswith("." + domain) for domain in domains):
        return "impostor"
    try:
        found = {info[4][0] for info in socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)}
    except OSError:
        return "pending"
    return "verified" if any(address_of(str(one)) == address for one in found) else "impostor"
