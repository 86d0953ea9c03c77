"""The guard's view of one request: made empty, filled when a sink asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hauberk.core.exchange import Exchange
from hauberk.guard.inputs import Inputs


class RequestGuard:
    """The modes that hold for this request, and its inputs as soon as somebody needs them."""

    __slots__ = ("_inputs", "modes", "roots")

    def __init__(self, modes: Mapping[str, str], roots: Sequence[str]) -> None:
        self.modes, self.roots = modes, roots
        self._inputs: Inputs | None = None

    def inputs(self, ex: Exchange) -> Inputs:
        """The inputs as far as the application has read the request."""
        if self._inputs is None:
            self._inputs = Inputs()
        self._inputs.refresh(ex)
        return self._inputs

    def blocks(self, kind: str) -> bool:
        """Whether an attack of that kind is stopped."""
        return self.modes[kind] == "block"
