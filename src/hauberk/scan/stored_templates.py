"""Templates that are made of what was stored: what one request put in is part of a template's source in another.

In process the sensor at the template engine sees the word that was sent earlier. From outside, a page shows it, and
then what stands behind it is computed there: the sum is right behind a word that nothing else contains.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from hauberk.core.events import SinkEvent
from hauberk.core.finding import Finding
from hauberk.scan import build, evidence
from hauberk.scan.attack import Attacker
from hauberk.scan.checks.active import template_injection
from hauberk.scan.lab import number
from hauberk.scan.messages import Request, Response
from hauberk.scan.oracles.sensor import sensed
from hauberk.scan.planting import shown_at
from hauberk.scan.surface import Operation
from hauberk.scan.trial import CANARY, PLAIN, Point, Proof, Shot, Trial

MOST = 40
"""Inputs that are asked whether they are in a template."""
PAGES = 2
"""Pages of each that are read."""
GIGA = 10**9

Page = tuple[Operation, Request]
Told = Callable[[str], str]
"""What an engine made of a value, in words; empty if it made nothing of it. The argument follows the canary."""


@dataclass(slots=True)
class Candidates:
    """Which inputs turned up where a template was made, and on which pages."""

    attacker: Attacker
    found: dict[str, tuple[Point, dict[str, Page]]] = field(default_factory=dict)
    """Input and pages, by their names."""
    unexplained: dict[str, Page] = field(default_factory=dict)
    """Pages that made a template of a text in which nothing is that was sent."""

    def read(self, operation: Operation, request: Request, response: Response) -> None:
        """Take a page into account that was read after the attack."""
        made = [event.text.lower() for event in made_of_text(response)]
        senses = self.attacker.client.transport.senses
        if senses and not made:
            return
        # The text of a long template is not kept to its end, so that what the page shows counts as well.
        words = dict.fromkeys(CANARY.findall(" ".join((*made, response.low))))
        sent = [self.attacker.sent[word][0] for word in words if word in self.attacker.sent]
        for point in sent:
            self.found.setdefault(str(point), (point, {}))[1][str(operation) + request.target] = operation, request
        if made and not sent:
            self.unexplained[str(operation) + request.target] = operation, request

    def findings(self) -> Iterator[Finding]:
        """One for each input that a template engine reads somewhere else."""
        for point, pages in list(self.found.values())[:MOST]:
            finding = _proved(self.attacker, point, list(pages.values())[:PAGES])
            if finding is not None:
                yield finding


def made_of_text(response: Response) -> tuple[SinkEvent, ...]:
    """The templates that were made of a text while it answered."""
    return tuple(event for event in response.events if event.kind == "template" and not event.blocked)


def ask(attacker: Attacker, page: Page) -> Response:
    """Ask for the page in an ordinary way."""
    operation, request = page
    if operation.method == "GET":
        return attacker.client.send(request)
    return attacker.tokens.send(attacker.client, operation, build.request(operation))[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """A value and the page that it changed."""

    shot: Shot
    page: Page
    response: Response
    reason: str
    event: SinkEvent | None


def _proved(attacker: Attacker, point: Point, pages: list[Page]) -> Finding | None:
    """With two values the same is seen, and not with the word alone that is sent after them."""
    gone = False
    for make in (sized, dollar, product, ratio):
        if make in (product, ratio) and not gone:
            break  # braces were shown as they are, or taken out: no engine reads them
        first, shown = _try(attacker, point, *make(), pages)
        gone = gone or not shown
        if first is None:
            continue
        second, _ = _try(attacker, point, *make(), [first.page])
        control = attacker.fire(point, PLAIN)
        after = ask(attacker, (first.page[0], shown_at(attacker, first.page[1], control)))
        if second is not None and not isinstance(_sensed(attacker, point, control, after), Proof):
            return _finding(attacker, point, second, control, after)
    return None


def _try(
    attacker: Attacker, point: Point, template: str, told: Told, pages: Iterable[Page]
) -> tuple[_Seen | None, bool]:
    """What an engine did to the value on one of the pages; and whether one of them still shows its word."""
    shot, shown = attacker.fire(point, template), False
    for operation, request in pages:
        page = operation, shown_at(attacker, request, shot)
        response = ask(attacker, page)
        said = _sensed(attacker, point, shot, response)
        text = "" if isinstance(said, Proof) else _computed(response, shot.canary, told)
        shown = shown or shot.canary in response.low
        if isinstance(said, Proof) or text:
            reason, event = (said.reason, said.event) if isinstance(said, Proof) else (text, None)
            return _Seen(shot=shot, page=page, response=response, reason=reason, event=event), shown
    return None, shown


def _sensed(attacker: Attacker, point: Point, shot: Shot, response: Response) -> object:
    """What the sensor says of the value that was sent with one request and got to an engine in another."""
    there = Shot(value=shot.value, canary=shot.canary, request=shot.request, response=response)
    trial = Trial(point=point, template=shot.value, shot=there, control=there, kit=attacker.kit)
    return sensed(trial, template_injection.KINDS, template_injection.said)


def _computed(response: Response, canary: str, told: Told) -> str:
    text = response.text
    return next(filter(None, (told(text[found.end() : found.end() + 40]) for found in re.finditer(canary, text))), "")


def sized() -> tuple[str, Told]:
    """A filter that Jinja2 and Django both have, each with its own size of a GB: it breaks neither of them."""
    octets = 2 * GIGA + secrets.randbelow(900 * GIGA)

    def told(text: str) -> str:
        found = re.match(r"\s*(\d+[.,]\d)\s*GB", text)
        size = float(found[1].replace(",", ".")) if found else 0.0
        close = any(abs(size - octets / unit) < 0.06 for unit in (GIGA, 2**30))
        return f"{octets}|filesizeformat = {size} GB" if close else ""

    return "{c}{{" + f"{octets}|filesizeformat" + "}}", told


def dollar() -> tuple[str, Told]:
    """Mako, and engines of other languages."""
    a, b = number(), number()
    return "{c}${" + f"{a}*{b}" + "}", lambda text: _follows(text, a, b)


def product() -> tuple[str, Told]:
    """Tornado, and Jinja2 without its filters."""
    a, b = number(), number()
    return "{c}{{" + f"{a}*{b}" + "}}", lambda text: _follows(text, a, b)


def ratio() -> tuple[str, Told]:
    """Django where it has no settings, without which it has no sizes."""
    a, b = number(), number()
    return "{c}{% widthratio " + f"{a} 1 {b}" + " %}", lambda text: _follows(text, a, b)


def _follows(text: str, a: int, b: int) -> str:
    return f"{a} * {b} = {a * b}" if text.lstrip().replace(",", "").startswith(str(a * b)) else ""


def _finding(attacker: Attacker, point: Point, seen: _Seen, control: Shot, after: Response) -> Finding:
    page, origin = seen.page[0], attacker.client.origin
    shown = evidence.request(origin, attacker.client.complete(seen.page[1]))
    how = "" if seen.event is not None else "a template engine evaluated it: "
    reason = f"what it sends is part of a template on {page}: {how}{seen.reason}"
    at = f" at {seen.event.target}" if seen.event is not None else ""
    return Finding(
        rule=template_injection.RULE,
        outcome="fail",
        message=f"{point.shown.name or 'The body'} ({point.parameter.place}){at}: {reason}.",
        location=evidence.location(point.operation, point.shown, seen.event, attacker.root),
        evidence=evidence.pair(origin, seen.shot, control)
        | {
            "reason": reason,
            "page": shown | {"response": evidence.response(seen.response, seen.shot.canary)},
            "page_after_control": evidence.response(after, control.canary),
        }
        | ({"event": evidence.event(seen.event, attacker.root)} if seen.event is not None else {}),
    )
