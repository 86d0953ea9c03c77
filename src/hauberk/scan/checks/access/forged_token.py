"""Forged token: what a JSON Web Token says is believed, whoever signed it (RFC 8725, sections 2.1 and 3.1)."""

from __future__ import annotations

import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal

from hauberk.core.finding import Finding, Rule
from hauberk.scan import build
from hauberk.scan.access import SUCCESS, World
from hauberk.scan.checks.passive.weak_jwt import TOKEN
from hauberk.scan.client import Bare
from hauberk.scan.identities import Person
from hauberk.scan.messages import Request, Response
from hauberk.scan.surface import Operation, Parameter
from hauberk.scan.trial import canary

RULE = Rule(
    id="scan.forged-token",
    title="The signature of a token is not checked",
    severity="critical",
    why="Whoever writes another user's name into a token is that user, without a password and without a key.",
    fix="Verify the signature with your key and the one algorithm you expect before a claim is read; refuse `none`.",
    cwe=(347, 345),
    asvs=("v5.0.0-9.1.1", "v5.0.0-9.1.2"),
    top10=("A07:2025",),
    docs="https://datatracker.ietf.org/doc/html/rfc8725#section-3.1",
)
NONE = '{"alg":"none","typ":"JWT"}'
MOST = 5
"""Answers that are asked for with each token: one operation may verify it, and the next one forget to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """A token, and where a person's requests carry it."""

    place: Literal["header", "cookie"]
    name: str
    """Of the cookie or the field."""
    token: str
    given: bool = False
    """Whether a login gave it as a bearer token; else it is a cookie, or a field that the identity names."""

    def sent(self, person: Person, request: Request, token: str) -> Response:
        """The answer to the request with another token in its place, and all else as the person sends it."""
        cookies, fields, bearer = person.jar.values(), dict(person.identity.headers), person.bearer
        if self.given:
            bearer = Bare(token) if isinstance(bearer, Bare) else token
        elif self.place == "cookie":
            cookies[self.name] = token
        else:
            fields[self.name] = fields[self.name].replace(self.token, token)
        with person.thief(cookies, bearer).on() as client:
            return client.send(request.with_headers(fields.items()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Private:
    """What A reads, and nobody reads."""

    operation: Operation
    request: Request
    mine: Response
    closed: Response

    @property
    def is_refused(self) -> bool:
        """Whether the status tells who may read it."""
        return self.closed.status >= SUCCESS

    @property
    def is_private(self) -> bool:
        """Whether nobody is answered otherwise than A."""
        return self.mine.status < SUCCESS and (self.is_refused or self.closed.body != self.mine.body)

    def is_shown(self, answer: Response) -> bool:
        """Whether it is A's answer."""
        return answer.status == self.mine.status and (self.is_refused or answer.body == self.mine.body)


def ask(world: World) -> Iterator[Finding]:
    """A's token with another signature opens what A reads; what is no token does not."""
    if not world.there("a"):
        return
    person = world.people["a"]
    for carried in _tokens(person):
        world.try_at(RULE)
        found = (_believed(world, person, carried, private) for private in islice(_private(world), MOST))
        yield from islice((finding for finding in found if finding is not None), 1)


def _believed(world: World, person: Person, carried: Carried, private: Private) -> Finding | None:
    control = carried.sent(person, private.request, canary())
    if private.is_shown(control):
        return None  # it is not this token that opens it
    reason, answer = _forged(carried, person, private)
    if answer is None:
        return None
    message = f"{carried.name}: {reason} opens {private.operation} as the one that the login gave does"
    parameter = Parameter(name=carried.name, place=carried.place)
    sent, refused = (private.request, answer), (private.request, control)
    return world.finding(RULE, private.operation, message, sent, refused, parameter, confidence="certain")


def _forged(carried: Carried, person: Person, private: Private) -> tuple[str, Response | None]:
    """How a token was forged that opens it, twice, and the answer."""
    _, payload, _ = carried.token.split(".")
    for reason in ("a token with another signature", "a token without a signature (alg none)"):
        for _ in range(2):
            token = f"{_written(NONE.encode())}.{payload}." if "none" in reason else _resigned(carried.token)
            answer = carried.sent(person, private.request, token)
            if not private.is_shown(answer):
                break
        else:
            return reason, answer
    return "", None


def _private(world: World) -> Iterator[Private]:
    """What A reads and nobody does: first what nobody is refused, and what needs no id."""
    found = []
    for operation in world.operations("GET", names=False):
        mine, closed = (world.read.get(who, {}).get(str(operation)) for who in ("a", "nobody"))
        if mine is not None and closed is not None:
            found.append(Private(operation=operation, request=mine[0], mine=mine[1], closed=closed[1]))
    yield from (one for one in found if one.is_private and one.is_refused)
    for operation in world.operations("GET", names=True)[:MOST]:
        request = build.request(operation)
        mine_, closed_ = world.people["a"].send(request), world.nobody.send(request)
        one = Private(operation=operation, request=request, mine=mine_, closed=closed_)
        if one.is_private and one.is_refused:
            yield one
    yield from (one for one in found if one.is_private and not one.is_refused)


def _tokens(person: Person) -> Iterator[Carried]:
    """Every JSON Web Token that the person's requests carry."""
    if _is_token(person.bearer):
        yield Carried(place="header", name="authorization", token=str(person.bearer), given=True)
    for name, value in person.jar.values().items():
        if _is_token(value):
            yield Carried(place="cookie", name=name, token=value)
    for name, value in person.identity.headers.items():
        token = value.rpartition(" ")[2]
        if _is_token(token):
            yield Carried(place="header", name=name, token=token)


def _is_token(value: str) -> bool:
    """Whether it is signed JSON with a header that names its algorithm (RFC 7515, section 4.1.1)."""
    if not TOKEN.fullmatch(value):
        return False
    head, payload, _ = (_read(part) for part in value.split("."))
    return isinstance(head, dict) and "alg" in head and isinstance(payload, dict)


def _read(part: str) -> Any:
    try:
        return json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except ValueError:
        return None


def _written(octets: bytes) -> str:
    return urlsafe_b64encode(octets).rstrip(b"=").decode()


def _resigned(token: str) -> str:
    """The token with as many random octets as its signature has."""
    signed, _, signature = token.rpartition(".")
    return f"{signed}.{_written(secrets.token_bytes(len(signature) * 3 // 4 or 32))}"
