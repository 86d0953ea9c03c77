"""The records that are a person's own: they hold the name that he logs in with, or an id of his."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from hauberk.scan import build
from hauberk.scan.access import MAKES, SUCCESS, World, document, objects
from hauberk.scan.messages import Request, Response
from hauberk.scan.surface import Operation

MOST = 5
"""Operations that a person's records are looked for at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """What somebody reads of himself at one place."""

    operation: Operation
    request: Request
    answer: Response
    records: tuple[dict[str, Any], ...]


def own(world: World, name: str, ids: Collection[str]) -> Iterator[Own]:
    """Where this person reads records that hold one of these values, asked for anew."""
    held = 0
    for operation in world.operations("GET", names=False):
        known = world.read.get(name, {}).get(str(operation))
        if known is None or held >= MOST or MAKES.search(operation.path) or not _holding(known[1], ids):
            continue
        held += 1
        request = build.request(operation)
        answer = world.people[name].send(request)
        yield Own(operation=operation, request=request, answer=answer, records=_holding(answer, ids))


def records(answer: Response) -> tuple[dict[str, Any], ...]:
    """Every object of an answer; none of one that refuses."""
    return tuple(objects(document(answer))) if answer.status < SUCCESS else ()


def _holding(answer: Response, ids: Collection[str]) -> tuple[dict[str, Any], ...]:
    return tuple(record for record in records(answer) if _scalars(record) & set(ids))


def _scalars(record: dict[str, Any]) -> set[str]:
    return {str(value) for value in record.values() if isinstance(value, str | int) and not isinstance(value, bool)}


def overwritten(before: Own, after: Own, words: dict[str, str]) -> str:
    """The field of the same record that is what was written now, and was not; empty if there is none.

    A record more, such as a message that somebody was sent, is none that was changed.
    """
    if len(before.records) != len(after.records):
        return ""
    for old, new in zip(before.records, after.records, strict=True):
        for field, word in words.items():
            if old.keys() == new.keys() and field in new and word in str(new[field]) and word not in str(old[field]):
                return field
    return ""


def rank(world: World, name: str, field: str) -> Any:
    """What this person's own record has in a field, where he reads it; None if nowhere."""
    if not world.there(name) or not world.people[name].name:
        return None
    mine = world.people[name].name
    for _, answer in world.read[name].values():
        found = next((r[field] for r in objects(document(answer)) if field in r and mine in _scalars(r)), None)
        if found is not None:
            return found
    return None
