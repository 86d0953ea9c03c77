"""What a feature may ask for when a policy is compiled: its neighbours, a store, and keys.

Features are options and steps; they open nothing and read no environment. The policy does that, once, and only for
features that ask.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from hauberk.core.plan import Feature
from hauberk.core.store import Store

Keys = Callable[[str], tuple[bytes, ...]]
"""Purpose to keys of 32 octets each: the first signs or seals, all verify or open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Equipment:
    """Handed to `equip` of each feature that has one."""

    feature: Callable[[str], Any]
    """The policy's field of that name, or None where it is off."""
    store: Callable[[str], Store]
    """The store that a URL names; the same one for the same URL. Nothing connects yet."""
    keys: Keys
    """Keys derived from the application's secrets, apart for each purpose."""


@runtime_checkable
class Equipped(Protocol):
    """A feature that needs something of the policy before its steps are asked for."""

    def equip(self, equipment: Equipment) -> Feature:
        """Itself, with what it needs."""
