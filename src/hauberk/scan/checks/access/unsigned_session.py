"""Unsigned session: the cookie of a login says who somebody is, and whoever writes another name there is that one."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator
from urllib.parse import quote, unquote

from hauberk.core.finding import Finding, Rule
from hauberk.scan.access import World
from hauberk.scan.identities import Person
from hauberk.scan.messages import Request, Response
from hauberk.scan.surface import Operation
from hauberk.scan.trial import canary

RULE = Rule(
    id="scan.unsigned-session",
    title="The session can be written by anybody",
    severity="critical",
    why="Whoever changes the name in his own cookie is logged in as somebody else, without a password.",
    fix="Keep sessions on the server under a random id, or seal or sign what the cookie holds.",
    cwe=(565, 287),
    asvs=("v5.0.0-9.1.1", "v5.0.0-7.2.1"),
    top10=("A07:2025",),
    docs="https://cheatsheetseries.owasp.org/cheatsheets/Session_Management_Cheat_Sheet.html",
)
LONGEST = 4_096
"""Characters of a cookie that is looked into."""

Layer = tuple[Callable[[str], str], Callable[[str], str]]
"""How a value is read, and written again."""


def ask(world: World) -> Iterator[Finding]:
    """Write B's name into A's cookies, and read what B reads; a name that nobody has must not open it."""
    if not world.there("a", "b"):
        return
    a, b = world.people["a"], world.people["b"]
    if min(len(a.name), len(b.name)) < 2 or a.name == b.name:
        return
    cookies = a.jar.values()
    for name, value in cookies.items():
        forged = renamed(value, a.name, b.name)
        if forged is None:
            continue
        world.try_at(RULE)
        opened = _opens(world, b, {**cookies, name: forged})
        stranger = renamed(value, a.name, canary())
        if opened is None or stranger is None:
            continue
        operation, asked, answer = opened
        refused = _sent(b, asked, {**cookies, name: stranger})
        again = _sent(b, asked, {**cookies, name: forged})
        if again.body == answer.body and refused.body != answer.body:
            message = f"{name}: with the name of another user written into it, it opens what only that user reads"
            yield world.finding(
                RULE, operation, message, (asked, answer), (asked, refused), cookie=name, confidence="certain"
            )


def _opens(world: World, person: Person, cookies: dict[str, str]) -> tuple[Operation, Request, Response] | None:
    """What these cookies alone open of that which this person reads, and neither A nor nobody."""
    for operation in world.operations("GET", names=False):
        name = str(operation)
        if not all(name in world.read.get(who, {}) for who in ("a", "b", "nobody")):
            continue
        (request, theirs), others = world.read["b"][name], (world.read["a"][name], world.read["nobody"][name])
        if theirs.status >= 300 or any(theirs.body == other.body for _, other in others):
            continue
        answer = _sent(person, request, cookies)
        if answer.status < 300 and answer.body == theirs.body:
            return operation, request, answer
    return None


def _sent(person: Person, request: Request, cookies: dict[str, str]) -> Response:
    with person.thief(cookies).on() as client:
        return client.send(request)


def renamed(value: str, old: str, new: str) -> str | None:
    """The value with one name in place of the other, however it is written; None where it does not hold the name."""
    if len(value) > LONGEST:
        return None
    for layers in ((), (_URL,), (_BASE64,), (_URL, _BASE64), (_BASE64, _URL), (_HEX,)):
        text: str | None = value
        for read, _ in layers:
            text = _try(read, text)
        if text is not None and old in text:
            text = text.replace(old, new)
            for _, write in reversed(layers):
                text = write(text)
            return text
    return None


def _try(read: Callable[[str], str], text: str | None) -> str | None:
    try:
        return None if text is None else read(text)
    except (binascii.Error, ValueError):
        return None


def _from_base64(text: str) -> str:
    plain = text.strip('"').replace("-", "+").replace("_", "/").rstrip("=")
    return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True).decode("utf-8")


_URL: Layer = (unquote, lambda text: quote(text, safe=""))
_BASE64: Layer = (_from_base64, lambda text: base64.b64encode(text.encode()).decode())
_HEX: Layer = (lambda text: bytes.fromhex(text).decode(), lambda text: text.encode().hex())
