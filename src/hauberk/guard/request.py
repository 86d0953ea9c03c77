"""The guard's view of one request: made empty, filled when a sink asks."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeVar

from hauberk.core.events import SinkKind
from hauberk.core.exchange import Exchange
from hauberk.core.log import decision
from hauberk.guard.frames import in_code
from hauberk.guard.inputs import Inputs

T = TypeVar("T")
_NONE: frozenset[tuple[str, int | None]] = frozenset()

MOST_WALKS = 8
"""How often a request looks for a text among the constants of the code, and does not find it."""
FRAMES = 4
"""How far from the sink: each look at a frame raises an audit event, which costs. All the way is gone only where a text
would be called an attack."""
OWN = 6
"""How many calls lie between a sink and there, at least."""


class RequestGuard:
    """The modes that hold for this request, and its inputs as soon as somebody needs them."""

    # Class attributes, not slots, as in Exchange: most requests reach no sink, and set none of these.
    modes: Mapping[SinkKind, str]
    roots: Sequence[str] = ()
    reachable: frozenset[tuple[str, int | None]] = _NONE
    redirects: Container[object] = ()
    resolved: dict[str, set[str]] | None = None
    """For each internal address the names that were looked up and turned out to be it, once there is one."""
    led: dict[tuple[str, int | None], str] | None = None
    """Hosts and ports that redirects led to, each with the input that chose where they began, once there is one."""
    remembered: Mapping[str, tuple[int, Any]] = MappingProxyType({})
    """What a sink found out about this request, under its name, and how long the body was then."""
    _inputs: Inputs | None = None
    _said = False
    looks = MOST_WALKS
    """How often it may still be looked whether a text is a constant of the code, and found that it is none."""

    @classmethod
    def under(
        cls,
        modes: Mapping[SinkKind, str],
        roots: Sequence[str] = (),
        reachable: frozenset[tuple[str, int | None]] = _NONE,
        redirects: Container[object] = (),
    ) -> type[RequestGuard]:
        """The class of the guards of one policy: making one for a request then sets nothing at all."""
        known = {"modes": modes, "roots": roots, "reachable": reachable, "redirects": redirects}
        return type(cls.__name__, (cls,), known | {"__module__": cls.__module__})

    def inputs(self, ex: Exchange) -> Inputs:
        """The inputs as far as the application has read the request."""
        if self._inputs is None:
            self._inputs = Inputs()
        self._inputs.refresh(ex)
        return self._inputs

    def once(self, ex: Exchange, name: str, find: Callable[[Exchange], T]) -> T:
        """What is found in the request, found once for as long as no more of its body is read."""
        length, found = self.remembered.get(name, (-1, None))
        if length != ex.body_length:
            found = find(ex)
            self.remembered = {**self.remembered, name: (ex.body_length, found)}
        known: T = found
        return known

    def say_incomplete(self, ex: Exchange) -> None:
        """Log once that a sink was reached while a part of the request could not be read: what hides there passes."""
        if not self._said:
            self._said = True
            decision("guard-incomplete", method=ex.method, body_length=ex.body_length)

    def in_code(self, text: str) -> bool:
        """Whether the text is a constant of the running code, as long as looking for that was worth its while here."""
        if not self.looks:
            return False
        if in_code(text, FRAMES, OWN):
            return True
        self.looks -= 1
        return False

    def blocks(self, kind: SinkKind) -> bool:
        """Whether an attack of that kind is stopped."""
        return self.modes[kind] == "block"
