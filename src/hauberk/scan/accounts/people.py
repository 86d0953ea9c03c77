"""Accounts that the test makes for itself, and what can be done with one."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit
from weakref import WeakKeyDictionary

from hauberk.scan.accounts.flows import Flows, filled
from hauberk.scan.client import Budget, Client
from hauberk.scan.html import offer
from hauberk.scan.identity import bearer
from hauberk.scan.messages import Request, Response
from hauberk.scan.surface import FORM
from hauberk.scan.transport import Transport

LETTERS = "abcdefghijkmnpqrstuvwxyz"


def letters(count: int) -> str:
    """So many random lower-case letters."""
    return "".join(secrets.choice(LETTERS) for _ in range(count))


def good_password() -> str:
    """One that no sensible rule refuses: long, random, of every kind of character."""
    return f"Zq7{letters(8)}-{letters(8)}_{letters(5).upper()}42!"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A name and a password that were sent to the registration."""

    name: str
    password: str

    def values(self, **others: str) -> Mapping[str, str]:
        """What fills the holes of a flow."""
        base = {"name": self.name, "email": f"{self.name}@example.com", "password": self.password}
        return base | {"current": self.password} | others


class People:
    """Registers and signs in, each as a browser of its own."""

    def __init__(self, transport: Transport, flows: Flows, budget: Budget) -> None:
        self.transport, self.flows, self.budget = transport, flows, budget
        self.requests = 0
        self._addresses: WeakKeyDictionary[Client, str] = WeakKeyDictionary()

    def client(self) -> Client:
        """A browser that was never here, at an address of its own where the application runs in process.

        So a limit on one address does not close the others to the test.
        """
        client = Client(self.transport, self.budget)
        number = secrets.randbelow(1 << 17)
        self._addresses[client] = f"198.{18 + (number >> 16)}.{number >> 8 & 255}.{number & 255}"  # RFC 2544
        return client

    def send(self, client: Client, text: str, values: Mapping[str, str]) -> Response:
        """A flow's request, with the hidden fields of its form, if a page has one."""
        request = filled(text, values)
        if request.header("content-type") == FORM:
            request = self._with_hidden(client, request)
        return self._ask(client, request)

    def register(self, person: Person) -> Response:
        """Ask for an account."""
        return self.send(self.client(), self.flows.register, person.values())

    def sign_in(self, name: str, password: str, client: Client | None = None) -> Client | None:
        """A browser that is signed in, or None."""
        client = client or self.client()
        answer = self.attempt(name, password, client)
        client.bearer = bearer(answer) or client.bearer
        return client if self.inside(client) else None

    def attempt(self, name: str, password: str, client: Client | None = None) -> Response:
        """Only the answer of the login."""
        person = Person(name=name, password=password)
        return self.send(client or self.client(), self.flows.login, person.values())

    def inside(self, client: Client) -> bool:
        """Whether the browser gets what only somebody who is signed in gets."""
        return self._ask(client, filled(self.flows.private, {})).status < 300

    def newcomer(self, password: str = "") -> Person:
        """A name that nobody has."""
        return Person(name=f"hb{letters(10)}", password=password or good_password())

    def settled(self, password: str = "") -> Person | None:
        """Somebody who registered and could sign in with that password; None if it was refused somewhere."""
        person = self.newcomer(password)
        self.register(person)
        return person if self.sign_in(person.name, person.password) is not None else None

    def change(self, client: Client, person: Person, *, current: str, new: str) -> Response:
        """Ask for another password."""
        return self.send(client, self.flows.change, person.values(current=current, new=new))

    def _ask(self, client: Client, request: Request) -> Response:
        self.requests += 1
        if hasattr(self.transport, "peer"):
            self.transport.peer = self._addresses[client]
        return client.send(request)

    def _with_hidden(self, client: Client, request: Request) -> Request:
        page = self._ask(client, Request(target=request.path))
        given = parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True)
        names = {name for name, _ in given}
        for form in offer(page.text, client.origin + request.path).forms if page.is_html else ():
            if form.method == request.method and unquote(urlsplit(form.action).path) == unquote(request.path):
                given += [
                    (field.name, str(field.example or ""))
                    for field in form.fields
                    if field.schema.get("x-hidden") and field.name not in names
                ]
                return replace(request, body=urlencode(given).encode())
        return request
