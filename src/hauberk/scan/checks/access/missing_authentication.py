"""Missing authentication: what is said to need a login, or stands among what does, answers who has none."""

from __future__ import annotations

from collections.abc import Iterator

from hauberk.core.finding import Finding, Rule
from hauberk.scan import build
from hauberk.scan.access import World
from hauberk.scan.forgotten_login import forgotten
from hauberk.scan.trial import canary

RULE = Rule(
    id="scan.missing-authentication",
    title="No login asked for",
    severity="high",
    why="Anybody on the network gets what only users are meant to get.",
    fix="Ask for a login in front of every operation, and name the few that are open.",
    cwe=(306,),
    asvs=("v5.0.0-8.2.1",),
    top10=("A07:2025",),
    docs="https://owasp.org/API-Security/editions/2023/en/0xa2-broken-authentication/",
)


def ask(world: World) -> Iterator[Finding]:
    """What its own description protects is read without a login, and is what a user reads; or what its like protect."""
    if not world.there("a"):
        return
    for operation in world.operations("GET", names=False):
        if not operation.secured:
            continue
        world.try_at(RULE)
        request, mine = world.read["a"][str(operation)]
        open_ = [world.nobody.send(request) for _ in range(2)]
        broken = request.with_headers([("authorization", f"Bearer {canary()}")])
        if mine.status < 300 and all(answer.status < 300 and answer.body == mine.body for answer in open_):
            message = f"{operation} is described as protected, and answers without a login what it answers a user"
            control = broken, world.nobody.send(broken)
            yield world.finding(RULE, operation, message, (build.request(operation), open_[-1]), control)
    for found in forgotten(world):
        world.try_at(RULE)
        message = f"{found.operation} answers without a login: {found.reason}"
        sent = found.request, found.answer
        yield world.finding(RULE, found.operation, message, sent, found.control, found.parameter)
