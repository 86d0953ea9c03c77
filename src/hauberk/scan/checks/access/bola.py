"""BOLA, also called IDOR: one user's object is read or changed by another who knows its id."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hauberk.core.finding import Finding, Place, Rule
from hauberk.scan import build
from hauberk.scan.access import MAKES, World, document, is_password, objects, path_values, with_words
from hauberk.scan.build import Values
from hauberk.scan.fields import fields_of, with_fields
from hauberk.scan.identities import PASSWORD, Person
from hauberk.scan.identity import bearer
from hauberk.scan.messages import Request, Response
from hauberk.scan.surface import Operation, Parameter
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


def ask(world: World) -> Iterator[Finding]:
    """B's objects, asked for by A."""
    if not world.there("a", "b"):
        return
    owned = world.owned("b", "a")
    for made in world.planted:
        for name, word in made.words.items():
            owned.setdefault(name, []).insert(0, word)
        for name, value in made.given.items():
            owned.setdefault(name, []).insert(0, value)
    marks = {word for made in world.planted for word in made.words.values()}
    marks |= {value for values in owned.values() for value in values if len(value) >= 5}
    for operation in world.operations("GET", names=True):
        world.try_at(RULE)
        yield from _first(_read(world, operation, values, marks) for values in path_values(operation, owned))
    for operation in world.operations("PUT", "PATCH", "POST", names=True):
        if operation.at("json", "form"):
            world.try_at(RULE)
            yield from _first(_changed(world, operation, values) for values in path_values(operation, owned))


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
    nowhere = build.request(operation, {key: canary() for key in values})
    control = nowhere, world.people["a"].send(nowhere)
    theirs = [world.people["a"].send(request) for _ in range(2)]
    if not all(any(mark in answer.text for mark in secret) for answer in theirs):
        return None
    if any(mark in control[1].text or mark in world.nobody.send(request).text for mark in secret):
        return None  # everybody may read it: that is another matter
    message = f"{operation}: what user B wrote, and user A sees in no list, is in A's answer when A names its id"
    return world.finding(RULE, operation, message, (request, theirs[-1]), control, _parameter(operation), secret[0])


def _changed(world: World, operation: Operation, values: Values) -> Finding | None:
    """A writes to what is B's, and B sees it: in what he reads, or in that his password is another one."""
    passwords = [p for p in operation.at("json", "form") if is_password(p)]
    body, words = with_words(operation)
    request = build.request(operation, {**values, **body})
    refused = world.nobody.send(request)
    if refused.status < 300:
        return None  # nobody needs to log in: that is another matter
    answer = world.people["a"].send(request)
    if answer.status >= 300:
        return None
    if passwords:
        reason = _password_changed(world, operation, values, str(body[passwords[-1].key]))
    else:
        reason = _shown(world, values, set(words.values()))
    if not reason:
        return None
    message = f"{operation}: user A changed what is B's: {reason}"
    return world.finding(RULE, operation, message, (request, answer), (request, refused), _parameter(operation))


def _shown(world: World, values: Values, words: set[str]) -> str:
    """Whether B reads what A wrote in a record that is B's: it holds his id as well, or it is what his id leads to."""
    person, ids = world.people["b"], {str(value) for value in values.values()}
    for operation in world.operations("GET", names=False):
        if MAKES.search(operation.path):
            continue
        for record in objects(document(person.send(build.request(operation)))):
            held = {value for value in record.values() if isinstance(value, str | int)}
            if ids & set(map(str, held)) and any(word in str(value) for word in words for value in held):
                return "B reads it in his own record"
    for operation in world.operations("GET", names=True):
        text = person.send(build.request(operation, values)).text if set(operation.names) <= _names(values) else ""
        if any(word in text for word in words):
            return "B reads it where his id leads to"
    return ""


def _names(values: Values) -> set[str]:
    return {name for place, name in values if place == "path"}


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
    chosen |= {p.key: old for p in operation.at("json", "form") if is_password(p)}
    changed.send(build.request(operation, chosen))
    person.log_in()


def _parameter(operation: Operation) -> Parameter | None:
    name = operation.names[-1]
    known = next((p for p in operation.at("path") if p.name == name), None)
    return known or Parameter(name=name, place="path")
