"""Function-level authorisation: what is an administrator's answers any user."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hauberk.core.finding import Finding, Rule
from hauberk.scan import build
from hauberk.scan.access import SUCCESS, World, own_words
from hauberk.scan.own_record import Own, own, rank

RULE = Rule(
    id="scan.function-level",
    title="An administrator's function for every user",
    severity="high",
    why="Any user does what only administrators are meant to do.",
    fix="Check the role where the function is, not where its link is shown; refuse by default.",
    cwe=(285, 862),
    asvs=("v5.0.0-8.2.1",),
    top10=("A01:2025",),
    docs="https://owasp.org/API-Security/editions/2023/en/0xa5-broken-function-level-authorization/",
)
ADMIN = re.compile(
    r"(^|[/_.-])(admin\w*|manage(ment)?|staff|backoffice|superuser|internal|root)([/_.-]|$)", re.IGNORECASE
)

FILES = re.compile(r"^(image|audio|video|font)/|javascript|ecmascript|^text/css$")
"""Media types of what pages are made of, beside their words."""
RANK = re.compile(r"(^|_)roles?$|admin|staff|superuser|privilege|permission|(^|_)rank$|access_?level", re.IGNORECASE)
"""Fields that say what somebody may do."""


def ask(world: World) -> Iterator[Finding]:
    """The administrator reads it, who is not logged in does not, and a user reads the same."""
    if not world.there("a", "admin"):
        return
    for operation in world.operations("GET", names=False):
        if not ADMIN.search(operation.path):
            continue
        world.try_at(RULE)
        name = str(operation)
        request, theirs = world.read["admin"][name]
        closed, mine = world.read["nobody"][name][1], world.read["a"][name][1]
        if theirs.status >= 300 or closed.status < 300 or mine.status >= 300 or mine.body != theirs.body:
            continue
        if FILES.search(theirs.media):  # a part of pages that anybody may have, such as a catalogue of words
            continue
        again = world.people["a"].send(request)
        if again.status < 300 and again.body == mine.body:
            message = f"{operation}: a user is answered what the administrator is, and who is not logged in is refused"
            yield world.finding(RULE, operation, message, (request, again), (request, closed))
    yield from _risen(world)


def _risen(world: World) -> Iterator[Finding]:
    """A gives himself what only the administrator's record has: his role, say. A is what he was in the end."""
    person = world.people["a"]
    for operation in world.operations("PUT", "PATCH", "POST", names=False):
        for parameter in operation.at("json", "form"):
            mine, theirs = (rank(world, who, parameter.name) for who in ("a", "admin"))
            if not RANK.search(parameter.name) or None in (mine, theirs) or mine == theirs:
                continue
            world.try_at(RULE)
            values = own_words(person, operation)
            request = build.request(operation, {**values, parameter.key: theirs})
            before = next(own(world, "a", {person.name}), None)
            answer = person.send(request)
            after = next(own(world, "a", {person.name}), None) if answer.status < SUCCESS else None
            if before is None or after is None or not _rose(before, after, parameter.name, theirs):
                continue
            person.send(build.request(operation, {**values, parameter.key: mine}))
            message = f"{operation}: a user gives himself the administrator's {parameter.name}, {theirs!r}"
            sent, control = (request, answer), (before.request, before.answer)
            yield world.finding(RULE, operation, message, sent, control, parameter, confidence="certain")


def _rose(before: Own, after: Own, field: str, value: object) -> bool:
    """Whether his record has it now, and had not."""
    had, has = ([r[field] for r in seen.records if field in r] for seen in (before, after))
    return bool(had) and len(had) == len(has) and value not in had and value in has
