"""The one audit hook (PEP 578). It can't be removed, so it does next to nothing until somebody listens."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from hauberk.core.events import RECORDING
from hauberk.core.exchange import HOLDER
from hauberk.guard.carry import CARRIED

Handler = Callable[[tuple[Any, ...]], None]

_HANDLERS: dict[str, Handler] = {}
_INSTALLED: list[bool] = []


def handle(handlers: dict[str, Handler]) -> None:
    """Have these events handled, and install the hook if it is not yet there."""
    _HANDLERS.update(handlers)
    if not _INSTALLED:
        _INSTALLED.append(True)
        sys.addaudithook(_make())


def _make() -> Callable[[str, tuple[Any, ...]], None]:
    """The hook, with all that it needs in its closure: module globals are gone when the interpreter ends."""
    get, holder, events, carried = _HANDLERS.get, HOLDER.get, RECORDING.get, CARRIED.get

    def hook(event: str, args: tuple[Any, ...]) -> None:
        handler = get(event)
        if handler is not None and (holder() is not None or events() is not None or carried() is not None):
            handler(args)

    return hook
