"""BOLA, also called IDOR: one user's object is read or changed by another who knows its id."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from hauberk.core.finding import Finding, Place, Rule
from hauberk.scan import build, own_pages
from hauberk.scan.access import NAMES, REFUSAL, Planted, World, is_password, own_words, path_values, with_words
from hauberk.scan.build import Values
from hauberk.scan.care import destroys
from hauberk.scan.checks.access import missing_authentication
from hauberk.scan.fields import fields_of, with_fields
from hauberk.scan.forgotten_login import COUNTED
from hauberk.scan.identities import NOBODY, PASSWORD, Person
from hauberk.scan.identity import bearer
from hauberk.scan.messages import Request, Response
from hauberk.scan.own_record import Own, overwritten, own, records
from hauberk.scan.surface import JSON, Operation, Parameter
from hauberk.scan.trial import canary

RULE = Rule(
    id="scan.bola",
    title="Another user's object",
    severity="high",
    why="Whoever is logged in reads or changes what belongs to others, by putting their ids into his requests.",
    fix="Look objects up together with their owner (`WHERE id = ? AND owner = ?`), or compare the owner with who asks.",
    cwe=(639,),
    asvs=("v5.0.0-8.2.2",),
    top10=("A01:2025",),
    docs="https://owasp.org/API-Security/editions/2023/en/0xa1-broken-object-level-authorization/",
)
Sent = tuple[Request, Response]
WHOSE = re.compile(r"^id$|(user|account|owner|member|customer|profile|employee|person)_?id$", re.IGNORECASE)
"""Fields of a body that say whose record is meant."""
SHORTEST = 5
"""Characters of a value that is taken for somebody's."""
TARGETS = 30
"""Addresses that only B's pages lead to, of those that are asked for."""
BELOW = 20
"""Operations that make something below something else."""


def ask(world: World) -> Iterator[Finding]:
    """B's objects, asked for by A."""
    if not world.there("a", "b"):
        return
    owned = world.owned("b", "a")
    marks = {value for values in owned.values() for value in values if len(value) >= SHORTEST}
    for made in world.planted:
        # What a form makes is told by links: its title may be an address that everybody is meant to open.
        for name, word in (*made.words.items(), *made.given.items()) if made.operation.body == JSON else ():
            owned.setdefault(name, []).insert(0, word)
    led = own_pages.alone(world, "b", "a")
    below = list(_below(world, led.ids))
    led = own_pages.alone(world, "b", "a") if below else led
    for name, values in led.ids.items():
        owned[name] = [*values, *owned.get(name, ())]
    planted = [*world.planted, *below]
    marks |= {word for made in planted for word in made.words.values()}
    for operation in _kept(world, "GET"):
        world.try_at(RULE)
        yield from _first(_read(world, operation, values, marks) for values in path_values(operation, owned))
    for operation in map(_at, led.targets[:TARGETS]):
        world.try_at(RULE)
        yield from _first(iter([_read(world, operation, {}, marks)]))
    for operation in _kept(world, "PUT", "PATCH", "POST"):
        if operation.at("json", "form"):
            world.try_at(RULE)
            yield from _first(_changed(world, operation, values, marks) for values in path_values(operation, owned))
    for operation in world.operations("PUT", "PATCH", "POST", names=False):
        if operation.path not in world.login_paths:
            yield from _first(_changed(world, operation, values, marks) for values in _naming(world, operation, owned))


def _kept(world: World, *methods: str) -> list[Operation]:
    """Operations that take an id, and after which its record is still there."""
    return [o for o in world.operations(*methods, names=True) if not destroys(o.method, o.path)]


def _below(world: World, ids: Mapping[str, list[str]]) -> Iterator[Planted]:
    """What B makes below what only B's pages lead to: a task of a project, say."""
    for operation in _kept(world, "POST")[:BELOW]:
        if operation.at("json", "form"):
            for values in path_values(operation, ids)[:1]:
                if len(values) == len(operation.names):
                    yield from world.plant(operation, values)


