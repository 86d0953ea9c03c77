"""Who asks: nobody, two users, an administrator. How each logs in, and how one sees that he is not any more.

[identities.a]
login = ["POST /login user=ada&password=..."]

[identities.b]
headers = {authorization = "Bearer ..."}

[identities.admin]
cookies = {session = "..."}
logged_out = "Please log in"
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

from hauberk.core.errors import ConfigurationError, InputError
from hauberk.scan.client import Client
from hauberk.scan.coverage import LOGIN
from hauberk.scan.fields import NAME, fields_of
from hauberk.scan.forgery import Tokens, tokens
from hauberk.scan.identity import log_in
from hauberk.scan.messages import CookieJar, Request, Response
from hauberk.scan.surface import Operation
from hauberk.scan.trial import CANARY
from hauberk.scan.written import login_request

FIELDS = ("login", "headers", "cookies", "logged_out", "owns")
ROLES = ("a", "b", "admin")
NOBODY = "nobody"
PASSWORD = re.compile(r"pass|pwd|secret|pin$", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """One account, and how a scan becomes it."""

    name: str
    login: tuple[Request, ...] = ()
    """Requests that log in, in their order: a form, JSON, or whatever the application takes."""
    call: Callable[[Client], None] | None = None
    """For logins that requests can't tell: is given the client, and leaves its cookies or its bearer token there."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Fields of every request, such as an API key."""
    cookies: Mapping[str, str] = field(default_factory=dict)
    logged_out: str = ""
    """A regular expression: what an answer holds, in its body or its Location, when the login is gone."""
    owns: tuple[str, ...] = ()
    """Names and ids of what is this identity's own, where the scan can't tell by itself."""

    def __post_init__(self) -> None:
        try:
            re.compile(self.logged_out)
        except re.error as error:
            raise ConfigurationError(
                f"identities.{self.name}.logged_out", self.logged_out, f"is no regular expression: {error}"
            ) from error
        if self.name != NOBODY and not (self.login or self.call or self.headers or self.cookies):
            raise ConfigurationError(
                f"identities.{self.name}", "{}", "does not say how it logs in", "give login, headers or cookies"
            )


def read(path: Path) -> tuple[Identity, ...]:
    """The identities of a file in TOML. Raises InputError and ConfigurationError, never showing a password."""
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(
            str(path), f"can't be read: {error}", "write it in TOML, see docs/scan-identities.md"
        ) from error
    people = given.get("identities")
    if not isinstance(people, dict) or not people:
        raise InputError(str(path), "names no identity", "write [identities.a] and [identities.b]")
    return tuple(_identity(name, fields) for name, fields in people.items())


def _identity(name: str, fields: Any) -> Identity:
    place = f"identities.{name}"
    if name not in ROLES:
        raise ConfigurationError(place, name, "is no role", f"call it one of {', '.join(ROLES)}")
    if not isinstance(fields, dict) or (unknown := sorted(set(fields) - set(FIELDS))):
        wrong = unknown[0] if isinstance(fields, dict) else name
        raise ConfigurationError(place, wrong, "is no field", f"write one of {', '.join(FIELDS)}")
    return Identity(
        name=name,
        login=tuple(login_request(text) for text in fields.get("login", ())),
        headers={key.lower(): str(value) for key, value in fields.get("headers", {}).items()},
        cookies=dict(fields.get("cookies", {})),
        logged_out=str(fields.get("logged_out", "")),
        owns=tuple(map(str, fields.get("owns", ()))),
    )


