"""Function-level authorisation: what is an administrator's answers any user."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hauberk.core.finding import Finding, Rule
from hauberk.scan.access import World

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
        again = world.people["a"].send(request)
        if again.status < 300 and again.body == mine.body:
            message = f"{operation}: a user is answered what the administrator is, and who is not logged in is refused"
            yield world.finding(RULE, operation, message, (request, again), (request, closed))
