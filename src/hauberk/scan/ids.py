"""Ids that exist, told by the links of pages: what `/projects/7` shows is the project of other operations as well."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from hauberk.scan.surface import Operation, Parameter, Surface

Values = Mapping[str, str]
ANY = re.compile(r"(object_?)?(id|pk|slug|name|key|uuid|code|number)", re.IGNORECASE)
"""Names of path parameters that say nothing of what they are an id of: there, what stands before them does."""
MOST = 200
"""Links whose values are remembered."""


@dataclass(slots=True)
class Ids:
    """Values of path parameters with which pages were answered."""

    found: list[dict[str, str]] = field(default_factory=list)
    """By what they are ids of, as far as that can be told; those of one link together."""

    def shown(self, operation: Operation, values: Values) -> None:
        """A link had these values, and what it leads to was answered with success."""
        known = {_meant(operation, name): value for name, value in values.items()}
        if known and known not in self.found and len(self.found) < MOST:
            self.found.append(known)

    def put_into(self, surface: Surface) -> Surface:
        """The surface with ids that exist, where an operation has none of which that is known."""
        operations = tuple(self._with(o) if o.names else o for o in surface.operations)
        return surface if operations == surface.operations else replace(surface, operations=operations)

    def _with(self, operation: Operation) -> Operation:
        meant = {name: _meant(operation, name) for name in operation.names}
        mine = {p.name: p.example for p in operation.at("path")}
        if all(any(values.get(meant[name], "") == mine.get(name) for values in self.found) for name in operation.names):
            return operation
        # Of one link, as a task is one of its project; else each by itself.
        whole = next((values for values in self.found if set(meant.values()) <= values.keys()), {})
        each = {key: value for values in reversed(self.found) for key, value in values.items()}
        chosen = {name: (whole or each).get(key, "") for name, key in meant.items()}
        known = {p.key: p for p in operation.parameters}
        for name, value in chosen.items():
            if value:
                old = known.get(("path", name), Parameter(name=name, place="path", required=True))
                known[old.key] = replace(old, example=value)
        return replace(operation, parameters=tuple(known.values()))


def _meant(operation: Operation, name: str) -> str:
    if not ANY.fullmatch(name):
        return name
    return f"{operation.path.partition('{' + name + '}')[0]} {name}"