def _at(target: str) -> Operation:
    """An address that a link leads to."""
    query = [Parameter(name=n, place="query", example=v) for n, v in parse_qsl(urlsplit(target).query)]
    return Operation(method="GET", path=unquote(urlsplit(target).path), parameters=tuple(query), source="crawl")


def _naming(world: World, operation: Operation, owned: Mapping[str, list[str]]) -> Iterator[Values]:
    """B's name or id, at the field of the body that says whose record is meant."""
    for parameter in operation.at("json", "form", "query"):
        account = NAMES.search(parameter.name.lower()) is not None and world.people["b"].name
        value = account or next(
            (v[0] for leaf, v in owned.items() if leaf == parameter.name and WHOSE.search(leaf)), ""
        )
        if value and not is_password(parameter):
            world.try_at(RULE)
            yield {parameter.key: value}


def _first(found: Iterator[Finding | None]) -> Iterator[Finding]:
    one = next((finding for finding in found if finding is not None), None)
    if one is not None:
        yield one


def _read(world: World, operation: Operation, values: Values, marks: set[str]) -> Finding | None:
    """What B wrote, and A finds in no list, is in A's answer; nobody's answer and that of no object hold it not."""
    request = build.request(operation, values)
    used = {str(value) for value in values.values()}
    mine = world.people["b"].send(request)
    if mine.status >= 300:
        return None
    secret = [m for m in marks - used if m in mine.text and m not in world.seen("a") and m not in world.seen("nobody")]
    if not secret:
        return None
    nowhere = build.request(operation, {key: canary() for key in values}) if values else Request(target=f"/{canary()}")
    control = nowhere, world.people["a"].send(nowhere)
    theirs = [world.people["a"].send(request) for _ in range(2)]
    if not all(any(mark in answer.text for mark in secret) for answer in theirs):
        return None
    if any(mark in control[1].text for mark in secret):
        return None
    anybody = world.nobody.send(request)
    if any(mark in anybody.text for mark in secret):
        return _unguarded(world, operation, values, (request, anybody), secret)
    if own_pages.shown(world, "a", secret):
        return None
    message = f"{operation}: what user B wrote, and user A sees in no list, is in A's answer when A names its id"
    return world.finding(RULE, operation, message, (request, theirs[-1]), control, _parameter(operation), secret[0])


def _unguarded(
    world: World, operation: Operation, values: Values, sent: tuple[Request, Response], secret: list[str]
) -> Finding | None:
    """Nobody reads it as well, by a number that can be counted: a long random id may be shared on purpose."""
    counted = values and all(str(value).isdecimal() and int(str(value)) <= COUNTED for value in values.values())
    again = world.nobody.send(sent[0])
    if not counted or not any(mark in again.text for mark in secret):
        return None
    nowhere = build.request(operation, {key: str(COUNTED + 77_777) for key in values})
    control = nowhere, world.nobody.send(nowhere)
    if any(mark in control[1].text for mark in secret) or own_pages.shown(world, NOBODY, secret):
        return None
    message = f"{operation} answers without a login: what user B wrote, and no list shows to others, by its number"
    rule, parameter = missing_authentication.RULE, _parameter(operation)
    return world.finding(rule, operation, message, (sent[0], again), control, parameter, secret[0])


def _changed(world: World, operation: Operation, values: Values, marks: set[str]) -> Finding | None:
    """A writes to what is B's, and B sees it: in what he reads, or in that his password is another one."""
    passwords = [p for p in operation.at("json", "form") if is_password(p)]
    body, words = with_words(operation)
    words = {name: word for name, word in words.items() if name not in {key for _, key in values}}
    request = build.request(operation, {**body, **values})
    # Nobody names A, where a body tells whose record it is: B keeps his, if no login is asked for.
    shut = (
        request if _in_path(values) else build.request(operation, {**body, **own_words(world.people["a"], operation)})
    )
    refused = world.nobody.send(shut)
    if refused.status < 300:
        return None  # nobody needs to log in: that is another matter
    before = [] if passwords else _mine(world, values)
    answer = world.people["a"].submit(operation, request)
    if answer.status >= REFUSAL or world.people["a"].is_out(request, answer):
        return None
    if passwords:
        reason = _password_changed(world, operation, values, str(body[passwords[-1].key]))
    else:
        reason = _overwritten(world, operation, values, before, words, marks)
    if not reason:
        return None
    message = f"{operation}: user A changed what is B's: {reason}"
    named = _parameter(operation) if _in_path(values) else next(p for p in operation.parameters if p.key in values)
    return world.finding(RULE, operation, message, (request, answer), (shut, refused), named)


