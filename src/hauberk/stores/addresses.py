"""Where the servers of a store are, how they are reached, and how long they may take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """One Valkey or Redis, a cluster of them, or the sentinels that know where it is."""

    url: str = field(repr=False)
    """As redis-py takes it, with the first server and the password; never shown."""
    shown: str
    """The same without a password."""
    nodes: tuple[tuple[str, int], ...] = ()
    """All servers of a cluster, or all sentinels, that the URL names."""
    cluster: bool = False
    sentinel: str = ""
    """The name of the master that the sentinels are asked for."""
    sentinel_password: str = field(default="", repr=False)
    timeout: float = 2.0
    """Seconds for one call, connecting included."""
    connections: int = 32
    """At most so many at once, in each process and for each event loop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """One PostgreSQL database."""

    parameters: Mapping[str, str] = field(repr=False)
    """As libpq takes them, password included; never shown."""
    shown: str
    """The URL without a password."""
    timeout: float = 2.0
    """Seconds for one call; opening a connection may take two even where this is less, as in libpq."""
    connections: int = 32
    """At most so many at once, in each process and for each event loop."""
    unlogged: bool = False
    """Whether the tables are left out of the write-ahead log: faster, and empty after a crash of the server."""
    pgbouncer: bool = False
    """Whether a pooler stands between, which knows no prepared statements and no options."""
