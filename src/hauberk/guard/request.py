"""The guard's view of one request: made empty, filled when a sink asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hauberk.core.exchange import Exchange
from hauberk.core.log import decision
from hauberk.guard.inputs import Inputs


class RequestGuard:
    """The modes that hold for this request, and its inputs as soon as somebody needs them."""

    __slots__ = ("_inputs", "_said", "modes", "roots")

    def __init__(self, modes: Mapping[str, str], roots: Sequence[str]) -> None:
        self.modes, self.roots = modes, roots
        self._inputs: Inputs | None = None
        self._said = False

    def inputs(self, ex: Exchange) -> Inputs:
        """The inputs as far as the application has read the request."""
        if self._inputs is None:
            self._inputs = Inputs()
        self._inputs.refresh(ex)
        return self._inputs

    def say_incomplete(self, ex: Exchange) -> None:
        """Log once that a sink was reached while a part of the request could not be read: what hides there passes."""
        if not self._said:
            self._said = True
            decision("guard-incomplete", method=ex.method, body_length=ex.body_length)

    def blocks(self, kind: str) -> bool:
        """Whether an attack of that kind is stopped."""
        return self.modes[kind] == "block"
