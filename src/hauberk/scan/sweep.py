"""One request with a probe of its own at every input of an operation: who shows nothing needs no request of his own.

In process the sensors say where each value went, so that most operations cost one request. Judged from outside, the
answer is compared with the ordinary one: where it is the same, beside what it repeats, nothing has read the values.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Iterator, Sequence
from dataclasses import replace

from hauberk.scan.attack import Attacker, points
from hauberk.scan.client import MARK
from hauberk.scan.fields import is_strict
from hauberk.scan.surface import FORM, JSON, Operation, Parameter
from hauberk.scan.trial import CANARY, PLAIN, POLYGLOT, SWEEP, Point, Shot

ROUNDS = 3
"""How often a sweep is repeated without the inputs that may be why it failed."""
UNKNOWN = "hauberk"
"""The name of an input that no application knows."""
NAMES = 6
"""How many parameters of an operation have their names tried."""
UNLEARNT = frozenset(
    {
        *("host", "content-type", "content-length", "cookie", "accept", "connection", "transfer-encoding", "origin"),
        *("authorization", "expect", "range", "if-none-match", "if-modified-since", "upgrade", "sec-fetch-site"),
    }
)
"""Fields that are read by whoever serves HTTP."""


def swept_points(operation: Operation, *, guess: bool) -> list[Point]:
    """Where values and names go in. `guess`: names that are known at one place are tried as fields and cookies too."""
    found = [point for point in points(operation) if not point.is_typed]
    named = [p for p in operation.at("form", "query") if p.name][:NAMES]
    if operation.body != JSON:
        found += [Point(operation=operation, parameter=p, is_name=True) for p in named]
    # Nobody asks for the scan's own field but who goes through all of them: then names are read as well.
    found += [Point(operation=operation, parameter=p, is_name=True) for p in operation.at("header") if p.name == MARK]
    if guess:
        taken = {p.key for p in operation.parameters}
        guessed = [Parameter(name="referer", place="header")]
        for p in named:
            guessed += [Parameter(name=p.name, place="header"), Parameter(name=p.name, place="cookie")]
        found += [Point(operation=operation, parameter=p) for p in guessed if p.key not in taken and _is_token(p.name)]
    return found


def _is_token(name: str) -> bool:
    """RFC 9110, section 5.6.2, as far as programmers go."""
    return name.isascii() and name.replace("-", "").replace("_", "").isalnum()


def groups(
    operation: Operation, found: Sequence[Point], apart: Container[tuple[str, str]] = ()
) -> Iterator[list[Point]]:
    """Points that go into one request: those that were seen together in a link, where any were; else all.

    `apart` are the inputs that say who one is: a request with another value there is somebody else's, whatever else is
    in it.
    """
    for point in found:
        if point.parameter.key in apart:
            yield [point]
    found = [point for point in found if point.parameter.key not in apart]
    if not found:
        return
    if len(operation.together) < 2:
        yield list(found)
        return
    left = list(found)
    for names in sorted(operation.together, key=len):
        together = [p for p in left if p.parameter.place != "query" or p.parameter.name in names]
        left = [p for p in left if p not in together]
        if together:
            yield together
    if left:
        yield left


def strict_first(found: Sequence[Point]) -> list[list[Point]]:
    """Fields of a body that are checked for their form, such as an address, and the others: a form that is refused for
    one of the first, with status 200 and itself again, is then taken with the second."""
    strict = [p for p in found if p.parameter.place in {"form", "json"} and not p.is_name and is_strict(p.parameter)]
    rest = [p for p in found if p not in strict] if strict else list(found)
    return [part for part in (strict, rest) if part]


def sweep(attacker: Attacker, operation: Operation, found: Sequence[Point]) -> tuple[Shot, list[Point]]:
    """Sweep these points in process. The last of the shots, and the points that need requests of their own."""
    left = list(found)
    for _ in range(ROUNDS):
        shots = attacker.volley([(point, template(point)) for point in left])
        last = shots[0]
        cold = [p for p, shot in zip(left, shots, strict=True) if not attacker.pursue(p, template(p), shot)]
        if last.response.status < 400 or not cold:
            return last, []
        if len(cold) == len(left):
            return last, [p for p in cold if not p.is_name and p.parameter.key in _own(operation)]
        left = cold  # what reacted may be why it failed: once more without it
    return last, []


def template(point: Point) -> str:
    """The probe of a sweep: without a slash where that would lead the router elsewhere."""
    if point.is_header_name:
        return PLAIN
    return POLYGLOT if point.parameter.place == "path" else SWEEP


def _own(operation: Operation) -> set[tuple[str, str]]:
    return {p.key for p in operation.parameters}


def learnt(operation: Operation, reads: Collection[tuple[str, str]]) -> Operation:
    """The operation with the inputs that its handler asked for while it made an answer."""
    if not reads:
        return operation
    carried = operation.method not in {"GET", "HEAD"}
    names = [name for place, name in reads if place == "json"]
    known = {p.key for p in operation.parameters}
    more: list[Parameter] = []
    for place, asked in reads:
        name = asked.lower() if place == "header" and asked.lower() == MARK else asked
        parameter = Parameter(name=name, place=place)  # type: ignore[arg-type]
        inner = place == "json" and any(other.startswith((name + ".", name + "[")) for other in names)
        body = place in {"form", "json", "upload"}
        foreign = place == "header" and (name.lower() in UNLEARNT or not _is_token(name))
        # What a GraphQL endpoint asks for is how a query is sent; a field of its schema has its own inputs.
        foreign = foreign or (bool(operation.variant) and place not in {"header", "cookie"})
        own = CANARY.search(name.lower()) is not None or name == UNKNOWN
        if parameter.key in known or inner or foreign or own or (body and not carried) or not name:
            continue
        more.append(parameter)
        known.add(parameter.key)
    if not more:
        return operation
    places = {p.place for p in more}
    media = operation.body or (FORM if "form" in places else JSON if "json" in places else operation.body)
    return replace(operation, parameters=(*operation.parameters, *more), body=media)