@dataclass(slots=True)
class Person:
    """An identity with its cookies and its token."""

    identity: Identity
    client: Client
    logins: Mapping[str, str]
    """Login forms: `POST /login` and the page that holds it."""
    jar: CookieJar = field(default_factory=CookieJar)
    bearer: str = ""
    problem: str = ""
    again: int = 0
    """How often it had to log in again."""
    forgery: Tokens = field(default_factory=Tokens)
    """The anti-forgery tokens of this person's forms."""

    @contextmanager
    def on(self) -> Iterator[Client]:
        """Send as this person meanwhile."""
        client = self.client
        before = client.jar, client.bearer, client.fields
        client.jar, client.bearer, client.fields = self.jar, self.bearer, ()
        try:
            with client.frozen():
                yield client
        finally:
            self.bearer = client.bearer
            client.jar, client.bearer, client.fields = before

    def thief(self, cookies: Mapping[str, str], bearer: str = "") -> Person:
        """Somebody who has nothing of this person's but these cookies and this token."""
        other = Person(self.identity, self.client, {}, bearer=bearer)
        other.jar.take(cookies)
        return other

    def log_in(self, heard: list[tuple[Request, Response]] | None = None) -> bool:
        """Become this identity, from nothing. Whether it went well; `problem` says why not, `heard` what was said."""
        client = self.client
        before = client.jar, client.bearer, client.fields
        client.jar, client.bearer, client.fields = CookieJar(), "", ()
        try:
            client.jar.take(self.identity.cookies)
            with client.keeping():
                if self.identity.call is not None:
                    self.identity.call(client)
                self.problem = log_in(client, self.identity.login, self.logins, heard) if self.identity.login else ""
        finally:
            self.jar, self.bearer = client.jar, client.bearer
            client.jar, client.bearer, client.fields = before
        return not self.problem

    def send(self, request: Request) -> Response:
        """Send as this person; where the answer says that the login is gone, log in again and ask once more."""
        request = request.with_headers(self.identity.headers.items())
        with self.on() as client:
            response = client.send(request)
        if self.is_out(request, response) and self.identity.login and self.again < MOST_AGAIN:
            self.again += 1
            if self.log_in():
                with self.on() as client:
                    response = client.send(request)
        return response

    def submit(self, operation: Operation, request: Request) -> Response:
        """Send a form as this person, with the anti-forgery token of his own page where it has one."""
        if not tokens(operation):
            return self.send(request)
        with self.on() as client:
            headers = self.identity.headers.items()
            return self.forgery.send(client, operation, request.with_headers(headers))[1]

    def is_out(self, request: Request, response: Response) -> bool:
        """Whether the answer says that nobody is logged in."""
        said = self.identity.logged_out
        location = response.header("location") or ""
        if said and re.search(said, f"{location}\n{response.text[:20_000]}"):
            return True
        to_login = 300 <= response.status < 400 and LOGIN.search(location) and not LOGIN.search(request.path)
        return response.status == 401 or bool(to_login)

    @property
    def name(self) -> str:
        """The account's name, as its login gives it; empty if it can't be told."""
        for request in self.identity.login:
            for key, value in fields_of(request).items():
                if NAME.search(key) and not PASSWORD.search(key):
                    return value
        return ""

    @property
    def password(self) -> str:
        """The account's password, as its login gives it; empty if it can't be told."""
        given = (pair for request in self.identity.login for pair in fields_of(request).items())
        return next((value for key, value in given if PASSWORD.search(key)), "")


MOST_AGAIN = 50
"""How often one person logs in again: an answer that always says so would go on for ever."""


def nobody(client: Client) -> Person:
    """Who is not logged in."""
    return Person(Identity(name=NOBODY), client, {})


def gathered(
    client: Client, identities: Sequence[Identity], logins: Mapping[str, str], forms: Mapping[str, str]
) -> dict[str, Person]:
    """Everybody, logged in as far as that went; `nobody` is among them. `forms` are those with anti-forgery tokens."""
    people = {i.name: Person(i, client, logins, forgery=Tokens(pages=dict(forms))) for i in identities}
    for person in people.values():
        person.log_in()
    return people | {NOBODY: nobody(client)}


@dataclass(slots=True)
class Renewal:
    """Sees to it that the scan's own client stays logged in."""

    person: Person
    inside: Request | None = None
    """What is answered otherwise to who is logged in; where it still is, an operation refuses him and not nobody."""
    clock: Callable[[], float] = monotonic
    last: float = field(default_factory=monotonic)
    refusing: set[str] = field(default_factory=set)
    """Shapes of addresses that say so of somebody who is logged in as well."""
    busy: bool = False

    def __call__(self, request: Request, response: Response) -> bool:
        """Whether the login was gone, and is there again."""
        shape = _shape(request)
        if self.busy or shape in self.refusing or not self.person.is_out(request, response):
            return False
        if self.inside is None and self.clock() - self.last < SECONDS:
            return False
        self.busy, self.last = True, self.clock()
        try:
            if self.inside is not None and not self.person.is_out(self.inside, self.person.client.send(self.inside)):
                self.refusing.add(shape)
                return False
            renewed = self.person.again < MOST_AGAIN and self.person.log_in()
        finally:
            self.busy = False
        client = self.person.client
        if renewed:
            client.jar, client.bearer = self.person.jar, self.person.bearer
            self.person.again += 1
        return renewed


def _shape(request: Request) -> str:
    """The address without what differs from one request of an operation to the next."""
    parts = ("*" if CANARY.search(part) else DIGITS.sub("0", part) for part in request.path.split("/"))
    return f"{request.method} {'/'.join(parts)}"


DIGITS = re.compile(r"[0-9]+")
SECONDS = 5.0
"""Between two logins, where nothing tells one that is gone from an operation that refuses every user."""
