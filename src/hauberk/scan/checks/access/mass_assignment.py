"""Mass assignment: a field that the client is not asked for is taken into the record all the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from hauberk.core.finding import Finding, Rule
from hauberk.scan import build
from hauberk.scan.access import World, document, objects, own_words, with_words
from hauberk.scan.identities import Person
from hauberk.scan.messages import Request, Response
from hauberk.scan.own_record import rank
from hauberk.scan.surface import JSON, Operation, Parameter

RULE = Rule(
    id="scan.mass-assignment",
    title="Mass assignment",
    severity="high",
    why="Whoever registers or saves a form gives himself what only the application should give: a role, a balance.",
    fix="Bind requests to a model that names the fields that a client may set, and refuse the others.",
    cwe=(915,),
    asvs=("v5.0.0-15.3.3",),
    top10=("A08:2025",),
    docs="https://owasp.org/API-Security/editions/2023/en/0xa3-broken-object-property-level-authorization/",
)
PRIVILEGE = re.compile(
    r"admin|role|staff|superuser|privilege|permission|verified|approved|active|balance|credit|owner|scope|group|plan|tier|level",
    re.IGNORECASE,
)


def ask(world: World) -> Iterator[Finding]:
    """A record with one field more, next to one without it: where both are read, only one has what was sent."""
    for operation in world.operations("POST", "PUT", "PATCH", names=False):
        if operation.body != JSON or operation.path in world.login_paths:
            continue
        for key, example in _extra(world, operation).items():
            world.try_at(RULE)
            found = _assigned(world, operation, key, example)
            if found is not None:
                yield found
                break


def _extra(world: World, operation: Operation) -> dict[str, Any]:
    """Fields of records that are read, which share a field with the body, and which the body has not."""
    body = {p.name for p in operation.at("json")}
    found: dict[str, Any] = {}
    for answers in world.read.values():
        for _, response in answers.values():
            for record in objects(document(response)):
                if body & set(record):
                    found |= {k: v for k, v in record.items() if k not in body and isinstance(v, bool | int | str)}
    likely = sorted(found, key=lambda key: not PRIVILEGE.search(key))
    return {key: found[key] for key in likely[:4] if PRIVILEGE.search(key)}


def _other(world: World, key: str, example: Any) -> Any:
    """A value that it has not by itself: the administrator's own, where that is another one."""
    if isinstance(example, bool):
        return True
    theirs = rank(world, "admin", key)
    if theirs is not None and theirs != rank(world, "a", key):
        return theirs
    return 987_654 if isinstance(example, int) else "admin"


def _assigned(world: World, operation: Operation, key: str, example: Any) -> Finding | None:
    wanted = _other(world, key, example)
    for name in ("nobody", "a"):
        if not world.there(name):
            continue
        person = world.people[name]
        plain = _make(person, operation, {})
        without = _kept(world, plain[1], key) if plain is not None else None  # before it may be changed again
        with_it = _make(person, operation, {key: wanted})
        if plain is None or with_it is None:
            continue
        if without == wanted or _kept(world, with_it[1], key) != wanted:
            return None
        again = _make(person, operation, {key: wanted})
        if again is None or _kept(world, again[1], key) != wanted:
            return None
        if operation.method != "POST" and without is not None:  # A is what he was before
            _make(person, operation, {key: without})
        message = f"{operation}: {key}, which no client is asked for, is kept as it was sent: {wanted!r}"
        parameter = Parameter(name=key, place="json")
        return world.finding(RULE, operation, message, again[0], plain[0], parameter, confidence="certain")
    return None


def _make(
    person: Person, operation: Operation, extra: dict[str, Any]
) -> tuple[tuple[Request, Response], set[str]] | None:
    """Send it with words of its own; None if it was refused."""
    values, words = with_words(operation)
    if operation.method != "POST":  # it may be one's own record
        own = own_words(person, operation)
        values |= own
        words = {name: word for name, word in words.items() if name not in {key for _, key in own}}
    more = tuple(Parameter(name=key, place="json") for key in extra)
    wider = replace(operation, parameters=(*operation.parameters, *more))
    request = build.request(wider, {**values, **{("json", key): value for key, value in extra.items()}})
    response = person.send(request)
    return ((request, response), set(words.values())) if response.status < 300 else None


def _kept(world: World, words: set[str], key: str) -> Any:
    """What the record that holds one of these words has there, wherever it can be read; None if nowhere."""
    for person, request in world.holding(key):
        for record in objects(document(person.send(request))):
            if key in record and any(isinstance(v, str) and w in v for v in record.values() for w in words):
                return record[key]
    return None
