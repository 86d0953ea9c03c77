"""Logout that revokes nothing: the session goes on where its cookie or token is kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import unquote

from hauberk.core.finding import Finding, Rule
from hauberk.scan import build
from hauberk.scan.access import World
from hauberk.scan.care import ends_session
from hauberk.scan.client import Client
from hauberk.scan.html import offer
from hauberk.scan.identities import Person
from hauberk.scan.messages import Request, Response, own_target
from hauberk.scan.surface import Operation

RULE = Rule(
    id="scan.logout",
    title="Logout does not end the session",
    severity="medium",
    why="A session that was stolen, or left on a shared machine, goes on after its user has logged out.",
    fix="Forget the session on the server at logout; for tokens, keep a list of those that were revoked.",
    cwe=(613,),
    asvs=("v5.0.0-7.4.1",),
    top10=("A07:2025",),
    docs="https://cheatsheetseries.owasp.org/cheatsheets/Session_Management_Cheat_Sheet.html",
)


MOST = 3
"""Logouts that are tried."""


def ask(world: World) -> Iterator[Finding]:
    """A login of its own, its credentials kept, the logout, and the credentials again."""
    if not world.there("a") or not world.people["a"].identity.login:
        return
    ends = [o for o in world.surface.operations if ends_session(o.path) and o.method in ("GET", "POST", "DELETE")]
    private = _private(world)
    if not ends or private is None:
        return
    request, mine, closed = private
    idle: Finding | None = None
    works = False
    for operation in ends[:MOST]:
        world.try_at(RULE)
        person = Person(world.people["a"].identity, world.people["a"].client, world.people["a"].logins)
        if not person.log_in():
            return
        cookies, token = person.jar.values(), person.bearer
        with person.on() as client, client.keeping():
            out, said = _leave(world, client, operation)
            own = client.send(request)
        with person.thief(cookies, token).on() as client:
            after = [client.send(request) for _ in range(2)]
        if said.status >= 400 or not all(a.status == mine.status and a.body != closed.body for a in after):
            works = True  # or it may: one that was refused, for want of a token say, was not tried
            continue
        message = f"{operation}: what was kept of the session opens {request.path} after the logout"
        found = world.finding(RULE, operation, message, (request, after[-1]), (out, said), confidence="certain")
        if own.status == mine.status and own.body != closed.body:
            idle = idle or found  # it logged nobody out at all: somebody else's logout, where another one works
        else:
            works = True
            yield found
    if idle is not None and not works:
        yield idle


def _leave(world: World, client: Client, operation: Operation) -> tuple[Request, Response]:
    """Log out as a browser does: with what the form on a page holds, an anti-forgery token say, and what a page that
    asks once more wants. The request that did it, and its answer."""
    out = build.request(operation)
    if operation.method == "POST":
        pages = (page for page, answer in world.read["a"].values() if _form(client, page, answer, operation))
        page = next(pages, None)
        if page is not None:
            out = _form(client, page, client.send(page), operation) or out
    said = client.send(out)
    asked = _form(client, out, said, None)
    return (asked, client.send(asked)) if asked is not None and said.status < 300 else (out, said)


def _form(client: Client, page: Request, answer: Response, operation: Operation | None) -> Request | None:
    """The request of the form on that page that leads to the operation; without one, of a form that logs out."""
    if not answer.is_html or b"<form" not in answer.body.lower():
        return None
    for form in offer(answer.text, client.origin + page.target).forms:
        target = own_target(client.origin, page.target, form.action)
        path = unquote(target.partition("?")[0])
        own = target and form.method == "POST"
        if own and (ends_session(path) if operation is None else operation.match(path) is not None):
            made = Operation(method="POST", path="/", parameters=form.fields, body=form.media)
            return replace(build.request(made), target=target)
    return None


def _private(world: World) -> tuple[Request, Response, Response] | None:
    """What a user reads, and who is not logged in is kept from."""
    for name, (request, mine) in world.read["a"].items():
        closed = world.read["nobody"].get(name)
        if closed is not None and mine.status < 300 and closed[1].status in (301, 302, 303, 307, 401, 403):
            return request, mine, closed[1]
    return None
