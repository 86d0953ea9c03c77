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
from typing import Any
from urllib.parse import urlsplit

from hauberk.core.errors import ConfigurationError, InputError
from hauberk.scan.client import Client
from hauberk.scan.coverage import LOGIN
from hauberk.scan.fields import NAME, fields_of
from hauberk.scan.forgery import Tokens, tokens
from hauberk.scan.identity import log_in
from hauberk.scan.messages import CookieJar, Request, Response
from hauberk.scan.surface import DIGITS, Operation
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
    inside: Request | None = None
    """What is answered otherwise to who is logged in."""
    opened: set[str] = field(default_factory=set)
    """Shapes of addresses that answered, and did not ask for a login."""
    useless: dict[tuple[int, str], int] = field(default_factory=dict)
    """How often in a row a new login opened nothing, by the status that asked for one and where it led."""
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
        if not self.is_out(request, response):
            self.opened.add(shape(request))
        elif self.identity.login and self.again < MOST_AGAIN and self._may_help(request, response):
            self.again += 1
            kind = _kind(response)
            if self.log_in():
                with self.on() as client:
                    response = client.send(request)
            self.useless[kind] = self.useless.get(kind, 0) + 1 if self.is_out(request, response) else 0
        return response

    def _may_help(self, request: Request, response: Response) -> bool:
        """Whether a new login may open it: not while the login is there, nor where it opened none that asked alike.

        An administrator's pages ask every user for another login. What was open before asks because it is gone.
        """
        kind = _kind(response)
        if self.useless.get(kind, 0) >= PATIENCE and shape(request) not in self.opened:
            return False
        if self.inside is None:
            return True
        with self.on() as client:
            there = not self.is_out(self.inside, client.send(self.inside.with_headers(self.identity.headers.items())))
        self.useless[kind] = self.useless.get(kind, 0) + 1 if there else 0
        return not there

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


PATIENCE = 3
"""Logins in a row that open nothing of what asks for one in the same way."""
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


def _kind(response: Response) -> tuple[int, str]:
    """How it asks for a login: the status, and the page that it leads to."""
    return response.status, urlsplit(response.header("location") or "").path


def shape(request: Request) -> str:
    """The address without what differs from one request of an operation to the next."""
    parts = ("*" if CANARY.search(part) else DIGITS.sub("0", part) for part in request.path.split("/"))
    return f"{request.method} {'/'.join(parts)}"
