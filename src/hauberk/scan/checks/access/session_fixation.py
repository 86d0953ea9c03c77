"""Session fixation: the session that was there before the login is the logged-in one after it."""

from __future__ import annotations

from collections.abc import Iterator

from hauberk.core.finding import Finding, Rule
from hauberk.scan.access import World
from hauberk.scan.identities import Person
from hauberk.scan.messages import Request, Response
from hauberk.scan.page import SESSION_WORDS
from hauberk.scan.surface import Operation
from hauberk.scan.trial import canary

RULE = Rule(
    id="scan.session-fixation",
    title="The session is not renewed at login",
    severity="high",
    why="Who knows, or has chosen, a visitor's session before the login is logged in with him after it.",
    fix="Give a new session id at every login, and let the old one die.",
    cwe=(384,),
    asvs=("v5.0.0-7.2.4",),
    top10=("A07:2025",),
    docs="https://cheatsheetseries.owasp.org/cheatsheets/Session_Management_Cheat_Sheet.html",
)


def ask(world: World) -> Iterator[Finding]:
    """Visit, log in with what the visit gave, and compare; then with a value that nobody ever gave out."""
    if not world.there("a") or not world.people["a"].identity.login:
        return
    person = world.people["a"]
    world.try_at(RULE)
    visitor = Person(person.identity, person.client, person.logins)
    with visitor.on() as client, client.keeping():
        client.send(Request(target=next(iter(person.logins.values()), "/")))
        before = client.jar.values()
        last = None
        for request in person.identity.login:
            last = request, client.send(request)
        after = client.jar.values()
    kept = [name for name, value in before.items() if _is_session(name) and after.get(name) == value]
    chosen = {name: canary() for name in after if _is_session(name) and not kept}
    if last is None or last[1].status >= 400:
        return
    opened = _opens(world, person, {name: before[name] for name in kept}) if kept else None
    if opened is not None:
        operation = Operation(method=last[0].method, path=last[0].path, source="crawl")
        message = f"{', '.join(kept)} is the same before and after the login, and opens what only a user reads"
        yield world.finding(RULE, operation, message, last, opened, confidence="certain")
    elif chosen:
        yield from _fixed(world, person, chosen, last[0])


def _fixed(world: World, person: Person, chosen: dict[str, str], login: Request) -> Iterator[Finding]:
    """Whether the application takes a session id that it never gave out (permissive session management)."""
    with person.thief(chosen).on() as client, client.keeping():
        answer = client.send(login)
    opened = _opens(world, person, chosen) if answer.status < 400 else None
    if opened is not None:
        operation = Operation(method=login.method, path=login.path, source="crawl")
        message = f"{', '.join(chosen)}: a value of the attacker's choosing is logged in after the login"
        yield world.finding(RULE, operation, message, (login, answer), opened, confidence="certain")


def _opens(world: World, person: Person, cookies: dict[str, str]) -> tuple[Request, Response] | None:
    """What these cookies alone open of that which nobody reads without a login."""
    thief = person.thief(cookies)
    for name, (request, mine) in world.read["a"].items():
        closed = world.read["nobody"].get(name)
        if closed is None or mine.status >= 300 or closed[1].body == mine.body:
            continue
        with thief.on() as client:
            answer = client.send(request)
        if answer.status < 300 and answer.body == mine.body:
            return request, answer
    return None


def _is_session(name: str) -> bool:
    low = name.lower()
    return any(word in low for word in SESSION_WORDS) and "csrf" not in low and "xsrf" not in low
