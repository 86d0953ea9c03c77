"""What a feature may ask for when a policy is compiled: its neighbours, a store, and keys.

Features are options and steps; they open nothing and read no environment. The policy does that, once, and only for
features that ask.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Protocol, runtime_checkable

from hauberk.core.errors import ConfigurationError
from hauberk.core.plan import Feature, Plan, Steps
from hauberk.core.store import Store

Keys = Callable[[str], tuple[bytes, ...]]
"""Purpose to keys of 32 octets each: the first signs or seals, all verify or open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Equipment:
    """Handed to `equip` of each feature that has one."""

    feature: Callable[[str], Any]
    """The policy's field of that name, or None where it is off."""
    store: Callable[[str | Store], Store]
    """The store that a URL names, the same one for the same URL; a Store is that itself. Nothing connects yet. Raises
    ConfigurationError, in the name of the feature's own option, for what is neither."""
    keys: Keys
    """Keys derived from the application's secrets, apart for each purpose."""


@runtime_checkable
class Equipped(Protocol):
    """A feature that needs something of the policy before its steps are asked for."""

    def equip(self, equipment: Equipment) -> Feature:
        """Itself, with what it needs."""


class Assembly:
    """Compiles a policy and its variants, so that what they have in common is there once: stores, counters, tables."""

    def __init__(self, *, store: Callable[[str], Store], keys: Keys) -> None:
        self._store, self._keys = store, keys
        self._made: dict[str, list[tuple[Any, dict[str, Any], Steps]]] = {}
        """Field to what was made of it: the feature, the neighbours that it asked for, and its steps."""

    def plan(self, features: Mapping[str, Any]) -> Plan:
        """The plan of these features, by their fields and in their order; None is off."""
        steps = [self._steps(name, feature, features) for name, feature in features.items() if feature is not None]
        return Plan.of(map(Made, steps))

    def _steps(self, name: str, feature: Any, all_features: Mapping[str, Any]) -> Steps:
        for known, neighbours, steps in self._made.get(name, ()):
            same = known is feature or known == feature
            if same and all(all_features.get(other) == was for other, was in neighbours.items()):
                return steps
        asked: dict[str, Any] = {}

        def neighbour(other: str) -> Any:
            asked[other] = all_features.get(other)
            return asked[other]

        def store(place: str | Store) -> Store:
            return self._opened(feature, place)

        equipment = Equipment(feature=neighbour, store=store, keys=self._keys)
        steps = (feature.equip(equipment) if isinstance(feature, Equipped) else feature).steps()
        self._made.setdefault(name, []).append((feature, asked, steps))
        return steps

    def _opened(self, feature: Any, place: object) -> Store:
        if not isinstance(place, str) and hasattr(place, "waits"):  # what every Store says of itself
            store: Store = place  # type: ignore[assignment]
            return store
        names = ["store", *(f.name for f in fields(feature))]
        option = next((name for name in names if getattr(feature, name, None) is place), "store")
        name = f"{type(feature).__name__}.{option}"
        if not isinstance(place, str):
            fix = "write for example 'sqlite:///hauberk.db'"
            raise ConfigurationError(name, type(place).__name__, "is neither a URL nor a Store", fix)
        try:
            return self._store(place)
        except ConfigurationError as error:
            raise ConfigurationError(name, error.value, error.problem, error.fix) from None


@dataclass(frozen=True, slots=True)
class Made:
    """Steps that were made already."""

    made: Steps

    def steps(self) -> Steps:
        """Those."""
        return self.made
