"""Between the sinks and whoever listens: a recording (scan, tests) or the guard of the running request."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import NamedTuple

from hauberk.core.errors import BlockedError
from hauberk.core.events import RECORDING, Recording, SinkEvent, SinkKind
from hauberk.core.exchange import HOLDER, Exchange, Reply
from hauberk.core.log import decision
from hauberk.guard.carry import CARRIED
from hauberk.guard.frames import application_place, is_constant
from hauberk.guard.request import RequestGuard
from hauberk.guard.verdict import ABSENT, Judgement

LONGEST_TEXT = 4_000
"""Characters of a text that an event keeps."""
FORBIDDEN = Reply(
    403,
    json.dumps({"type": "about:blank", "title": "Forbidden", "status": 403}).encode() + b"\n",
    (("content-type", "application/problem+json"), ("cache-control", "no-store")),
)
"""RFC 9457; an attacker learns nothing from it."""

Judge = Callable[[str], Judgement]
"""What an input with this value does to the text at hand."""


class Found(NamedTuple):
    """The worst that an input of the request does, and its name."""

    judgement: Judgement = Judgement("unknown", "")
    name: str | None = None


class _Busy(threading.local):
    """Set while the guard works, so that what it does itself is not seen by it."""

    now = False


_BUSY = _Busy()


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


class Seen:
    """Texts that ran in a request without any of its inputs in them: constants, as far as anybody can tell. Bounded."""

    __slots__ = ("_known", "limit")

    def __init__(self, limit: int = 4_096) -> None:
        self.limit = limit
        self._known: OrderedDict[int, None] = OrderedDict()

    def knows(self, kind: SinkKind, text: str) -> bool:
        """Whether exactly this text was seen."""
        return hash((kind, text)) in self._known

    def add(self, kind: SinkKind, text: str) -> None:
        """Remember the text, and forget the oldest where there are too many."""
        known = self._known
        known[hash((kind, text))] = None
        while len(known) > self.limit:
            try:
                known.popitem(last=False)
            except KeyError:  # Another thread was faster.
                return

    def clear(self) -> None:
        """Forget everything."""
        self._known.clear()


SEEN = Seen()


def sense(
    kind: SinkKind,
    target: str,
    text: str,
    judge: Judge,
    *,
    haystack: str | None = None,
    dialect: str = "",
    argv: Sequence[str] = (),
    skip: Callable[[], bool] | None = None,
) -> None:
    """A sink is about to interpret `text`: record it, judge the request's inputs in it, and stop it if so asked.

    `haystack` is where inputs are searched, if not in the text. `skip` is asked last, before anything is said, whether
    the call is none of the application's. Raises BlockedError.
    """
    if _BUSY.now:
        return
    ex, events = exchange(), recorder()
    guard: RequestGuard | None = None if ex is None or ex.guard.modes[kind] == "off" else ex.guard
    if events is None and (guard is None or SEEN.knows(kind, text)):
        return
    _BUSY.now = True
    try:
        found = Found() if guard is None or ex is None else _found(guard, ex, kind, text, haystack, judge)
        attack = found.judgement.attack
        if (events is None and not attack) or (skip is not None and skip()):
            return
        event = _event(kind, target, text, dialect, argv, found, attack and guard is not None and guard.blocks(kind))
        if events is not None:
            events.add(event)
        if attack and ex is not None:
            _report(event, ex)
    finally:
        _BUSY.now = False
    if event.blocked:
        raise BlockedError(f"{target} was stopped: {found.name} would have changed what it does")


def _found(guard: RequestGuard, ex: Exchange, kind: SinkKind, text: str, haystack: str | None, judge: Judge) -> Found:
    """Judge every input of the request that is in the text."""
    inputs = guard.inputs(ex)
    if kind == "path":
        # A path may have been resolved since, so that nothing is left of the input as it came.
        candidates = [item for item in inputs.risky if item.roaming]
    else:
        low = (text if haystack is None else haystack).lower()
        candidates = [item for item in inputs.risky if item.low in low]
    worst = Found()
    for item in candidates:
        judgement = judge(item.value)
        if judgement.attack:
            if is_constant(text):
                return Found(Judgement("inert", "the text is a constant of the code"), item.name)
            return Found(judgement, item.name)
        if judgement is not ABSENT and (worst.name is None or judgement.verdict == "unknown"):
            worst = Found(judgement, item.name)
    if not inputs.complete:
        guard.say_incomplete(ex)
    elif worst.name is None and inputs.plain:
        # Learnt only from requests in which nothing could have been hidden: else an attack that the application
        # decodes in a way unknown here would vouch for itself.
        SEEN.add(kind, text)
    return worst


def _event(
    kind: SinkKind, target: str, text: str, dialect: str, argv: Sequence[str], found: Found, blocked: bool
) -> SinkEvent:
    place = application_place()
    return SinkEvent(
        kind=kind,
        target=target,
        text=text[:LONGEST_TEXT],
        dialect=dialect,
        argv=tuple(argv),
        file=place.file,
        line=place.line,
        function=place.function,
        verdict=found.judgement.verdict,
        input=found.name,
        reason=found.judgement.reason,
        blocked=blocked,
    )


def _report(event: SinkEvent, ex: Exchange) -> None:
    """Log an attack, without a value of the request: where the path is the attack, it is left out."""
    if event.blocked:
        ex.blocked = FORBIDDEN
    name = event.input or ""
    decision(
        "guard-blocked" if event.blocked else "guard-observed",
        kind=event.kind,
        target=event.target,
        input=name,
        file=event.file,
        line=event.line,
        function=event.function,
        reason=event.reason,
        method=ex.method,
        path=None if name.partition(":")[0] == "path" else ex.path,
    )
