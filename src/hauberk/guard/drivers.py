"""Which database drivers are in this process, and which of them are watched.

Known are those of a list, and whatever says of itself that it is one (PEP 249: `apilevel`, `paramstyle`, `connect`).
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import ModuleType

MARKS = ("apilevel", "paramstyle", "connect")
"""Globals that PEP 249 asks of a driver."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Driver:
    """A database driver that is imported."""

    name: str
    """Its module."""
    version: str = ""
    """As the module says it; empty where it does not."""
    what: str = "a database driver"
    """Which database it speaks to."""
    guarded: bool = False
    """Whether its statements are seen."""


def drivers(hooked: Iterable[str], known: Mapping[str, str], waiting: Iterable[str] = ()) -> tuple[Driver, ...]:
    """Every driver among the imported modules. `known` are those that no sink watches, with their databases.

    `waiting` are modules that are hooked when they are imported: mysqlclient loads its cursors at the first connection.
    """
    watched = {name.partition(".")[0] for name in (*hooked, *waiting)}
    found: dict[str, Driver] = {}
    for name, module in list(sys.modules.items()):
        # Not `getattr`: it would load a module that is to be loaded lazily, and run code of the module's.
        if not issubclass(type(module), ModuleType):
            continue
        names = object.__getattribute__(module, "__dict__")
        top = name.partition(".")[0]
        if name in known:
            found[name] = _driver(name, names, known[name], guarded=False)
        elif all(mark in names for mark in MARKS) and top not in found:
            found.setdefault(top, _driver(top, names, "a database driver", guarded=top in watched))
    for name in known:
        if name in found:  # its packages above it are the same driver
            for above in [one for one in found if one != name and name.startswith(one + ".")]:
                del found[above]
    return tuple(found[name] for name in sorted(found))


def _driver(name: str, names: Mapping[str, object], what: str, *, guarded: bool) -> Driver:
    version = names.get("__version__", "")
    return Driver(name=name, version=version if isinstance(version, str) else "", what=what, guarded=guarded)
