"""Why a package is there: the shortest way to it from what the project asks for."""

from __future__ import annotations

from collections import deque

from hauberk.audit.readers import Manifest, NotJudged, Pinned
from hauberk.audit.text import name as shown
from hauberk.audit.versions import normal_name

Entry = Pinned | NotJudged
_LONGEST = 100
"""Steps of a path that are shown, the nearest to the package; a file may claim any number."""


class Paths:
    """The dependency graph of one file, walked at the first question."""

    __slots__ = ("_manifest", "_parents")

    def __init__(self, manifest: Manifest) -> None:
        self._manifest = manifest
        self._parents: dict[int, Entry | None] | None = None
        """By the entry's identity: from which entry the walk came to it first; None at the roots."""

    def to(self, package: Pinned) -> tuple[str, ...]:
        """From the project's name (where the file says it) to the package; empty where the file knows no graph."""
        if self._parents is None:
            self._parents = self._walk()
        if id(package) not in self._parents:
            return ()
        path: list[str] = []
        entry: Entry | None = package
        while entry is not None and len(path) < _LONGEST:
            path.append(_name(entry))
            entry = self._parents[id(entry)]
        if self._manifest.roots and self._manifest.project:
            path.append(shown(self._manifest.project))
        return tuple(reversed(path))

    def _walk(self) -> dict[int, Entry | None]:
        """Breadth first. Where the file does not name the roots, they are the entries that no other one needs."""
        entries: list[Entry] = [*self._manifest.packages, *self._manifest.not_judged]
        if not any(entry.needs for entry in entries):
            return {}
        by_key: dict[str, list[Entry]] = {}
        for entry in entries:
            for key in entry.keys:
                by_key.setdefault(key, []).append(entry)
        if self._manifest.roots:
            first = [entry for key in self._manifest.roots for entry in by_key.get(key, ())]
        else:
            needed = {key for entry in entries for key in entry.needs}
            first = [entry for entry in entries if needed.isdisjoint(entry.keys)]
        parents: dict[int, Entry | None] = {id(entry): None for entry in first}
        queue = deque(first)
        while queue:
            entry = queue.popleft()
            for key in entry.needs:
                for need in by_key.get(key, ()):
                    if id(need) not in parents:
                        parents[id(need)] = entry
                        queue.append(need)
        return parents


def _name(entry: Entry) -> str:
    if isinstance(entry, Pinned):
        return shown(normal_name(entry.ecosystem, entry.name))
    return shown(entry.what)
