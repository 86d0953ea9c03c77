"""What handlers ask their requests for while they answer: which inputs there are, and which code reads them."""

from __future__ import annotations

from collections.abc import Collection, Container
from dataclasses import dataclass, field, replace

from hauberk.scan.messages import Response
from hauberk.scan.surface import Operation
from hauberk.scan.sweep import learnt

PICTURE = {"accept": "image/*"}
Reads = dict[str, dict[tuple[str, str], str]]
Asked = dict[str, dict[str, set[str]]]


@dataclass(slots=True)
class Learnt:
    """What every answer in process told."""

    reads: Reads = field(default_factory=dict)
    """What handlers asked for, by path."""
    asked: Asked = field(default_factory=dict)
    """In which lines of code, by path and method."""
    pictures: set[str] = field(default_factory=set)
    """Operations that refuse files which are no pictures, by their names."""

    def known(self, operation: Operation) -> Operation:
        """The operation with all that was asked for at its path."""
        known = learnt(operation, self.reads.get(operation.path, ()))
        return pictured(known) if str(operation) in self.pictures else known

    def told(self, operation: Operation, response: Response) -> Operation:
        """Remember what its handler asked for; the operation with that."""
        if not response.reads:
            return operation
        self.reads.setdefault(operation.path, {}).update(response.reads)
        self.asked.setdefault(operation.path, {}).setdefault(operation.method, set()).update(response.reads.values())
        return learnt(operation, response.reads)

    def same_code(self, operation: Operation, attacked: Container[str], reached: Collection[str]) -> bool:
        """Whether all that its handler asks for is asked in lines that were attacked by another method already.

        A handler that hands GET on to the one for POST, say; or one that asks for nothing, where only its source
        says that it might. `attacked` and `reached` are operations, by what they are called.
        """
        asked = self.asked.get(operation.path, {})
        if not asked.keys() - {operation.method}:
            return False
        mine = asked.get(operation.method, set())
        # Its own name may be among the attacked, where an earlier scan stopped within it.
        others = [
            lines
            for method, lines in asked.items()
            if method != operation.method and f"{method} {operation.path}" in attacked
        ]
        declared = any(p.schema for p in operation.parameters) or operation.source != "routes"
        if operation.names or (not mine and (declared or str(operation) not in reached)):
            return False
        return any(lines and mine <= lines for lines in others)


def pictured(operation: Operation) -> Operation:
    """The operation with pictures where it takes files and says nothing of their kind."""
    changed = tuple(
        replace(p, schema={**p.schema, **PICTURE}) if p.place == "upload" and "accept" not in p.schema else p
        for p in operation.parameters
    )
    return replace(operation, parameters=changed)
