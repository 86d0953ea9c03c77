"""Where others of its kind ask for a login, one does not: told by what is personal, and by ids that lead to it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from hauberk.scan import build
from hauberk.scan.access import World, document, last, leaves, objects
from hauberk.scan.messages import Request, Response
from hauberk.scan.surface import Operation, Parameter

PERSONAL = re.compile(
    r"e_?mail|phone|mobile|telephone|address|street|postcode|zip_?code|iban|account_?(no|number)|card_?(no|number)|"
    r"balance|salary|income|birth|dob|ssn|tax_?id|passport|ip_?address|last_?login|token|api_?key",
    re.IGNORECASE,
)
"""Names of fields that are published about nobody, or only about who wants it."""
MAIL = re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+")
SHORTEST = 4
"""Characters of a value that is taken for somebody's."""
COUNTED = 1_000_000
"""Ids up to which they can be counted through: whoever has one has the next ones too."""
FEWEST = 2
"""Operations beside it that ask for a login."""
FEW = 3
"""How many of them there are for each that does not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """An operation that gives away what it should not."""

    operation: Operation
    reason: str
    request: Request
    answer: Response
    control: tuple[Request, Response]
    parameter: Parameter | None = None


def forgotten(world: World) -> Iterator[Open]:
    """By operations that name nothing, and by those that take the id of a record of A's."""
    yield from _listed(world)
    yield from _by_id(world)


def closed(world: World, operation: Operation) -> bool:
    """Whether it answers A, and asks who is nobody for a login."""
    mine, theirs = (world.read.get(who, {}).get(str(operation)) for who in ("a", "nobody"))
    return (
        mine is not None
        and theirs is not None
        and mine[1].status < 300
        and (theirs[1].status == 403 or world.nobody.is_out(*theirs))
    )


def _listed(world: World) -> Iterator[Open]:
    """What is A's own, of a personal kind, and read behind a login elsewhere, is in the answer to nobody.

    Its neighbours tell what is meant: at least two operations of the same folder ask for a login, and hardly one does
    not. A page of contacts, or a list of articles with the addresses of who wrote them, has open neighbours.
    """
    reads = [o for o in world.operations("GET", names=False) if str(o) in world.read.get("a", {})]
    shut = [o for o in reads if closed(world, o)]
    for operation in reads:
        if operation in shut or operation.secured:
            continue
        beside = [o for o in reads if _folder(o) == _folder(operation) and o != operation and _holds(world, o)]
        asking = [o for o in beside if o in shut]
        if len(asking) < FEWEST or (len(beside) - len(asking)) * FEW > len(asking):
            continue
        request, first = world.read["nobody"][str(operation)]
        if first.status >= 300:
            continue
        known = _personal(world, [o for o in shut if o != operation])
        told = sorted(value for value in known if _says(first, value))
        again = world.nobody.send(request) if told else first
        if told and all(_says(again, value) for value in told):
            nearest = asking[0]
            reason = (
                f"{nearest} and {len(asking) - 1} more beside it ask for a login, and it shows {_kinds(known, told)}"
            )
            control = world.read["nobody"][str(nearest)]
            yield Open(operation=operation, reason=reason, request=request, answer=again, control=control)


def _by_id(world: World) -> Iterator[Open]:
    """A record of A's own, that its list shows only to him, is answered to nobody who counts its id.

    Long random ids may be shared as links on purpose; numbers are found by who tries the next.
    """
    for operation in world.operations("GET", names=True):
        parent = operation.path.rpartition("/")[0]
        if len(operation.names) != 1 or not operation.path.endswith(f"{{{operation.names[0]}}}"):
            continue
        list_ = next((o for o in world.operations("GET", names=False) if o.path.rstrip("/") == parent), None)
        if list_ is None or not closed(world, list_):
            continue
        found = _counted(world, operation, list_)
        if found is not None:
            yield found


def _counted(world: World, operation: Operation, list_: Operation) -> Open | None:
    name = operation.names[0]
    others = world.read["b"][str(list_)][1].text if world.there("b") and "b" in world.read else ""
    for record in objects(document(world.read["a"][str(list_)][1])):
        ids = [v for k, v in record.items() if last(k) and _is_id(k, name) and type(v) is int and 0 <= v <= COUNTED]
        words = [v for v in record.values() if isinstance(v, str) and len(v) >= SHORTEST and v not in others]
        words = [v for v in words if v not in world.seen("nobody")]
        if not ids or not words:
            continue
        request = build.request(operation, {("path", name): str(ids[0])})
        mine, answers = world.people["a"].send(request), [world.nobody.send(request) for _ in range(2)]
        told = [word for word in words if word in mine.text and all(word in answer.text for answer in answers)]
        nowhere = build.request(operation, {("path", name): str(COUNTED + 77_777)})
        control = nowhere, world.nobody.send(nowhere)
        if told and all(answer.status < 300 for answer in answers) and not any(w in control[1].text for w in told):
            parameter = next((p for p in operation.at("path")), Parameter(name=name, place="path"))
            reason = f"{list_} asks for a login, and shows a user his own; by its number, anybody reads what is his"
            return Open(
                operation=operation,
                reason=reason,
                request=request,
                answer=answers[-1],
                control=control,
                parameter=parameter,
            )
        return None  # one record that can be told is enough
    return None


def _is_id(key: str, name: str) -> bool:
    low = key.lower()
    return low in {"id", "pk", "number", name.lower()} or (low.endswith("id") and name.lower().endswith("id"))


def _folder(operation: Operation) -> str:
    return operation.path.rstrip("/").rpartition("/")[0]


def _holds(world: World, operation: Operation) -> bool:
    """Whether A is answered something that holds values: what is but a sign of life is no neighbour."""
    answer = world.read["a"][str(operation)][1]
    return answer.status < 300 and (document(answer) not in (None, {}, []) or MAIL.search(answer.text) is not None)


def _personal(world: World, shut: list[Operation]) -> dict[str, str]:
    """What A reads behind a login of a personal kind, and B does not: the value, and the field."""
    found: dict[str, str] = {}
    own = {world.people["a"].name, *world.people["a"].identity.owns}
    for operation in shut:
        answer = world.read["a"][str(operation)][1]
        other = world.read.get("b", {}).get(str(operation))
        theirs = other[1].text if other is not None else ""
        for path, value in leaves(document(answer)):
            if (
                PERSONAL.search(last(path))
                and isinstance(value, str)
                and len(value) >= SHORTEST
                and value not in theirs
            ):
                found.setdefault(value, last(path))
        for match in MAIL.finditer(answer.text if answer.is_html else ""):
            # Without another user to compare with, it may as well be the shop's own at the foot of every page.
            if match[0] not in theirs and (other is not None or match[0] in own):
                found.setdefault(match[0], "e-mail address")
    return found


def _says(answer: Response, value: str) -> bool:
    return answer.status < 300 and value in answer.text


def _kinds(known: dict[str, str], told: list[str]) -> str:
    return ", ".join(dict.fromkeys(known[value] for value in told)) + " of a user"
