"""Between the sinks and whoever listens: a recording (scan, tests) or the guard of the running request."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence

from hauberk.core.errors import BlockedError
from hauberk.core.events import RUNNING, SinkEvent, SinkKind
from hauberk.core.exchange import Exchange, Reply
from hauberk.core.log import decision
from hauberk.guard.frames import application_place, application_stack
from hauberk.guard.judging import Found, Judge, JudgeChanged, Search, astray, found_in, learn, searched
from hauberk.guard.listeners import exchange, recorder
from hauberk.guard.request import RequestGuard
from hauberk.guard.seen import COMPILED, SEEN

LONGEST_TEXT = 4_000
"""Characters of a text that an event keeps."""
FORBIDDEN = Reply(
    403,
    json.dumps({"type": "about:blank", "title": "Forbidden", "status": 403}).encode() + b"\n",
    (("content-type", "application/problem+json"), ("cache-control", "no-store")),
)
"""RFC 9457; an attacker learns nothing from it."""

_LEAVING = frozenset({"html", "header", "redirect"})


class _Busy(threading.local):
    """Set while the guard works, so that what it does itself is not seen by it."""

    now = False


_BUSY = _Busy()
_KNOWN, _COMPILED = SEEN.of("sql"), COMPILED.of("sql")


def unconcerned(sql: str) -> bool:
    """Whether nobody listens, or none of the request's inputs can be in the statement: what most statements get.

    Then there is nothing to judge, and the text is remembered if it is known that no input made it.
    """
    if RUNNING and recorder() is not None:
        return False
    ex = exchange()
    if ex is None or ex.guard.modes["sql"] == "off" or sql in _KNOWN:
        return True
    guard: RequestGuard = ex.guard
    inputs = guard.inputs(ex)
    if not inputs.absent(sql.lower()):
        return False
    if inputs.plain or not inputs.complete or guard.looks or sql in _COMPILED:
        learn(guard, ex, inputs, "sql", sql)
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
            return astray(guard, ex, judge)
        return found_in(guard, ex, kind, text, haystack, judge, altered)

    _say(kind, target, text, find, dialect, argv, skip)


def sense_found(
    kind: SinkKind, target: str, text: str, search: Search, *, dialect: str = "", stops: bool | None = None
) -> None:
    """A sink is about to do what `text` only names: `search` says which inputs made it do that. Raises BlockedError.

    The text is never remembered as known: another request may have the same said. `stops` is whether an attack is
    stopped; None where the mode decides.
    """

    def find(guard: RequestGuard, ex: Exchange) -> Found:
        return searched(guard, ex, search)

    _say(kind, target, text, find, dialect, stops=stops)


def note(target: str, document: object, dialect: str) -> None:
    """A parser or a decoder is about to read this document. Only a recording hears of it; nothing is judged."""
    events = recorder() if RUNNING and not _BUSY.now else None
    if events is None or not isinstance(document, str | bytes | bytearray):
        return
    text = document if isinstance(document, str) else document[:LONGEST_TEXT].decode("utf-8", "replace")
    events.add(_event("document", target, text, dialect, (), Found(), blocked=False))


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
        said = attack or found.judgement.reported
        if (events is None and not said) or (skip is not None and skip()):
            return
        blocks = guard is not None and (guard.blocks(kind) if stops is None else stops)
        event = _event(kind, target, text, dialect, argv, found, blocked=attack and not found.spared and blocks)
        if events is not None:
            events.add(event)
        if said and ex is not None:
            _report(event, ex)
    finally:
        _BUSY.now = False
    if event.blocked:
        raise BlockedError(f"{target} was stopped: {found.name} would have changed what it does")


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
    """Log an attack, or what may be one, without a value of the request: where the path is it, it is left out."""
    if event.blocked:
        ex.blocked = FORBIDDEN
    name = event.input or ""
    seen = "guard-observed" if event.verdict == "attack" else "guard-reported"
    decision(
        "guard-blocked" if event.blocked else seen,
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
