"""Markup put in once more, at every input of what writes: values that were sent later may have taken its place.

A profile has one text, and the last request to it leaves an ordinary one there. Here the last request leaves markup
everywhere at once, in all fields that the application takes it in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from hauberk.scan import build
from hauberk.scan.attack import Attacker, points
from hauberk.scan.fields import is_strict
from hauberk.scan.messages import Request, own_target
from hauberk.scan.recorded import templated
from hauberk.scan.surface import Operation, Parameter
from hauberk.scan.trial import POLYGLOT, Point, Shot

WRITES = frozenset({"POST", "PUT", "PATCH"})
MOST = 50
"""Operations that are asked."""
MOST_ALONE = 12
"""Inputs of one operation that are tried by themselves, where it refuses them together."""
_NARROW = re.compile(r"pass|pwd|phone|(^|_)(id|url|uri|date|day|count|amount|price|age)$", re.IGNORECASE)
_PLACES = frozenset({"form", "json", "body", "query"})


def is_affordable(attacker: Attacker, operations: Iterable[Operation]) -> bool:
    """Whether there is enough for all of them: in process a scan of many operations has a request or two for each."""
    if not attacker.client.transport.senses:
        return attacker.thorough
    return sum(o.method in WRITES for o in operations) <= MOST


def plant(attacker: Attacker, operations: Iterable[Operation]) -> None:
    """Leave markup, each with a canary of its own, behind every input of these operations that takes it."""
    writing = [(o, free) for o in operations if o.method in WRITES and (free := _free(o))]
    for operation, free in writing[:MOST]:
        left = {key for key in attacker.noted.left.get(str(operation), ()) if key[0] in _PLACES}
        # Where the last request left it in these and in no other field, no check of another one refused it.
        if left != {point.parameter.key for point in free}:
            _plant(attacker, operation, free)


def shown_at(attacker: Attacker, page: Request, shot: Shot) -> Request:
    """The page where a value shows: one of its own, like that page, if its answer led to it; else the same page."""
    answer = shot.response
    if not 300 <= answer.status < 400:
        return page
    target = own_target(attacker.client.origin, shot.request.target, answer.header("location") or "")
    alike = target and templated(target.partition("?")[0])[0] == templated(page.path)[0]
    return Request(target=target) if alike else page


def _plant(attacker: Attacker, operation: Operation, free: list[Point]) -> None:
    """All at once; where that is answered otherwise than an ordinary request, those of which each is not."""
    _, usual = attacker.tokens.send(attacker.client, operation, build.request(operation))
    if usual.status >= 400:
        return
    shot = attacker.volley([(point, POLYGLOT) for point in free])[0]
    if shot.response.status != usual.status and 1 < len(free) <= MOST_ALONE:
        taken = [point for point in free if attacker.fire(point, POLYGLOT).response.status == usual.status]
        if taken:
            attacker.volley([(point, POLYGLOT) for point in taken])


def _free(operation: Operation) -> list[Point]:
    return [p for p in points(operation) if p.parameter.place in _PLACES and not p.is_typed and is_free(p.parameter)]


def is_free(parameter: Parameter) -> bool:
    """Whether it may take any text, as far as its schema, its name and what is known of its values tell."""
    strict = is_strict(parameter) or "x-hidden" in parameter.schema
    return not strict and _NARROW.search(parameter.name) is None and not str(parameter.example or "").isdigit()
