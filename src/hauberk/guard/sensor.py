"""Between the sinks and whoever listens: a recording (scan, tests) or the guard of the running request."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from hauberk.core.errors import BlockedError
from hauberk.core.events import RECORDING, Recording, SinkEvent, SinkKind
from hauberk.core.exchange import BODY_KEPT, HOLDER, Exchange, Reply
from hauberk.core.log import decision
from hauberk.guard.carry import CARRIED
from hauberk.guard.fragments import covered, crafted, wordy
from hauberk.guard.frames import application_place, application_stack, is_constant, of_a_store
from hauberk.guard.inputs import Input, Inputs
from hauberk.guard.provenance import authored
from hauberk.guard.request import RequestGuard
from hauberk.guard.verdict import ABSENT, Cover, Judgement, occurrences

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

JudgeChanged = Callable[[str, str], Judgement | None]
"""Given text and input in lower case: what the input does after the application changed it; None if it is not there."""


Search = Callable[[Exchange, Inputs], Iterator[tuple[str, str, Judgement]]]
"""For sinks that interpret no text of their own: the inputs that made the call what it is: name, value, verdict."""


_LEAVING = frozenset({"html", "header", "redirect"})


class Found(NamedTuple):
    """The worst that an input of the request does, and its name."""

    judgement: Judgement = Judgement("unknown", "")
    name: str | None = None
    spared: bool = False
    """Reported, but not stopped: words that may as well be the application's own."""


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
    """Texts that no input made, by kind of sink. Bounded: the oldest are forgotten first.

    The texts themselves are kept, not hashes of them: nothing that merely looks like one is taken for it.
    """

    __slots__ = ("_known", "limit", "longest")

    def __init__(self, limit: int = 4_096, longest: int = 16_384) -> None:
        self.limit, self.longest = limit, longest
        self._known: dict[SinkKind, dict[str, None]] = {}

    def of(self, kind: SinkKind) -> dict[str, None]:
        """The texts of a kind, for sinks that look before they call `sense`; always the same dictionary."""
        return self._known.setdefault(kind, {})

    def knows(self, kind: SinkKind, text: str) -> bool:
        """Whether exactly this text was seen."""
        return text in self.of(kind)

    def add(self, kind: SinkKind, text: str) -> None:
        """Remember the text, and forget the oldest where there are too many."""
        if len(text) > self.longest:
            return
        known = self.of(kind)
        known[text] = None
        while len(known) > self.limit:
            try:
                known.pop(next(iter(known)), None)
            except (RuntimeError, StopIteration):  # Another thread was faster.
                return

    def clear(self) -> None:
        """Forget everything."""
        for known in self._known.values():
            known.clear()


SEEN = Seen()
COMPILED = Seen()
"""Statements that an ORM wrote, without a fragment of the application's own."""
_KNOWN, _COMPILED = SEEN.of("sql"), COMPILED.of("sql")


def unconcerned(sql: str) -> bool:
    """Whether nobody listens, or none of the request's inputs can be in the statement: what most statements get.

    Then there is nothing to judge, and the text is remembered if it is known that no input made it.
    """
    if recorder() is not None:
        return False
    ex = exchange()
    if ex is None or ex.guard.modes["sql"] == "off" or sql in _KNOWN:
        return True
    guard: RequestGuard = ex.guard
    inputs = guard.inputs(ex)
    low = sql.lower()
    for word, item in inputs.changeable():
        if item.low in low or (word and word in low):
            return False
    _learn(guard, ex, inputs, "sql", sql)
    return True


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
    altered: JudgeChanged | None = None,
) -> None:
    """A sink is about to interpret `text`: record it, judge the request's inputs in it, and stop it if so asked.

    `haystack` is where inputs are searched, if not in the text. `skip` is asked last, before anything is said, whether
    the call is none of the application's. `altered` finds an input that the application changed before it used it.
    Raises BlockedError.
    """
    if kind != "path" and SEEN.knows(kind, text) and recorder() is None:
        return

    def find(guard: RequestGuard, ex: Exchange) -> Found:
        if kind == "path":
            return _astray(guard, ex, judge)
        return _found(guard, ex, kind, text, haystack, judge, altered)

    _say(kind, target, text, find, dialect, argv, skip)


def sense_found(
    kind: SinkKind, target: str, text: str, search: Search, *, dialect: str = "", stops: bool | None = None
) -> None:
    """A sink is about to do what `text` only names: `search` says which inputs made it do that. Raises BlockedError.

    The text is never remembered as known: another request may have the same said. `stops` is whether an attack is
    stopped; None where the mode decides.
    """

    def find(guard: RequestGuard, ex: Exchange) -> Found:
        return _searched(guard, ex, search)

    _say(kind, target, text, find, dialect, stops=stops)


