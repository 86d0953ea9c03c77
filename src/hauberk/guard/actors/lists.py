"""What the lists say of an address: found once, then remembered."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, NamedTuple

from hauberk.core.errors import ConfigurationError, InputError, MissingExtraError
from hauberk.guard.actors.networks import Networks
from hauberk.wire.forwarded import Address, address_of, network_of

INSIDE = Networks(
    "INSIDE",
    (
        *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "169.254.0.0/16", "100.64.0.0/10"),
        *("fc00::/7", "fe80::/10", "::1/128"),
    ),
)
"""Where proxies of one's own are (RFC 1918, RFC 6598, RFC 4193, loopback and link-local)."""
REMEMBERED = 8_192
"""Addresses of which it is known what the lists say."""
Country = Callable[[Address], str]
"""The ISO 3166 code of an address's country; empty where it has none."""


class Standing(NamedTuple):
    """What is known of an address beforehand."""

    actor: str | None
    """Whom it stands for: `ip:192.0.2.7`, `net:2001:db8::/64`; None for a peer without an address."""
    allowed: bool = False
    denied: str = ""
    """Why it is not served; empty if it is."""
    private: bool = False
    """Whether it may as well be a proxy of one's own."""


class Lists:
    """Allow and deny lists of addresses and countries."""

    def __init__(
        self,
        *,
        allow: Iterable[str] = (),
        deny: Iterable[str] = (),
        deny_countries: frozenset[str] = frozenset(),
        only_countries: frozenset[str] = frozenset(),
        countries: str | None = None,
    ) -> None:
        self._allow, self._deny = Networks("Actors.allow", allow), Networks("Actors.deny", deny)
        self._denied, self._only = deny_countries, only_countries
        self._country: Country | None = reader(countries) if countries else None
        self.standing: Callable[[str], Standing] = lru_cache(maxsize=REMEMBERED)(self._standing)
        """What is known of a client's address."""

    def _standing(self, client: str) -> Standing:
        address = address_of(client)
        if address is None:
            return Standing(None)
        actor, private = network_of(client), address in INSIDE
        if address in self._allow:
            return Standing(actor, allowed=True)
        if address in self._deny:
            return Standing(actor, denied="the address is on the deny list")
        if self._country is not None and not private:
            code = self._country(address)
            if code in self._denied or (self._only and code not in self._only):
                return Standing(actor, denied=f"the country is {code or 'not known'}")
        return Standing(actor, private=private)


def reader(path: str) -> Country:
    """Looks countries up in a local MMDB file. Raises MissingExtraError without `maxminddb`, InputError for no such."""
    try:
        import maxminddb
    except ModuleNotFoundError as error:
        raise MissingExtraError("maxminddb", "geo", "looking up countries") from error
    try:
        database = maxminddb.open_database(path)
    except (OSError, ValueError, maxminddb.InvalidDatabaseError) as error:
        raise InputError(path, f"is no MMDB file: {error}", "name a country database in MaxMind's format") from error

    def country(address: Address) -> str:
        try:
            record: Any = database.get(str(address))
        except ValueError:  # an IPv6 address in a file of IPv4 alone
            return ""
        for member in ("country", "registered_country"):
            code = record.get(member) if isinstance(record, dict) else None
            if isinstance(code, dict) and isinstance(code.get("iso_code"), str):
                return str(code["iso_code"]).upper()
            if isinstance(code, str):  # as some other publishers write it
                return code.upper()
        return ""

    return country


def codes(field: str, values: frozenset[str]) -> frozenset[str]:
    """Country codes in upper case. Raises ConfigurationError for what is none (ISO 3166-1 alpha-2)."""
    for value in values:
        if len(value) != 2 or not value.isascii() or not value.isalpha():
            raise ConfigurationError(field, value, "is no country code", "write two letters, such as 'FR'")
    return frozenset(value.upper() for value in values)
