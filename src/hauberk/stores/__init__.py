"""Where sessions, limits, revocations and events are kept: memory, SQLite, Valkey or Redis, PostgreSQL."""

from hauberk.stores.urls import open_store

__all__ = ["open_store"]