def _say(
    kind: SinkKind,
    target: str,
    text: str,
    find: Callable[[RequestGuard, Exchange], Found],
    dialect: str = "",
    argv: Sequence[str] = (),
    skip: Callable[[], bool] | None = None,
    *,
    stops: bool | None = None,
) -> None:
    if _BUSY.now:
        return
    ex, events = exchange(), recorder()
    guard: RequestGuard | None = None if ex is None or ex.guard.modes[kind] == "off" else ex.guard
    if events is None and guard is None:
        return
    _BUSY.now = True
    try:
        found = Found() if guard is None or ex is None else find(guard, ex)
        attack = found.judgement.attack
        if (events is None and not attack) or (skip is not None and skip()):
            return
        blocks = guard is not None and (guard.blocks(kind) if stops is None else stops)
        event = _event(kind, target, text, dialect, argv, found, blocked=attack and not found.spared and blocks)
        if events is not None:
            events.add(event)
        if attack and ex is not None:
            _report(event, ex)
    finally:
        _BUSY.now = False
    if event.blocked:
        raise BlockedError(f"{target} was stopped: {found.name} would have changed what it does")


def _searched(guard: RequestGuard, ex: Exchange, search: Search) -> Found:
    """The worst that a sink found by itself."""
    inputs, worst = guard.inputs(ex), Found()
    for name, _, judgement in search(ex, inputs):
        worst = Found(judgement, name)
        if judgement.attack:
            break
    if ex.body_length > BODY_KEPT:
        guard.say_incomplete(ex)
    return worst


def _found(
    guard: RequestGuard,
    ex: Exchange,
    kind: SinkKind,
    text: str,
    haystack: str | None,
    judge: Judge,
    altered: JudgeChanged | None,
) -> Found:
    """Judge every input of the request that is in the text."""
    if SEEN.knows(kind, text):
        return Found()
    inputs = guard.inputs(ex)
    worst = spared = Found()
    for name, value, judgement in _judged(kind, inputs, text if haystack is None else haystack, judge, altered):
        if judgement.attack:
            if is_constant(text) or (kind == "sql" and of_a_store()):
                SEEN.add(kind, text)
                return Found(Judgement("inert", "the text is a constant of the code"), name)
            if kind != "sql":
                return Found(judgement, name)
            if (COMPILED.knows(kind, text) and not crafted(value)) or authored(text, value):
                worst = Found(Judgement("inert", "an ORM or the code itself says so there"), name)
            elif not wordy(value):
                return Found(judgement, name)
            else:
                spared = Found(judgement, name, spared=True)
        elif judgement is not ABSENT and (worst.name is None or judgement.verdict == "unknown"):
            worst = Found(judgement, name)
    if spared.name is not None:
        return spared
    if worst.name is None:
        _learn(guard, ex, inputs, kind, text)
    elif not inputs.complete:
        guard.say_incomplete(ex)
    return worst


def _astray(guard: RequestGuard, ex: Exchange, judge: Judge) -> Found:
    """Judge the inputs that could lead a path somewhere else, whether or not they stand in it: it may be resolved.

    A statement that ran before is the same statement whoever sends it. A path is not: what the application opens by
    itself is the very thing that somebody else is after. So no path is known, and no constant vouches for one.
    """
    inputs, worst = guard.inputs(ex), Found()
    for item in inputs.roaming:
        judgement = judge(item.value)
        if judgement.attack:
            return Found(judgement, item.name)
        if judgement is not ABSENT and (worst.name is None or judgement.verdict == "unknown"):
            worst = Found(judgement, item.name)
    if not inputs.complete:
        guard.say_incomplete(ex)
    return worst


def _learn(guard: RequestGuard, ex: Exchange, inputs: Inputs, kind: SinkKind, text: str) -> None:
    """Remember a text in which no input was found.

    Only from requests in which nothing could have been hidden, or where it is known who wrote the text: else an attack
    that the application decodes in a way unknown here would vouch for itself.
    """
    if not inputs.complete:
        guard.say_incomplete(ex)
    elif inputs.plain or (kind == "sql" and (text in _COMPILED or guard.in_code(text))):
        SEEN.add(kind, text)


def _judged(
    kind: SinkKind, inputs: Inputs, text: str, judge: Judge, altered: JudgeChanged | None
) -> Iterator[tuple[str, str, Judgement]]:
    """The inputs that are in the text, and those that seem to be, changed: name, value and what it does."""
    low = text.lower()
    judged: set[str] = set()
    whole: list[str] = []
    changed: list[Input] = []
    for word, item in inputs.changeable():
        if item.low in low:
            whole.append(item.low)
            # The judge of statements knows by itself what an escaped value looks like, and what it was before.
            value = item.origin if kind == "sql" else item.value
            if value not in judged:
                judged.add(value)
                yield item.name, value, judge(value)
        elif word and altered is not None and word in low:
            changed.append(item)
    if altered is None or not changed:
        return
    cover = Cover(span for value in whole for span in occurrences(low, value))
    for item in changed:
        # What seems to be a changed input may be a part of one that stands there as it came: that one was judged.
        if not covered(low, item.low, cover) and (judgement := altered(low, item.low)) is not None:
            yield item.name, item.value, judgement


def _event(
    kind: SinkKind, target: str, text: str, dialect: str, argv: Sequence[str], found: Found, *, blocked: bool
) -> SinkEvent:
    # An answer leaves through a framework, when what made it is over.
    place = application_place(packages=kind not in _LEAVING)
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
        client=ex.client,
        stack=application_stack(),
    )
