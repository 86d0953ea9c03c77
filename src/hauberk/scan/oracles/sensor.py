"""The strongest oracle: guard saw the call at the sink, and its judge says that the input changed the syntax."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator
from typing import Protocol
from urllib.parse import quote

from hauberk.core.events import SinkEvent, Verdict
from hauberk.scan.build import cookie
from hauberk.scan.trial import Judgement, Proof, Trial


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


def sensed(trial: Trial, judge: Judge) -> Judgement:
    """The proof, if one of the probe's calls was changed by it; `inert` if it got there and changed nothing."""
    arrived = False
    for event in trial.shot.response.events:
        if event.blocked:
            continue
        for value in variants(trial.shot.value):
            said = judge(event, value)
            if said is None:
                break
            if said.verdict == "attack":
                return Proof(reason=said.reason, event=event)
            arrived = arrived or (said.verdict == "inert" and _mentions(event, trial.shot.canary))
    return "inert" if arrived else None


def _mentions(event: SinkEvent, canary: str) -> bool:
    return any(canary in text.lower() for text in (event.text, *event.argv))


def variants(value: str) -> Iterator[str]:
    """The value as it was sent, then as an application may have changed it on the way."""
    seen = set()
    for text in (value, value.strip(), value.lower(), value.upper(), html.escape(value), quote(value), cookie(value)):
        if text and text not in seen:
            seen.add(text)
            yield text
