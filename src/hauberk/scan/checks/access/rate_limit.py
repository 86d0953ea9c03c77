"""Missing rate limit: a login may be tried again and again. Only when asked for: it is what an attack looks like."""

from __future__ import annotations

from collections.abc import Iterator

from hauberk.core.finding import Finding, Rule
from hauberk.scan.access import World
from hauberk.scan.fields import NAME, fields_of, with_fields
from hauberk.scan.identities import PASSWORD
from hauberk.scan.messages import Request, Response
from hauberk.scan.surface import Operation
from hauberk.scan.trial import canary

RULE = Rule(
    id="scan.no-rate-limit",
    title="Logins are not limited",
    severity="medium",
    why="Passwords are guessed, and passwords that leaked elsewhere are tried, as fast as the server answers.",
    fix="Limit attempts for an account and for an address, and answer 429 beyond that (hauberk: throttling).",
    cwe=(307,),
    asvs=("v5.0.0-6.3.1",),
    top10=("A07:2025",),
    docs="https://cheatsheetseries.owasp.org/cheatsheets/Authentication_Cheat_Sheet.html",
)
ATTEMPTS = 40
"""Wrong passwords for one account that nobody has: so no account is locked."""


def ask(world: World) -> Iterator[Finding]:
    """As many wrong passwords as nobody mistypes, all answered alike."""
    if not world.intrusive:
        return
    asked: set[str] = set()
    for person in world.people.values():
        for request in person.identity.login:
            fields = fields_of(request)
            name = next((k for k in fields if NAME.search(k) and not PASSWORD.search(k)), None)
            password = next((k for k in fields if PASSWORD.search(k)), None)
            if name is None or password is None or request.path in asked:
                continue
            asked.add(request.path)
            world.try_at(RULE)
            tries = list(_tries(world, request, name, password))
            statuses = {response.status for _, response in tries}
            if len(statuses) == 1 and not statuses & {403, 423, 429, 503}:
                operation = Operation(method=request.method, path=request.path, source="crawl")
                message = f"{operation}: {ATTEMPTS} wrong passwords in a row are each answered {statuses.pop()}"
                yield world.finding(RULE, operation, message, tries[-1], tries[0])


def _tries(world: World, request: Request, name: str, password: str) -> Iterator[tuple[Request, Response]]:
    known = fields_of(request)
    account = f"{canary()}@example.com" if "@" in known[name] else canary()
    for _ in range(ATTEMPTS):
        sent = with_fields(request, known | {name: account, password: f"Wrong-{canary()}-1"})
        yield sent, world.nobody.send(sent)
