"""Who wants to know of sinks in this context: the guard of the running request, a recording, or nobody."""

from __future__ import annotations

from hauberk.core.events import RECORDING, Recording
from hauberk.core.exchange import HOLDER, Exchange
from hauberk.guard.carry import CARRIED


def exchange() -> Exchange | None:
    """The exchange with a guard that runs in this context or carried into this thread, if any."""
    holder = HOLDER.get()
    if holder is not None:
        ex: Exchange | None = holder[0]
    else:
        carried = CARRIED.get()
        ex = None if carried is None else carried()
    return ex if ex is not None and ex.guard is not None else None


def recorder() -> Recording | None:
    """The recording that runs in this context, unless it is over."""
    events = RECORDING.get()
    return events if events is not None and not events.ended else None
