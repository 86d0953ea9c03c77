"""What the inputs of a request do at a sink: the worst of them counts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from hauberk.core.events import SinkKind
from hauberk.core.exchange import BODY_KEPT, Exchange
from hauberk.guard.fragments import covered, crafted, wordy
from hauberk.guard.frames import is_among_constants, is_constant, of_a_store
from hauberk.guard.inputs import Input, Inputs
from hauberk.guard.provenance import authored
from hauberk.guard.request import RequestGuard
from hauberk.guard.seen import COMPILED, SEEN
from hauberk.guard.verdict import ABSENT, Cover, Judgement, occurrences

_COMPILED = COMPILED.of("sql")

Judge = Callable[[str], Judgement]
"""What an input with this value does to the text at hand."""

JudgeChanged = Callable[[str, str], Judgement | None]
"""Given text and input in lower case: what the input does after the application changed it; None if it is not there."""


Search = Callable[[Exchange, Inputs], Iterator[tuple[str, str, Judgement]]]
"""For sinks that interpret no text of their own: the inputs that made the call what it is: name, value, verdict."""


class Found(NamedTuple):
    """The worst that an input of the request does, and its name."""

    judgement: Judgement = Judgement("unknown", "")
    name: str | None = None
    spared: bool = False
    """Reported, but not stopped: words that may as well be the application's own."""


def searched(guard: RequestGuard, ex: Exchange, search: Search) -> Found:
    """The worst that a sink found by itself."""
    inputs, worst = guard.inputs(ex), Found()
    for name, _, judgement in search(ex, inputs):
        worst = Found(judgement, name)
        if judgement.attack:
            break
    if ex.body_length > BODY_KEPT:
        guard.say_incomplete(ex)
    return worst


def found_in(
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
        elif judgement is not ABSENT:
            worst = _worse(worst, Found(judgement, name), value)
    if spared.name is not None:
        return spared
    if worst.name is None:
        learn(guard, ex, inputs, kind, text)
    elif not inputs.complete:
        guard.say_incomplete(ex)
    return worst


def _worse(worst: Found, found: Found, value: str) -> Found:
    """Of two that are no attack, the one that says more."""
    if found.judgement.reported:
        # Not the application's own `-v`, which somebody sent as well.
        return worst if is_among_constants(value) else found
    more = found.judgement.verdict == "unknown" and not worst.judgement.reported
    return found if more or worst.name is None else worst


def astray(guard: RequestGuard, ex: Exchange, judge: Judge) -> Found:
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


def learn(guard: RequestGuard, ex: Exchange, inputs: Inputs, kind: SinkKind, text: str) -> None:
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