def _in_path(values: Values) -> bool:
    return all(place == "path" for place, _ in values)


def _mine(world: World, values: Values) -> list[Own]:
    """What B reads of the records that these ids mean: in lists, and where the ids lead to."""
    found = list(own(world, "b", {str(value) for value in values.values()}))
    names = {name for place, name in values if place == "path"}
    for operation in _kept(world, "GET") if names else ():
        if set(operation.names) <= names:
            request = build.request(operation, values)
            answer = world.people["b"].send(request)
            found.append(Own(operation=operation, request=request, answer=answer, records=records(answer)))
    return found


def _overwritten(
    world: World, operation: Operation, values: Values, before: list[Own], words: dict[str, str], marks: set[str]
) -> str:
    """Whether a record of B's own has in it what A wrote, where it had something else. B gets it back."""
    for old, new in ((old, new) for new in _mine(world, values) for old in before if old.operation == new.operation):
        if overwritten(old, new, words):
            known = {p.key: r[p.name] for r in old.records for p in operation.at("json", "form") if r.get(p.name)}
            world.people["b"].submit(operation, build.request(operation, {**known, **values}))
            return f"B reads it in his own record, at {old.operation}"
        gone = any(mark in old.answer.text and mark not in new.answer.text for mark in marks)
        if gone and any(word in new.answer.text for word in words.values()):
            return f"B reads it at {old.operation}, in the place of what he wrote"
    return ""


def _password_changed(world: World, operation: Operation, values: Values, new: str) -> str:
    """Whether B gets in with the password that A chose, and no more with his own. Both get their own back."""
    a, b = world.people["a"], world.people["b"]
    changed = _opens(b, new) and not _opens(b, None)
    if changed:
        _restore(b, operation, values, new)
    if not _opens(a, None) and _opens(a, new):  # whoever was named, it is A's own that was changed
        _restore(a, operation, values, new)
    return "B logs in with the password that A chose, and no more with his own" if changed else ""


def _opens(person: Person, password: str | None) -> bool:
    """Whether the login answers with success, with this password in place of the known one."""
    request = _login(person, password)
    if request is None:
        return False
    fresh = Person(person.identity, person.client, person.logins)
    before, after = person.client.jar, fresh
    with after.on() as client, client.keeping():
        response = client.send(request)
    person.client.jar = before
    return response.status < 400 and not _failed(response)


def _failed(response: Response) -> bool:
    """APIs that answer a wrong password with success say so in their own words."""
    return '"fail"' in response.text or '"error"' in response.text


def _login(person: Person, password: str | None) -> Request | None:
    for request in person.identity.login:
        fields = fields_of(request)
        key = next((name for name in fields if PASSWORD.search(name)), None)
        if key is not None:
            return request if password is None else with_fields(request, fields | {key: password})
    return None


def _restore(person: Person, operation: Operation, values: Values, new: str) -> None:
    """Log in with the new password, and set the old one."""
    old, login = person.password, _login(person, new)
    if login is None or not old:
        return
    changed = Person(person.identity, person.client, person.logins)
    with changed.on() as client, client.keeping():
        client.bearer = bearer(client.send(login))
    chosen: dict[tuple[Place, str], Any] = dict(values)
    chosen |= {("path", name): person.name for name in operation.names if person.name}
    chosen |= {key: person.name for key in values if person.name and NAMES.search(key[1].lower())}
    chosen |= {p.key: old for p in operation.at("json", "form") if is_password(p)}
    changed.send(build.request(operation, chosen))
    person.log_in()


def _parameter(operation: Operation) -> Parameter | None:
    if not operation.names:
        return None
    name = operation.names[-1]
    known = next((p for p in operation.at("path") if p.name == name), None)
    return known or Parameter(name=name, place="path")
