"""Where a check works that needs more than one answer: it fires values at one point and compares what comes back."""

from __future__ import annotations

import html
import json
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import quote, quote_plus

from hauberk.scan.messages import Response
from hauberk.scan.trial import PLAIN, POLYGLOT, Kit, Point, Shot


@dataclass(frozen=True, kw_only=True)
class Lab:
    """One point, its control, and a way to send more values to it."""

    point: Point
    kit: Kit
    fire: Callable[[str], Shot]
    among: Callable[[str, str], Shot]
    """The same, with another value at every other input of its kind."""
    plain: Shot | None = None
    """The control, if it has been sent."""
    torn: Shot | None = None
    """The answer to the broken value, if it has been sent."""
    wanders: bool = False
    """Whether the broken value makes a difference where it goes up a folder, and none where it does not."""

    thorough: bool = True
    """Whether more is sent than what answers gave reason for."""
    marks: dict[str, Shot] = field(default_factory=dict)
    timed: bool = False
    """Whether requests and seconds are there for values that make a database wait."""
    took: Callable[[], float] = lambda: 0.0
    """Seconds between the last request and its answer."""

    @cached_property
    def control(self) -> Shot:
        """The answer to a canary alone."""
        return self.plain or self.fire(PLAIN)

    @cached_property
    def broken(self) -> Shot:
        """The answer to a value that leaves most grammars and does not balance."""
        return self.torn or self.fire(POLYGLOT)

    @property
    def echoed(self) -> bool:
        """Whether the answer repeats what was sent."""
        return self.control.canary in self.control.response.text

    @cached_property
    def stirred(self) -> bool:
        """Whether the broken value made a difference beside its own reflection."""
        return normal(self.control) != normal(self.broken)

    @cached_property
    def matters(self) -> bool:
        """Whether values make a difference, and nothing else does: then the answers to several can be compared.

        The broken one, or one that the application is likely to know. In process the broken one is enough, as errors
        are seen there.
        """
        if not self.stirred and (self.kit.sees or normal(self.fire(self.value)) == normal(self.control)):
            return False
        return normal(self.fire("{c}")) == normal(self.control)

    @cached_property
    def bare(self) -> bool:
        """Whether a value that the application knows is answered otherwise than a word that nobody knows."""
        known = self.point.parameter.example
        return known not in (None, "") and normal(self.fire(str(known))) != normal(self.control)

    def torn_by(self, mark: str) -> Shot:
        """The answer to a canary with this mark behind it, asked once."""
        if mark not in self.marks:
            self.marks[mark] = self.fire("{c}" + mark)
        return self.marks[mark]

    def breaks(self, mark: str) -> bool:
        """Whether that mark makes a difference: it means something to whoever reads the value."""
        return normal(self.torn_by(mark)) != normal(self.control)

    def worth(self, mark: str) -> bool:
        """Whether values with that mark are sent: where it makes a difference, or there is enough for all of them."""
        return self.thorough or self.breaks(mark)

    @property
    def value(self) -> str:
        """A value that the application is likely to know."""
        known = self.point.parameter.example
        return str(known) if isinstance(known, str | int | float) and str(known) else "1"


def number() -> int:
    """Of four digits: random, and too short to overflow anything when two are multiplied."""
    return 1_009 + secrets.randbelow(8_000)


def spellings(value: str) -> Iterator[str]:
    """A value as pages write it: as it is, escaped for HTML, a URL, JSON or Python."""
    yield value
    yield html.escape(value)
    yield html.escape(value, quote=False)
    yield html.escape(value).replace("&#x27;", "&#39;").replace("&quot;", "&#34;")
    yield quote(value)
    yield quote_plus(value)
    yield json.dumps(value)[1:-1]
    yield repr(value)[1:-1]


def unescaped(text: str) -> str:
    """A page without its references (HTML, section 13.5): some encoders write every sign as one, such as `&#x28;`.

    Twice, for what was escaped twice is repeated as well.
    """
    return html.unescape(html.unescape(text)) if "&" in text else text


def repeated(response: Response, shots: Sequence[Shot]) -> tuple[int, str]:
    """An answer to several values at once, without what it only repeats of them."""
    text = unescaped(response.text)
    forms = {form for shot in shots for form in spellings(shot.value) if form}
    for form in sorted(forms, key=len, reverse=True):
        text = text.replace(form, "")
    for shot in shots:
        text = text.replace(shot.canary, "")
    return response.status, " ".join(text.split())


def normal(shot: Shot) -> tuple[int, str]:
    """An answer without what it only repeats of the request: two that are equal say the same."""
    # Of every answer: what one holds escaped, and another one too, is no difference.
    text = unescaped(shot.response.text)
    # Where a value with a canary is not reflected, as nearly always, there is nothing to take out.
    if shot.canary in text or shot.canary not in shot.value:
        for form in sorted(set(spellings(shot.value)), key=len, reverse=True):
            if form:
                text = text.replace(form, "")
        text = text.replace(shot.canary, "")
    return shot.response.status, " ".join(text.split())
