"""`Rate`: how often the same visitor may come."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from posixpath import normpath
from typing import Literal

from hauberk.core.errors import ConfigurationError
from hauberk.core.exchange import Exchange
from hauberk.core.options import one_of, whole, word, words
from hauberk.core.store import Limit
from hauberk.shield.exempt import Exempt, Exemptions
from hauberk.wire.forwarded import network_of

PERIODS = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400}
BY = ("address", "user", "session", "token", "everybody")

By = Literal["address", "user", "session", "token", "everybody"]
OnStoreError = Literal["local", "allow", "refuse"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """So many requests in a period, by the generic cell rate algorithm: exact at every moment, no window to double at.

    `Rate(limit="100/minute")` lets a burst of 100 pass at once, and then one each 0.6 s.
    """

    limit: str
    """A number and a period: `100/minute`, `5/second`, `10000/day`."""
    burst: int | None = None
    """How many may come at once; None is the number in `limit`."""
    by: By | Callable[[Exchange], str | None] = "address"
    """Whom it counts: the client's address (IPv6 by /64), the session's user, the session, the token's subject,
    everybody together, or what a function names. Where there is no user, session or token, the address counts."""
    paths: tuple[str, ...] = ()
    """Paths that it is for, as in `Exempt`: `/login`, `/api/`, `/users/{id}`; empty is all of them. Other spellings
    that some router takes for one of them count as well: `/login/`, `//login`, `/./login`."""
    methods: frozenset[str] = frozenset()
    """Methods that it is for, in any case, HEAD with GET; empty is all of them."""
    cost: int = 1
    """How many requests each one counts for."""
    name: str = ""
    """How it is called in the log and in the RateLimit fields; empty is its limit."""
    on_store_error: OnStoreError = "local"
    """What counts while the store is away: `local`, this process alone; `allow`, nothing; `refuse`, nobody passes."""

    def __post_init__(self) -> None:
        count, slash, period = str(self.limit).partition("/")
        period = period.removesuffix("s")
        count = count.strip()
        if not slash or not (count.isascii() and count.isdecimal()) or period.strip() not in PERIODS or int(count) < 1:
            raise ConfigurationError("Rate.limit", self.limit, "is not a number and a period", "write '100/minute'")
        if self.burst is not None:
            whole("Rate.burst", self.burst, least=1, unit="requests")
        whole("Rate.cost", self.cost, least=1, unit="requests")
        if not callable(self.by):
            one_of("Rate.by", self.by, BY)
        one_of("Rate.on_store_error", self.on_store_error, ("local", "allow", "refuse"))
        object.__setattr__(self, "methods", frozenset(m.upper() for m in words("Rate.methods", self.methods)))
        for path in words("Rate.paths", self.paths):
            try:
                Exempt(path=path, reason="Rate.paths")
            except ConfigurationError as error:
                raise ConfigurationError("Rate.paths", path, error.problem, error.fix) from None
        if any(not " " <= letter <= "~" or letter in {'"', "\\"} for letter in word("Rate.name", self.name)):
            problem = "holds quotes, backslashes or what is not ASCII, which no RateLimit field may"
            raise ConfigurationError("Rate.name", self.name, problem)
        if self.cost > self.most:
            raise ConfigurationError("Rate.cost", self.cost, f"is more than the burst of {self.most}", "nothing passes")

    @property
    def count(self) -> int:
        """Requests in a period."""
        return int(self.limit.partition("/")[0])

    @property
    def period(self) -> int:
        """Its length in seconds."""
        return PERIODS[self.limit.partition("/")[2].strip().removesuffix("s")]

    @property
    def most(self) -> int:
        """Requests at once."""
        return self.count if self.burst is None else self.burst


class Counter:
    """A `Rate` with everything worked out that can be."""

    __slots__ = ("_interval", "_key", "_methods", "_most", "_paths", "_rate", "name", "policy", "rate")

    def __init__(self, rate: Rate, number: int) -> None:
        self.rate, self._rate = rate, rate
        self.name = rate.name or rate.limit.replace("/", "-per-")
        self._key = f"rate:{number}:{self.name}:"
        self._interval, self._most = rate.period / rate.count, rate.most
        self._methods = rate.methods | {"HEAD"} if "GET" in rate.methods else rate.methods
        self._paths = Exemptions(tuple(Exempt(path=p, reason="-") for p in rate.paths)) if rate.paths else None
        self.policy = f'"{self.name}";q={rate.count};w={rate.period}'
        """Of `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers-10, section 3)."""

    def applies(self, ex: Exchange) -> bool:
        """Whether this request is one that it counts."""
        # Some frameworks take `post` for POST.
        methods, paths = self._methods, self._paths
        if methods and ex.method not in methods and ex.method.upper() not in methods:
            return False
        if paths is None or (path := ex.path) in paths:
            return True
        if "//" not in path and "/." not in path and (path[-1:] != "/" or path == "/"):
            return False
        return any(spelling in paths for spelling in _other_spellings(path))

    def limit(self, ex: Exchange) -> Limit | None:
        """The limit to charge; None where a function names nobody."""
        who = self._who(ex)
        if who is None:
            return None
        # What is not printable may be what a store keeps in no key: it must not look as if the store were away.
        key = self._key + (who if who.isprintable() else ascii(who))
        return Limit(key, self._interval, self._most, self._rate.cost)

    def _who(self, ex: Exchange) -> str | None:
        by = self._rate.by
        if not isinstance(by, str):
            named = by(ex)
            return None if named is None else f"by:{named[:200]}"
        if by == "everybody":
            return ""
        if by == "user" and (user := getattr(ex.session, "user", None)) is not None:
            return f"user:{user}"
        if by == "session" and (binding := getattr(ex.session, "binding", None)) is not None:
            return f"session:{bytes(binding).hex()[:64]}"
        claims = getattr(ex.claims, "claims", None) if by == "token" else None
        if claims is not None and (subject := claims.get("sub")) is not None:
            return f"token:{subject}"
        return network_of(ex.client)


def _other_spellings(path: str) -> Iterator[str]:
    """What a router may take the path for that merges slashes, drops the one at the end, or works dot segments out."""
    segments = [segment for segment in path.split("/") if segment not in {"", "."}]
    merged = "/" + "/".join(segments)
    named = {merged, normpath(merged), "/" + "/".join(segment for segment in segments if segment != "..")}
    yield from named
    if path[-1:] == "/":
        yield from (spelling + "/" for spelling in named)
