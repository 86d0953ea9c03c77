"""Stores by URL: `memory://`, `sqlite:///path`, `valkey://host`, `postgresql://host/database`."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import SplitResult, parse_qsl, unquote, urlencode, urlsplit

from hauberk.core.errors import ConfigurationError
from hauberk.core.options import did_you_mean
from hauberk.core.store import Store

KEYED = {"valkey": "redis", "redis": "redis", "valkeys": "rediss", "rediss": "rediss"}
"""Scheme to the one that redis-py knows; with an s it is TLS."""
SCHEMES = ("memory", "sqlite", *KEYED, "postgresql", "postgres")
OPTIONS: Mapping[str, tuple[str, ...]] = {
    "memory": ("most",),
    "sqlite": ("timeout",),
    "redis": ("cluster", "sentinel", "timeout", "connections"),
    "postgresql": ("timeout", "connections", "unlogged", "pgbouncer"),
}
PASSED_ON = {
    "redis": ("ssl_", "username", "password", "db", "protocol", "client_name"),
    "postgresql": (
        "ssl",
        "host",
        "port",
        "user",
        "dbname",
        "application_name",
        "target_session_attrs",
        "channel_binding",
    ),
}
"""Options that the client libraries know themselves."""


def open_store(url: str, *, field: str = "store") -> Store:
    """The store that a URL names. Nothing is connected or created before its first use.

    Raises ConfigurationError for a URL that is none, with the nearest that is one; a password in it is never shown.
    """
    parts = urlsplit(url)
    shown = _shown(parts)
    if parts.scheme not in SCHEMES:
        raise ConfigurationError(
            field, shown, "is no store", did_you_mean(parts.scheme or shown, [s + "://" for s in SCHEMES])
        )
    kind = "redis" if parts.scheme in KEYED else "postgresql" if parts.scheme.startswith("postgres") else parts.scheme
    own, passed = _options(field, shown, kind, parts.query)
    if kind == "memory":
        from hauberk.stores.memory import MemoryStore

        return MemoryStore(most=_number(field, shown, own, "most", 100_000))
    if kind == "sqlite":
        return _sqlite(field, shown, parts, own)
    timeout, connections = _seconds(field, shown, own), _number(field, shown, own, "connections", 32)
    query = "?" * bool(passed) + urlencode(passed)
    rest = f"{KEYED.get(parts.scheme, 'postgresql')}://{parts.netloc}{parts.path}{query}"
    if kind == "redis":
        from hauberk.stores.valkey import Address, ValkeyStore

        cluster = _flag(field, shown, own, "cluster")
        if cluster and own.get("sentinel"):
            raise ConfigurationError(field, shown, "asks for a cluster and for Sentinel", "take one of them")
        return ValkeyStore(
            Address(
                url=rest,
                shown=shown,
                cluster=cluster,
                sentinel=own.get("sentinel", ""),
                timeout=timeout,
                connections=connections,
            )
        )
    from hauberk.stores.postgres import PostgresStore, Server

    return PostgresStore(
        Server(
            url=rest,
            shown=shown,
            timeout=timeout,
            connections=connections,
            unlogged=_flag(field, shown, own, "unlogged"),
            pgbouncer=_flag(field, shown, own, "pgbouncer"),
        )
    )


def _sqlite(field: str, shown: str, parts: SplitResult, own: Mapping[str, str]) -> Store:
    from hauberk.stores.sqlite import SQLiteStore

    if parts.netloc:
        raise ConfigurationError(
            field, shown, "names a host", "write three slashes before the path: sqlite:///data/hauberk.db"
        )
    # As SQLAlchemy reads it: three slashes and a relative path, four and an absolute one.
    path = unquote(parts.path)[1:]
    if not path or path == ":memory:":
        raise ConfigurationError(field, shown, "names no file", "write sqlite:///data/hauberk.db, or memory://")
    return SQLiteStore(path, timeout=_seconds(field, shown, own))


def _options(field: str, shown: str, kind: str, query: str) -> tuple[dict[str, str], list[tuple[str, str]]]:
    own: dict[str, str] = {}
    passed: list[tuple[str, str]] = []
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name in OPTIONS[kind]:
            own[name] = value
        elif name.startswith(PASSED_ON.get(kind, ("\0",))):
            passed.append((name, value))
        else:
            raise ConfigurationError(field, shown, f"has the option {name!r}", did_you_mean(name, OPTIONS[kind]))
    return own, passed


def _flag(field: str, shown: str, own: Mapping[str, str], name: str) -> bool:
    value = own.get(name, "false").lower()
    if value not in {"true", "false", "1", "0"}:
        raise ConfigurationError(field, shown, f"has {name}={own[name]!r}", f"write {name}=true or {name}=false")
    return value in {"true", "1"}


def _number(field: str, shown: str, own: Mapping[str, str], name: str, default: int) -> int:
    value = own.get(name, str(default))
    if not value.isdecimal() or int(value) < 1:
        raise ConfigurationError(field, shown, f"has {name}={value!r}", f"write a whole number, as {name}={default}")
    return int(value)


def _seconds(field: str, shown: str, own: Mapping[str, str]) -> float:
    value = own.get("timeout", "2")
    try:
        seconds = float(value)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= 60:
        raise ConfigurationError(field, shown, f"has timeout={value!r}", "write seconds, more than 0 and at most 60")
    return seconds


def _shown(parts: SplitResult) -> str:
    """The URL without user, password and options."""
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}" if parts.scheme else host + parts.path or "(empty)"
