"""The strongest oracle: guard saw the call at the sink, and its judge says that the input changed the syntax."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator
from typing import Protocol
from urllib.parse import quote

from hauberk.core.events import SinkEvent, SinkKind, Verdict
from hauberk.scan.build import cookie
from hauberk.scan.trial import Judgement, Proof, Shot, Trial


class Said(Protocol):
    """What guard's judges return."""

    @property
    def verdict(self) -> Verdict:
        """Whether the value changed the syntax."""

    @property
    def reason(self) -> str:
        """Why, in words."""


Judge = Callable[[SinkEvent, str], Said | None]
"""Asks guard's judge for this kind of event; None if the event is of another kind."""


def sensed(trial: Trial, kinds: frozenset[SinkKind], judge: Judge | None = None) -> Judgement:
    """The proof, if one of the probe's calls was changed by it; `inert` if it got there and changed nothing.

    Guard's judge is asked what the value did, as it was sent or what is left of it in the text. Where it can't tell,
    or there is none to ask, the verdict counts that the guard gave when the call was made.
    """
    arrived = False
    for event in trial.shot.response.events:
        if event.blocked or event.kind not in kinds:
            continue
        mentioned = _mentions(event, trial.shot.canary)
        for value in _values(event, trial.shot, mentioned=mentioned) if judge else ():
            said = judge(event, value) if judge else None
            if said is not None and said.verdict == "attack":
                return Proof(reason=said.reason, event=event)
            arrived = arrived or (mentioned and said is not None and said.verdict == "inert")
        if event.verdict == "attack" and (mentioned or _named(event, trial)):
            return Proof(reason=event.reason, event=event)
        arrived = arrived or (mentioned and event.verdict == "inert")
    return "inert" if arrived else None


def asked(shot: Shot, kind: SinkKind) -> SinkEvent | None:
    """The call of such a sink whose text holds the canary, where the text is what the input named: a file, a global."""
    return next((e for e in shot.response.events if e.kind == kind and not e.blocked and shot.canary in e.text), None)


def reached(shot: Shot, kinds: frozenset[SinkKind]) -> bool:
    """Whether what was sent got into a call of such a sink."""
    return any(event.kind in kinds and _mentions(event, shot.canary) for event in shot.response.events)


def read_as(shot: Shot) -> frozenset[str]:
    """How what was sent is read, as far as parsers and decoders say so: `yaml`, `xml`, `pickle`, `base64`."""
    return frozenset(e.dialect for e in shot.response.events if e.kind == "document" and _mentions(e, shot.canary))


def _named(event: SinkEvent, trial: Trial) -> bool:
    """Whether the guard says that it was this input, and the call shows nothing of it: an address, say."""
    parameter = trial.point.parameter
    return event.input is not None and event.input.partition(":")[2].lower() == parameter.name.lower() != ""


def _mentions(event: SinkEvent, canary: str) -> bool:
    return any(canary in text.lower() for text in (event.text, *event.argv))


def _values(event: SinkEvent, shot: Shot, *, mentioned: bool) -> Iterator[str]:
    yield from variants(shot.value)
    if mentioned:
        for text in (event.text, *event.argv):
            left = remains(text, shot.value, shot.canary)
            if left and left != shot.value:
                yield left


def remains(text: str, value: str, canary: str) -> str:
    """The longest part of the value around its canary that stands in the text: what an application left of it."""
    best = ""
    low = text.lower()
    for at in _all(low, canary):
        for here in _all(value, canary):
            start, end = 0, len(canary)
            while min(at, here) + start > 0 and low[at + start - 1] == value[here + start - 1].lower():
                start -= 1
            while at + end < len(low) and here + end < len(value) and low[at + end] == value[here + end].lower():
                end += 1
            best = max(best, text[at + start : at + end], key=len)
    return best


def _all(text: str, word: str) -> Iterator[int]:
    at = text.find(word)
    while at >= 0:
        yield at
        at = text.find(word, at + 1)


def variants(value: str) -> Iterator[str]:
    """The value as it was sent, then as an application may have changed it on the way."""
    seen = set()
    for text in (value, value.strip(), value.lower(), value.upper(), html.escape(value), quote(value), cookie(value)):
        if text and text not in seen:
            seen.add(text)
            yield text
