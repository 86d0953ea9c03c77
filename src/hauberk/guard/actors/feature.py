"""`Actors`: the options."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Literal, NamedTuple, Self

from hauberk.core.equipment import Equipment
from hauberk.core.errors import ConfigurationError
from hauberk.core.exchange import Reply
from hauberk.core.options import one_of, seconds, whole, words
from hauberk.core.plan import Steps
from hauberk.core.store import Store
from hauberk.guard.actors.acting import Watch
from hauberk.guard.actors.crawlers import Crawler
from hauberk.guard.actors.lists import codes
from hauberk.guard.actors.networks import Networks
from hauberk.guard.actors.signals import Signals
from hauberk.guard.actors.table import table_of

PERIODS = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400}
NOT_FOUND = Reply(404, b"Not Found", (("content-type", "text/plain; charset=utf-8"), ("cache-control", "no-store")))
POINTS = Signals()


class Pace(NamedTuple):
    """How fast a throttled actor may go on."""

    interval: float
    burst: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Actors:
    """Holds back for a while who attacks: an address (IPv6 by /64) or a user with several signals in a short time.

    Protects from scanners and from attackers who try until something works (CWE-307, CWE-799); does not protect from
    one attack that fits, nor from many addresses that send one each. Behind a proxy, `HTTPS.proxies` has to name it.
    """

    mode: Literal["observe", "block"] = "block"
    """`observe` refuses nobody, and says whom it would have held."""
    threshold: int = 30
    """Points within `window` that make an actor one to be held."""
    window: timedelta | int = 60
    """Seconds in which signals are added up."""
    hold: timedelta | int = 600
    """Seconds for which an actor is held back."""
    answer: Literal["block", "throttle"] = "block"
    """Whether who is held gets 403, or may go on slowly and gets 429 beyond that."""
    rate: str = "6/minute"
    """How fast who is throttled may go on, in each worker."""
    by: frozenset[Literal["address", "user"]] = frozenset({"address"})
    """Whom signals count against; with `user`, a user who is known answers himself, and his address does not."""
    signals: Signals = POINTS
    """What counts, and how much."""
    honeypots: tuple[str, ...] = ()
    """Paths that no page leads to, such as `/admin.bak`; with a slash at the end, everything below. Asking for one
    makes an actor."""
    honeypot_reply: Reply = NOT_FOUND
    """What is answered there."""
    exempt: tuple[str, ...] = ()
    """Paths where nobody is refused and nothing is counted, such as `/healthz`."""
    allow: tuple[str, ...] = ()
    """Networks that are never refused and never counted."""
    deny: tuple[str, ...] = ()
    """Networks that are always refused."""
    countries: str | None = None
    """A local country database in MaxMind's format (MMDB). Needs the extra `geo`."""
    deny_countries: frozenset[str] = frozenset()
    """Countries that are refused: ISO 3166 codes."""
    only_countries: frozenset[str] = frozenset()
    """Where not empty, all others are refused; private addresses are of no country, and pass."""
    deny_agents: tuple[str, ...] = ()
    """Texts in a User-Agent that are refused, whatever the case."""
    insecure_allow_agents: tuple[str, ...] = ()
    """Texts in a User-Agent that are never refused. Anybody can send them."""
    crawlers: tuple[Crawler, ...] = ()
    """Crawlers that are never held, once their address is known to be theirs; `crawlers.SEARCH` are search engines."""
    store: str | Store = "memory://"
    """Where workers agree; several need one that they share, such as `valkey://` or `postgresql://`."""
    log: str = "actors"
    """Its name there; one for each application that shares it."""
    age: float = 1.0
    """Seconds after which every worker knows of whom another one holds."""
    on_store_error: Literal["local", "allow"] = "local"
    """What counts while the store is away: `local`, what this process knows; `allow`, nobody is held."""
    local: Store | None = field(default=None, repr=False, compare=False)
    """Where a throttled actor's pace is kept; given by the policy."""

    def __post_init__(self) -> None:
        one_of("Actors.mode", self.mode, ("observe", "block"))
        one_of("Actors.answer", self.answer, ("block", "throttle"))
        one_of("Actors.on_store_error", self.on_store_error, ("local", "allow"))
        whole("Actors.threshold", self.threshold, least=1, unit="points")
        for name in ("window", "hold"):
            if seconds(f"Actors.{name}", getattr(self, name)) < 1:
                raise ConfigurationError(f"Actors.{name}", getattr(self, name), "is no time", "write 60")
        if not 0.05 <= self.age <= 60:
            raise ConfigurationError("Actors.age", self.age, "is not between 0.05 and 60 seconds")
        if not self.log or len(self.log) > 100:
            raise ConfigurationError("Actors.log", self.log, "is not a name of 1 to 100 characters")
        if not self.by or not set(self.by) <= {"address", "user"}:
            raise ConfigurationError("Actors.by", self.by, "names neither address nor user", "write {'address'}")
        object.__setattr__(self, "by", frozenset(self.by))
        self._check_lists()
        _ = self.throttle

    def _check_lists(self) -> None:
        for name in ("honeypots", "exempt", "allow", "deny", "deny_agents", "insecure_allow_agents"):
            object.__setattr__(self, name, words(f"Actors.{name}", getattr(self, name)))
        for name in ("honeypots", "exempt"):
            for path in getattr(self, name):
                if not path.startswith("/") or path == "/" or "?" in path or "/.." in path:
                    raise ConfigurationError(f"Actors.{name}", path, "is no path", "write for example '/admin.bak'")
        for name in ("deny_agents", "insecure_allow_agents"):
            if any(not text.strip() for text in getattr(self, name)):
                raise ConfigurationError(f"Actors.{name}", "", "is in every User-Agent")
        for name in ("allow", "deny"):
            Networks(f"Actors.{name}", getattr(self, name))
        for name in ("deny_countries", "only_countries"):
            object.__setattr__(self, name, codes(f"Actors.{name}", getattr(self, name)))
        if (self.deny_countries or self.only_countries) and not self.countries:
            raise ConfigurationError("Actors.countries", None, "is needed to know countries", "name an MMDB file")

    @property
    def window_seconds(self) -> int:
        """The window as a number."""
        return seconds("Actors.window", self.window)

    @property
    def hold_seconds(self) -> int:
        """How long somebody is held, as a number."""
        return seconds("Actors.hold", self.hold)

    @property
    def throttle(self) -> Pace:
        """`rate` as numbers."""
        count, slash, period = self.rate.partition("/")
        if not slash or not count.isdecimal() or int(count) < 1 or period.removesuffix("s") not in PERIODS:
            raise ConfigurationError("Actors.rate", self.rate, "is not a number and a period", "write '6/minute'")
        return Pace(PERIODS[period.removesuffix("s")] / int(count), int(count))

    def equip(self, equipment: Equipment) -> Self:
        """With the store that the URL names."""
        store = equipment.store(self.store)
        return replace(self, store=store, local=self.local or equipment.store("memory://"))

    def steps(self) -> Steps:
        """Look at every request first of all, and at answers that say 404. Raises InputError for unreadable lists."""
        store, local = self.store, self.local
        if isinstance(store, str) or local is None:
            raise ConfigurationError("Actors.store", store, "is not opened yet", "use Policy.plan()")
        watch = Watch(self, table_of(store, self.log, self.age), local)
        return Steps(
            on_request=watch.begin,
            load=watch.load if "user" in self.by else None,
            on_status=watch.missing if self.signals.probe or self.signals.missing else None,
            statuses=frozenset({404}),
        )
