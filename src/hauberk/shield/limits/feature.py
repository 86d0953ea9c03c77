"""The options: one number a limit, each generous enough for what ordinary applications are sent."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from functools import partial
from typing import Self

from hauberk.core.equipment import Equipment
from hauberk.core.errors import ConfigurationError
from hauberk.core.exchange import Exchange, Load, Reply
from hauberk.core.options import flag, one_of, whole, words
from hauberk.core.plan import Steps
from hauberk.core.store import Store
from hauberk.shield.exempt import Exempt
from hauberk.shield.limits.act import Limiter
from hauberk.shield.limits.rate import Rate
from hauberk.shield.limits.rates import Rates, networks

KIB, MIB = 1 << 10, 1 << 20
ENCODINGS = ("gzip", "deflate")
"""Content codings whose decoded length can be watched with the standard library."""
UNITS = {
    "body": "octets",
    "headers": "fields",
    "header": "octets",
    "header_total": "octets",
    "url": "octets",
    "query": "octets",
    "parameters": "parameters",
    "fields": "fields",
    "parts": "parts",
    "part_header": "octets",
    "json_depth": "levels",
    "json_tokens": "names and values",
    "message": "octets",
}
OTHERS = {"bodies", "encodings", "body_timeout", "body_rate", "_limiter"}
RATES = {"rates", "store", "local", "bearer", "allow", "deny", "rate_fields"}


@dataclass(frozen=True, slots=True, kw_only=True)
class At:
    """Another limit on bodies for one path, or for all below it: `At(path="/uploads/", body=500 << 20)`."""

    path: str
    """`/uploads/` covers everything below it, `/files/{name}` one more segment, as in `Exempt`."""
    body: int
    """Octets."""

    def __post_init__(self) -> None:
        try:
            Exempt(path=self.path, reason="At.path")
        except ConfigurationError as error:
            raise ConfigurationError("At.path", self.path, error.problem, error.fix) from None
        whole("At.body", self.body, least=0, unit="octets")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Refuses requests that bring too much, before the application spends time and memory on them (CWE-400, CWE-770).

    What the header shows is refused before the application runs and before the body is read; what only the body shows
    is refused as it streams by, in constant memory. None turns a limit off. Requests whose length can be read in two
    ways (Content-Length with Transfer-Encoding, or several that differ) are refused always (CWE-444).
    """

    body: int | None = 32 * MIB
    """Octets of a body; 413. Also of what a compressed body decodes to."""
    bodies: tuple[At, ...] = ()
    """Other limits on bodies for some paths; the first that fits counts."""
    headers: int | None = 200
    """Header fields; 431. A cookie may come in a field of its own by HTTP/2."""
    header: int | None = 16 * KIB
    """Octets of name and value of one header field; 431."""
    header_total: int | None = 64 * KIB
    """Octets of names and values of all header fields; 431."""
    url: int | None = 8 * KIB
    """Octets of path and query; 414. RFC 9110, section 4.1, wants at least 8,000 to work."""
    query: int | None = 8 * KIB
    """Octets of the query alone; 414."""
    parameters: int | None = 1_000
    """Parameters in the query; 414."""
    fields: int | None = 1_000
    """Fields of a form without files (`application/x-www-form-urlencoded`); 413."""
    parts: int | None = 1_000
    """Parts of a `multipart` body: fields and files; 413."""
    part_header: int | None = 8 * KIB
    """Octets of the header of one part; 413."""
    json_depth: int | None = 100
    """Levels of arrays and objects within each other; 413."""
    json_tokens: int | None = 500_000
    """Names and values of a JSON body: a megabyte of `[[],[],…` becomes a hundred in memory; 413."""
    message: int | None = 4 * MIB
    """Octets of one WebSocket message; the connection is closed."""
    encodings: frozenset[str] = frozenset()
    """Content codings of bodies that the application decodes: `gzip`, `deflate`. Any other is refused with 415."""
    body_timeout: float | None = 60.0
    """Seconds that may pass without any octet of an unfinished body; 408. Where the protocol lets us: by ASGI."""
    body_rate: int | None = None
    """Octets a second that a body must come with, on average and after the first few seconds; 408."""

    rates: tuple[Rate, ...] = ()
    """How often the same visitor may come; 429. All that count a request are charged together, or none."""
    store: str | Store = "memory://"
    """Where rates are counted; several processes need one that they share, such as `valkey://` or `postgresql://`."""
    local: Store | None = field(default=None, repr=False, compare=False)
    """Where they are counted while the store is away; given by the policy."""
    bearer: Load | None = field(default=None, repr=False, compare=False)
    """What verifies a request's token, for rates that count by it; given by the policy."""
    allow: tuple[str, ...] = ()
    """Networks whose requests are not counted, such as that of a monitor."""
    deny: tuple[str, ...] = ()
    """Networks whose requests are refused; 403."""
    rate_fields: bool = False
    """Whether answers say what is left (`RateLimit`, `RateLimit-Policy`); a refusal always says when to come again."""

    _limiter: Limiter = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for name, unit in UNITS.items():
            value = getattr(self, name)
            if value is not None:
                whole(f"Limits.{name}", value, least=0 if name in {"body", "parameters", "fields"} else 1, unit=unit)
        self._check_times()
        self._check_sizes()
        object.__setattr__(self, "encodings", frozenset(words("Limits.encodings", self.encodings)))
        for coding in self.encodings:
            one_of("Limits.encodings", coding, ENCODINGS)
        bodies: object = self.bodies
        if not isinstance(bodies, tuple) or not all(isinstance(at, At) for at in bodies):
            fix = 'write (At(path="/uploads/", body=...),)'
            raise ConfigurationError("Limits.bodies", bodies, "is not a tuple of At", fix)
        object.__setattr__(self, "_limiter", Limiter(self))
        self._check_rates()

    def _check_rates(self) -> None:
        rates: object = self.rates
        if not isinstance(rates, tuple) or not all(isinstance(rate, Rate) for rate in rates):
            raise ConfigurationError(
                "Limits.rates", rates, "is not a tuple of Rate", 'write (Rate(limit="100/minute"),)'
            )
        for name in ("allow", "deny"):
            networks(f"Limits.{name}", words(f"Limits.{name}", getattr(self, name)))
        flag("Limits.rate_fields", self.rate_fields)

    def _check_times(self) -> None:
        if self.body_rate is not None:
            whole("Limits.body_rate", self.body_rate, least=1, unit="octets a second")
        time: object = self.body_timeout
        if time is not None and (isinstance(time, bool) or not isinstance(time, int | float) or not time > 0):
            raise ConfigurationError("Limits.body_timeout", time, "is not a number of seconds above 0", "None is off")

    def _check_sizes(self) -> None:
        """A part that may be larger than the whole is a slip of the keyboard."""
        for part, entire in (("header", "header_total"), ("query", "url")):
            small, large = getattr(self, part), getattr(self, entire)
            if small is not None and large is not None and small > large:
                raise ConfigurationError(
                    f"Limits.{part}", small, f"is more than Limits.{entire} lets pass", f"write {part}={large}"
                )

    def equip(self, equipment: Equipment) -> Self:
        """With the store that the URL names, and one of this process for while it is away."""
        if not self.rates:
            return self
        store = equipment.store(self.store)
        local = self.local or equipment.store("memory://")
        by_token = any(rate.by == "token" for rate in self.rates)
        tokens = equipment.feature("tokens") if by_token else None
        return replace(self, store=store, local=local, bearer=None if tokens is None else tokens.steps().load)

    def steps(self) -> Steps:
        """Look at every request's header, at bodies as they stream by, and at how often the same visitor comes."""
        steps = self._limiter.steps()
        if not self.rates and not self.deny:
            return steps
        rates, look = self._counting(), steps.on_request
        if look is None:
            begin = rates.begin
        else:

            def begin(ex: Exchange) -> Reply | None:
                return rates.begin(ex) or look(ex)

        if not self.rates:
            return replace(steps, on_request=begin)
        check = rates.check if self.bearer is None else partial(rates.check_by_token, bearer=self.bearer)
        return replace(steps, on_request=begin, load=check)

    def _counting(self) -> Rates:
        store = self.store
        if isinstance(store, str) and self.rates:
            raise ConfigurationError("Limits.store", store, "is not opened yet", "use Policy.plan(), or give a Store")
        return Rates(
            self.rates,
            store=None if isinstance(store, str) else store,
            local=self.local,
            allow=networks("Limits.allow", self.allow),
            deny=networks("Limits.deny", self.deny),
            fields=self.rate_fields,
        )


assert set(UNITS) | OTHERS | RATES == {f.name for f in fields(Limits)}  # noqa: S101
