"""From outside, where requests are dear: all inputs of an operation in one request, and more only where it shows.

Three answers tell: one to plain words, one to words that leave most grammars, and the one that was there before. What
is the same in all of them, beside what it repeats, has read nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hauberk.scan.attack import REFUSED, Attacker
from hauberk.scan.checks.active import path_traversal
from hauberk.scan.lab import repeated
from hauberk.scan.messages import Response
from hauberk.scan.page import is_session
from hauberk.scan.surface import Operation, Parameter
from hauberk.scan.sweep import template
from hauberk.scan.trial import PLAIN, TOKEN, Point, Shot
from hauberk.wire.set_cookie import SetCookie

EACH = 40
"""Requests that one input takes when it is attacked by itself, about."""
TIMED = 7
"""More of them, where it is also asked whether a database waits."""
MOST_STIRRING = 4
"""Inputs of one operation that are looked for among those that are swept together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hot:
    """An input that showed something, and the answers to a plain word and to a broken one."""

    point: Point
    plain: Shot | None = None
    torn: Shot | None = None


def sweep(attacker: Attacker, found: Sequence[Point], known: Response | None) -> tuple[Shot, list[Hot]]:
    """The answer to plain words, or to broken ones where they changed nothing; and the inputs to look at one by one."""
    torn = attacker.volley([(point, template(point)) for point in found])
    own = {p.key for p in found[0].operation.parameters}
    for point in found:
        if point.parameter.key in own:  # what is guessed is no input that anybody knows of
            attacker.note_attacked(point)
    filed = [number for number, point in enumerate(found) if path_traversal.names_file(point.parameter)]
    same = known is not None and (torn[0].response.status, torn[0].response.body) == (known.status, known.body)
    if same and not filed:
        return torn[0], []
    plain = attacker.volley([(point, PLAIN) for point in found])
    if plain[0].response.status in REFUSED:  # one value may be why: each by itself
        return plain[0], [Hot(point=p) for p in found if p.parameter.key in own and not p.is_name]
    echoed = [
        number for number, (one, other) in enumerate(zip(plain, torn, strict=True)) if _shows(one) or _shows(other)
    ]
    stirring: list[int] = []
    if repeated(torn[0].response, torn) != repeated(plain[0].response, plain):
        stirring = _stirring(attacker, found, plain, echoed)
    hot = dict.fromkeys([*stirring, *echoed, *_leading(attacker, found, plain, set(filed) - {*stirring, *echoed})])
    return plain[0], [Hot(point=found[n], plain=plain[n], torn=torn[n]) for n in hot]


def _leading(attacker: Attacker, found: Sequence[Point], plain: Sequence[Shot], filed: set[int]) -> list[int]:
    """Those that name files, where they are answered otherwise when they name the bait."""
    if not filed:
        return []
    bait = path_traversal.UP + attacker.kit.bait.lstrip("/")
    shots = attacker.volley([(p, bait if n in filed else PLAIN) for n, p in enumerate(found)])
    return sorted(filed) if repeated(shots[0].response, shots) != repeated(plain[0].response, plain) else []


def _shows(shot: Shot) -> bool:
    return shot.canary in shot.response.low or any(shot.canary in v.lower() for _, v in shot.response.headers)


def _stirring(attacker: Attacker, found: Sequence[Point], plain: Sequence[Shot], echoed: Sequence[int]) -> list[int]:
    """Which of them make the difference, by halves; none where the answer differs by itself."""
    still = repeated(plain[0].response, plain)

    def stirs(torn: set[int]) -> bool:
        shots = attacker.volley([(p, template(p) if n in torn else PLAIN) for n, p in enumerate(found)])
        return repeated(shots[0].response, shots) != still

    if stirs(set()):
        return []
    left, stirring = set(range(len(found))), list[int]()
    if echoed and not stirs(left - set(echoed)):
        return list(echoed)
    while len(stirring) < MOST_STIRRING and left and (not stirring or stirs(left)):
        among = sorted(left)
        while len(among) > 1:
            half = among[: len(among) // 2]
            among = half if stirs(set(half)) else among[len(half) :]
        stirring.append(among[0])
        left.discard(among[0])
    return stirring


def with_cookies(operation: Operation, cookies: Mapping[tuple[str, str], str]) -> Operation:
    """The operation with the cookies that the page at its path sets: they come back to it."""
    mine = [
        Parameter(name=name, place="cookie", example=value)
        for (path, name), value in cookies.items()
        if path == operation.path and ("cookie", name) not in {p.key for p in operation.parameters}
    ]
    return operation.union(Operation(method=operation.method, path=operation.path, parameters=tuple(mine)))


def cookies_of(path: str, response: Response) -> dict[tuple[str, str], str]:
    """What the answer sets that does not say who somebody is, by path and name; of tokens the jar has the newest."""
    set_ = (SetCookie.parse(line) for line in response.all("set-cookie"))
    kept = (c for c in set_ if c.value and not is_session(c) and not TOKEN.search(c.name.lower()))
    return {(path, c.name): c.value for c in kept}
