"""All rates of a policy, charged together: one round trip to the store, all or none."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_network
from math import ceil, inf
from time import monotonic

from hauberk.core.errors import ConfigurationError, StoreError
from hauberk.core.exchange import Exchange, Load, Reply
from hauberk.core.log import decision
from hauberk.core.store import Limit, Room, Store
from hauberk.shield.limits.rate import Counter, Rate
from hauberk.shield.limits.refusals import problem
from hauberk.wire.forwarded import is_within

QUIET = 60.0
"""Seconds between two lines about the same store."""
Networks = tuple[IPv4Network | IPv6Network, ...]


class Rates:
    """What `Limits` asks before a request reaches the application."""

    def __init__(
        self,
        rates: Sequence[Rate],
        *,
        store: Store | None,
        local: Store | None,
        allow: Networks,
        deny: Networks,
        fields: bool,
    ) -> None:
        self._counters = [Counter(rate, number) for number, rate in enumerate(rates)]
        self._stores = {} if store is None else {True: store, False: store.blocking() if store.waits else store}
        self._local, self._allow, self._deny, self._fields = local, allow, deny, fields
        self._complained = -QUIET

    def begin(self, ex: Exchange) -> Reply | None:
        """Refuse whom the deny list names."""
        if self._deny and is_within(ex.client, self._deny):
            decision("address-denied", method=ex.method[:20], path=ex.path[:200], client=ex.client)
            return problem(403, "This address is not served.")
        return None

    async def check(self, ex: Exchange) -> Reply | None:
        """Charge every rate that counts this request; the first that has no room refuses it."""
        if self._allow and is_within(ex.client, self._allow):
            return None
        charged = [(c, limit) for c in self._counters if c.applies(ex) and (limit := c.limit(ex)) is not None]
        if not charged:
            return None
        counters, limits = [c for c, _ in charged], [limit for _, limit in charged]
        try:
            rooms = await self._stores[ex.waits].hit(limits)
        except StoreError as error:
            return await self._without_store(ex, counters, limits, error)
        return self._answer(ex, counters, rooms)

    async def check_by_token(self, ex: Exchange, bearer: Load) -> Reply | None:
        """The same where a rate counts by token: `bearer` looks at it first, and its refusal is counted by address."""
        refused = await bearer(ex)
        return await self.check(ex) or refused

    async def _without_store(
        self, ex: Exchange, counters: Sequence[Counter], limits: Sequence[Limit], error: StoreError
    ) -> Reply | None:
        now = monotonic()
        if now - self._complained >= QUIET:
            self._complained = now
            choices = {c.name: c.rate.on_store_error for c in counters}
            decision("rate-store-failed", level=logging.ERROR, store=error.store, kind=error.kind, rates=choices)
        if any(c.rate.on_store_error == "refuse" for c in counters):
            return problem(503, "Requests cannot be counted at the moment.", ("retry-after", "5"))
        kept = [n for n, c in enumerate(counters) if c.rate.on_store_error == "local"]
        local = self._local
        rooms = await local.hit([limits[n] for n in kept]) if kept and local is not None else []
        kept = kept if local is not None else []
        return self._answer(ex, [counters[n] for n in kept], rooms)

    def _answer(self, ex: Exchange, counters: Sequence[Counter], rooms: Sequence[Room]) -> Reply | None:
        refused = [(c, room) for c, room in zip(counters, rooms, strict=True) if not room.allowed]
        fields = self._said(counters, rooms) if self._fields else ()
        if not refused:
            for name, value in fields:
                ex.add(name, value)
            return None
        counter, room = max(refused, key=lambda pair: pair[1].retry_after)
        decision(
            "rate-exceeded",
            rate=counter.name,
            method=ex.method[:20],
            path=ex.path[:200],
            client=ex.client,
            retry_after=None if room.retry_after == inf else round(room.retry_after, 3),
        )
        wait = () if room.retry_after == inf else (("retry-after", str(max(1, ceil(room.retry_after)))),)
        return problem(429, "Too many requests.", *wait, *fields)

    @staticmethod
    def _said(counters: Sequence[Counter], rooms: Sequence[Room]) -> tuple[tuple[str, str], ...]:
        """The RateLimit fields of draft-ietf-httpapi-ratelimit-headers."""
        if not counters:
            return ()
        left = [
            f'"{c.name}";r={room.remaining};t={ceil(room.reset_after)}' for c, room in zip(counters, rooms, strict=True)
        ]
        return (("ratelimit-policy", ", ".join(c.policy for c in counters)), ("ratelimit", ", ".join(left)))


def networks(field: str, texts: Sequence[str]) -> Networks:
    """Networks and addresses as a policy names them. Raises ConfigurationError for one that is none."""
    found: list[IPv4Network | IPv6Network] = []
    for text in texts:
        try:
            found.append(_plain(ip_network(text)))
        except ValueError as error:
            raise ConfigurationError(field, text, f"is no network: {error}", _proposal(text)) from error
    return tuple(found)


def _plain(network: IPv4Network | IPv6Network) -> IPv4Network | IPv6Network:
    """IPv4 in the form of IPv6 as what it is, which is how addresses are compared."""
    mapped = network.network_address.ipv4_mapped if isinstance(network, IPv6Network) else None
    return network if mapped is None else IPv4Network((int(mapped), network.prefixlen - 96))


def _proposal(text: str) -> str:
    try:
        return f"write '{ip_network(text, strict=False)}'"
    except ValueError:
        return "write '192.0.2.0/24'"
