"""CSRF: another site's page changes something in the name of the user whose browser it runs in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from hauberk.core.finding import Finding, Rule
from hauberk.scan import build
from hauberk.scan.access import World, own_words
from hauberk.scan.surface import JSON, Operation
from hauberk.scan.trial import TOKEN

RULE = Rule(
    id="scan.csrf",
    title="Cross-site request forgery",
    severity="medium",
    why="A page of any site that a logged-in user visits changes his data here.",
    fix="Refuse requests of other sites by Sec-Fetch-Site or Origin, or ask for a token; set SameSite on the session.",
    cwe=(352,),
    asvs=("v5.0.0-3.5.1",),
    top10=("A01:2025",),
    docs="https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html",
)
FOREIGN = (
    ("origin", "https://other.example"),
    ("referer", "https://other.example/"),
    ("sec-fetch-site", "cross-site"),
    ("sec-fetch-mode", "no-cors"),
)


def ask(world: World) -> Iterator[Finding]:
    """A form sent from elsewhere, without its token, does what it does from here; without the cookie it does not."""
    if not world.there("a") or world.people["a"].bearer or not world.travels:
        return
    person = world.people["a"]
    for operation in world.operations("POST", "PUT", "PATCH", "DELETE"):
        if operation.path in world.login_paths or operation.method != "POST" or operation.body == JSON:
            continue
        world.try_at(RULE)
        bare = replace(operation, parameters=tuple(p for p in operation.parameters if not TOKEN.search(p.name.lower())))
        foreign = build.request(bare, own_words(person, bare)).overridden(FOREIGN)
        first, closed = person.send(foreign), world.nobody.send(foreign)
        same = first.status == closed.status and first.header("location") == closed.header("location")
        if first.status >= 400 or same:
            continue
        again = person.send(foreign)
        if again.status == first.status:
            message = f"{operation}: sent by another site, without a token, it is answered as from here"
            yield world.finding(RULE, operation, message, (foreign, again), (foreign, closed))


def is_form(operation: Operation) -> bool:
    """Whether a form of another site can send it without asking."""
    return operation.method == "POST" and operation.body != JSON
