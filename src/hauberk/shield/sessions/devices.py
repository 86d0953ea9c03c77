"""Where a user is logged in, and how to end it."""

from __future__ import annotations

from dataclasses import dataclass

from hauberk.core.store import Count, Store
from hauberk.shield.sessions.identity import record, user_index
from hauberk.shield.sessions.session import AGENT, CREATED, SEEN


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """One session of a user, as a list of devices shows it. Nothing in it makes its reader the user."""

    id: str
    """For `revoke`; the same as `session.id` there."""
    created: float
    """Seconds since 1970."""
    last_seen: float
    """To the minute."""
    agent: str
    """The browser, in a few words."""
    current: bool = False
    """Whether it is the one that asks."""


class Devices:
    """Sessions by user."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def of(self, user: str, current: str | None = None) -> list[Device]:
        """See `Sessions.of`."""
        found = []
        for key, fields in (await self._store.records(user_index(user))).items():
            name = key.removeprefix(record(""))
            device = Device(
                id=name,
                current=name == current,
                created=float(fields.get(CREATED, b"0")),
                last_seen=float(fields.get(SEEN, b"0")),
                agent=fields.get(AGENT, b"").decode("utf-8", "replace"),
            )
            found.append(device)
        return sorted(found, key=lambda device: -device.created)

    async def count(self) -> Count:
        """See `Sessions.count`."""
        return await self._store.count(record(""))

    async def revoke(self, id: str) -> bool:
        """See `Sessions.revoke`."""
        return await self._store.delete(record(id))

    async def revoke_all(self, user: str) -> int:
        """See `Sessions.revoke_all`."""
        return await self._store.forget(user_index(user))


def family(agent: str) -> str:
    """A browser's User-Agent as people say it: `Firefox on Linux`. What cannot be told is left out."""
    browser = next((name for mark, name in _BROWSERS if mark in agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in agent), "")
    return f"{browser} on {system}" if browser and system else browser or system


_BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)
