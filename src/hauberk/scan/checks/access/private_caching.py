"""Private answers in shared caches: what one user reads may be kept by a proxy, and handed to the next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hauberk.core.finding import Finding, Rule
from hauberk.scan.access import World
from hauberk.scan.messages import Response

RULE = Rule(
    id="scan.private-caching",
    title="A user's answer may be kept by shared caches",
    severity="medium",
    why="A proxy or CDN in front of the application hands one user's page to whoever asks next.",
    fix="Send Cache-Control: no-store (or private) with every answer that depends on who asks.",
    cwe=(525,),
    asvs=("v5.0.0-14.2.2", "v5.0.0-14.3.2"),
    top10=("A06:2025",),
    docs="https://www.rfc-editor.org/rfc/rfc9111#section-3",
)


def ask(world: World) -> Iterator[Finding]:
    """Only what nobody else is answered: a style sheet is the same for all, and may be kept."""
    if not world.there("a"):
        return
    person = world.people["a"]
    for operation in world.operations("GET", names=False):
        request, mine = world.read["a"][str(operation)]
        if mine.status >= 300 or not mine.body:
            continue
        world.try_at(RULE)
        by_token = bool(person.bearer) or "authorization" in person.identity.headers
        kept = shared(mine, by_token=by_token)
        if not kept:
            continue
        strangers = [world.nobody.send(request) for _ in range(2)]
        again = person.send(request)
        if shared(again, by_token=by_token) and _own([mine, again], strangers):
            message = f"{operation} answers a user what it answers nobody else, and lets shared caches keep it: {kept}"
            yield world.finding(RULE, operation, message, (request, again), (request, strangers[-1]))


def _own(mine: list[Response], strangers: list[Response]) -> bool:
    """Whether strangers are refused, or read something else that does not change by itself."""
    if all(answer.status >= 300 for answer in strangers):
        return all(answer.status < 300 for answer in mine)
    first, second = ({(answer.status, answer.body) for answer in answers} for answers in (mine, strangers))
    return len(first) == len(second) == 1 and first != second


def shared(response: Response, *, by_token: bool) -> str:
    """The fields by which a shared cache may store the answer and hand it on (RFC 9111, section 3); empty if none.

    What it may keep by a guess of its own is not counted. An answer to a request with Authorization needs `public`,
    `s-maxage` or `must-revalidate` (section 3.5).
    """
    field = ", ".join(response.all("cache-control"))
    said = directives(field)
    varies = {name.strip().lower() for value in response.all("vary") for name in value.split(",")}
    if {"no-store", "no-cache", "private"} & said.keys() or varies & {"*", "authorization" if by_token else "cookie"}:
        return ""
    if by_token and not {"public", "s-maxage", "must-revalidate"} & said.keys():
        return ""
    age = said.get("s-maxage", said.get("max-age"))
    if age is not None:
        return f"Cache-Control: {field}" if age.isdigit() and int(age) > 0 else ""
    return f"Cache-Control: {field}" if "public" in said else ""


def directives(field: str) -> Mapping[str, str]:
    """The directives of Cache-Control by lower-case name (RFC 9111, section 5.2)."""
    pairs = (part.strip().partition("=") for part in field.split(","))
    return {name.strip().lower(): value.strip(' "') for name, _, value in pairs if name}
