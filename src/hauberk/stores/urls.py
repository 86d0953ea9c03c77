"""Stores by URL: `memory://`, `sqlite:///path`, `valkey://host`, `postgresql://host/database`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urlsplit

from hauberk.core.errors import ConfigurationError
from hauberk.core.options import did_you_mean
from hauberk.core.store import Store
from hauberk.stores.addresses import Address, Server

KEYED = {"valkey": "redis", "redis": "redis", "valkeys": "rediss", "rediss": "rediss"}
"""Scheme to the one that redis-py knows; with an s it is TLS."""
SCHEMES = ("memory", "sqlite", *KEYED, "postgresql", "postgres")
OWN: Mapping[str, tuple[str, ...]] = {
    "memory": ("most",),
    "sqlite": ("timeout",),
    "valkey": ("cluster", "sentinel", "sentinel_password", "timeout", "connections"),
    "postgresql": ("timeout", "connections", "unlogged", "pgbouncer"),
}
THEIRS: Mapping[str, tuple[str, ...]] = {
    "valkey": (
        "client_name", "protocol", "ssl_ca_certs", "ssl_certfile", "ssl_cert_reqs", "ssl_check_hostname",
        "ssl_keyfile", "ssl_password",
    ),
    "postgresql": (
        "application_name", "channel_binding", "dbname", "gssencmode", "host", "hostaddr", "keepalives",
        "keepalives_idle", "load_balance_hosts", "passfile", "password", "port", "service", "sslcert", "sslcrl",
        "sslkey", "sslmode", "sslpassword", "sslrootcert", "target_session_attrs", "tcp_user_timeout", "user",
    ),
}  # fmt: skip
"""Options that the client libraries know themselves."""


def open_store(url: str, *, field: str = "store") -> Store:
    """The store that a URL names. Nothing is connected or created before its first use.

    Raises ConfigurationError for a URL that is none, with the nearest that is one; a password in it is never shown.
    """
    place = _Place.of(url, field)
    if place.kind == "memory":
        return _memory(place)
    if place.kind == "sqlite":
        return _sqlite(place)
    return _valkey(place) if place.kind == "valkey" else _postgres(place)


def _memory(place: _Place) -> Store:
    from hauberk.stores.memory import MemoryStore

    if place.parts.netloc or place.parts.path.strip("/"):
        raise place.refused("names a place", "write memory://")
    return MemoryStore(most=place.number("most", 100_000))


def _sqlite(place: _Place) -> Store:
    from hauberk.stores.sqlite import SQLiteStore

    if place.parts.netloc:
        raise place.refused("names a host", "write three slashes before the path: sqlite:///data/hauberk.db")
    # As SQLAlchemy reads it: three slashes and a relative path, four and an absolute one.
    path = unquote(place.parts.path)[1:]
    if not PurePath(path).name or path == ":memory:" or "\0" in path:
        raise place.refused("names no file", "write sqlite:///data/hauberk.db, or memory://")
    return SQLiteStore(path, timeout=place.seconds())


def _valkey(place: _Place) -> Store:
    from hauberk.stores.valkey import ValkeyStore
    from hauberk.stores.valkey_cluster import ValkeyClusterStore

    cluster, sentinel = place.flag("cluster"), place.own.get("sentinel", "")
    if cluster and sentinel:
        raise place.refused("asks for a cluster and for Sentinel", "take one of them")
    nodes = place.nodes(26379 if sentinel else 6379)
    if len(nodes) > 1 and not (cluster or sentinel):
        raise place.refused("names several servers", "add ?cluster=true, or ?sentinel=NAME of the master")
    database = place.parts.path.strip("/")
    if database and not database.isdecimal():
        raise place.refused(f"names the database {database!r}", "write a number, as in valkey://host/0")
    if cluster and database not in {"", "0"}:
        raise place.refused(f"names the database {database}", "a cluster has none but 0")
    if (protocol := place.theirs.get("protocol", "3")) not in {"2", "3"}:
        raise place.refused(f"has protocol={protocol!r}", "write protocol=2 or protocol=3")
    host, port = nodes[0]
    login = place.parts.netloc.rpartition("@")[0]
    netloc = f"{login}@" * bool(login) + (f"[{host}]" if ":" in host else quote(host)) + f":{port}"
    address = Address(
        url=f"{KEYED[place.parts.scheme]}://{netloc}/{database}" + "?" * bool(place.theirs) + urlencode(place.theirs),
        shown=place.shown,
        nodes=nodes,
        cluster=cluster,
        sentinel=sentinel,
        sentinel_password=place.own.get("sentinel_password", ""),
        timeout=place.seconds(),
        connections=place.number("connections", 32),
    )
    return ValkeyClusterStore(address) if cluster else ValkeyStore(address)


def _postgres(place: _Place) -> Store:
    from hauberk.stores.postgres import PostgresStore

    parameters = dict(place.theirs)
    login, _, hosts = place.parts.netloc.rpartition("@")
    user, _, password = login.partition(":")
    named = {"user": user, "password": password, "dbname": place.parts.path.strip("/")}
    parameters |= {name: unquote(value) for name, value in named.items() if value}
    if hosts:
        nodes = place.nodes(5432)
        parameters |= {
            "host": ",".join(host for host, _ in nodes),
            "port": ",".join(str(port) for _, port in nodes),
        }
    return PostgresStore(
        Server(
            parameters=parameters,
            shown=place.shown,
            timeout=place.seconds(),
            connections=place.number("connections", 32),
            unlogged=place.flag("unlogged"),
            pgbouncer=place.flag("pgbouncer"),
        )
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """A URL taken apart."""

    field: str
    parts: SplitResult
    shown: str
    """The URL without user, password and options."""
    kind: str
    own: Mapping[str, str]
    theirs: Mapping[str, str]

    @classmethod
    def of(cls, url: object, field: str) -> _Place:
        if not isinstance(url, str):
            raise ConfigurationError(field, type(url).__name__, "is no URL", "write a text such as memory://")
        try:
            parts = urlsplit(url)
        except ValueError:
            raise ConfigurationError(field, "(hidden)", "is no URL", "write a text such as memory://") from None
        host = parts.netloc.rpartition("@")[2]
        if parts.scheme not in SCHEMES or "://" not in url:
            # What stands before :// may be anything where the URL is none, even a password.
            known = [scheme + "://" for scheme in SCHEMES]
            shown = f"{parts.scheme}://{host}" if "://" in url else "(hidden)" if url else ""
            raise ConfigurationError(field, shown, "is no store", did_you_mean(parts.scheme + "://", known))
        scheme = parts.scheme
        kind = "valkey" if scheme in KEYED else "postgresql" if scheme.startswith("postgres") else scheme
        if kind in THEIRS and "@" in parts.path + parts.query + parts.fragment:
            # A password with one of /?# in it ends the host early, and would be shown as a path.
            fix = "percent-encode / ? # and @ in the password, as in %2F"
            raise ConfigurationError(field, f"{scheme}://(hidden)", "has an @ after its host", fix)
        if parts.fragment:
            raise ConfigurationError(field, f"{scheme}://{host}", "has a fragment", "percent-encode #, as in %23")
        shown = f"{scheme}://{host}{parts.path}"
        own: dict[str, str] = {}
        theirs: dict[str, str] = {}
        for name, value in parse_qsl(parts.query, keep_blank_values=True):
            if name in OWN[kind]:
                own[name] = value
            elif name in THEIRS.get(kind, ()):
                theirs[name] = value
            else:
                fix = did_you_mean(name, [*OWN[kind], *THEIRS.get(kind, ())])
                raise ConfigurationError(field, shown, f"has the option {name!r}", fix)
        return cls(field=field, parts=parts, shown=shown, kind=kind, own=own, theirs=theirs)

    def refused(self, problem: str, fix: str) -> ConfigurationError:
        return ConfigurationError(self.field, self.shown, problem, fix)

    def nodes(self, port: int) -> tuple[tuple[str, int], ...]:
        """The hosts and ports that stand between commas."""
        found = []
        for text in self.parts.netloc.rpartition("@")[2].split(","):
            host, _, behind = text.rpartition("]") if "]" in text else ("", "", text)
            name, _, number = behind.partition(":")
            if number and not (number.isascii() and number.isdecimal() and 0 < int(number) < 65536):
                raise self.refused(f"has the port {number!r}", "write a number from 1 to 65535")
            found.append((unquote(host.lstrip("[") or name) or "localhost", int(number or port)))
        return tuple(found)

    def flag(self, name: str) -> bool:
        value = self.own.get(name, "false").lower()
        if value not in {"true", "false", "1", "0"}:
            raise self.refused(f"has {name}={value!r}", f"write {name}=true or {name}=false")
        return value in {"true", "1"}

    def number(self, name: str, default: int) -> int:
        value = self.own.get(name, str(default))
        if not (value.isascii() and value.isdecimal() and 0 < int(value) <= 1_000_000_000):
            raise self.refused(f"has {name}={value!r}", f"write a whole number, as in {name}={default}")
        return int(value)

    def seconds(self) -> float:
        value = self.own.get("timeout", "2")
        try:
            seconds = float(value)
        except ValueError:
            seconds = 0.0
        if not 0 < seconds <= 60:
            raise self.refused(f"has timeout={value!r}", "write seconds, more than 0 and at most 60")
        return seconds
