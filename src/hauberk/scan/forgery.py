"""Anti-forgery tokens that stay valid: where a form is refused, its page is read again for a new one.

Tokens end with a session, with a login or with their first use. With an old one an application refuses the request
before it reads anything, and nothing in it would be tested.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from urllib.parse import quote_plus, urlsplit

from hauberk.scan.client import SAFE_METHODS, Client
from hauberk.scan.html import offer
from hauberk.scan.messages import Request, Response
from hauberk.scan.surface import Operation
from hauberk.scan.trial import TOKEN

REFUSED = frozenset({400, 401, 403, 409, 419, 422, 498})
"""What frameworks answer to a token that is wrong (419 is Laravel's and its kin's)."""
PATIENCE = 3
"""How often in a row a new token may be of no use before an operation's refusals are taken for its own."""


def tokens(operation: Operation) -> tuple[str, ...]:
    """The fields of its form that carry an anti-forgery token."""
    return tuple(p.name for p in operation.at("form") if TOKEN.search(p.name.lower()) is not None)


@dataclass(slots=True)
class Tokens:
    """The newest anti-forgery tokens, and where there are more."""

    pages: dict[str, str] = field(default_factory=dict)
    """Operations whose form has a token, as `POST /comment`, and the target of a page that holds the form."""
    newest: dict[str, str] = field(default_factory=dict)
    """By the field's name: most applications have one for all forms."""
    useless: dict[str, int] = field(default_factory=dict)

    def send(self, client: Client, operation: Operation, request: Request) -> tuple[Request, Response]:
        """Send a request of the operation with the newest token, and once more with a new one if it is refused."""
        names = () if operation.method in SAFE_METHODS else tokens(operation)
        if not names:
            return request, client.send(request)
        sent = client.complete(self._with_newest(request, names))
        response = client.send(sent)
        name = str(operation)
        page = self.pages.get(name)
        if response.status not in REFUSED or page is None or self.useless.get(name, 0) >= PATIENCE:
            return sent, response
        if not self._renew(client, operation, page, names):
            self.useless[name] = self.useless.get(name, 0) + 1
            return sent, response
        sent = client.complete(self._with_newest(request, names))
        response = client.send(sent)
        self.useless[name] = self.useless.get(name, 0) + 1 if response.status in REFUSED else 0
        return sent, response

    def _renew(self, client: Client, operation: Operation, page: str, names: tuple[str, ...]) -> bool:
        """Read the page of the form; whether there is another token than before."""
        before = dict(self.newest)
        with client.keeping():  # a token may belong to a cookie that the page sets
            text = client.send(Request(target=page)).text
        for form in offer(text, client.origin + page).forms:
            if form.method == operation.method and operation.match(urlsplit(form.action).path) is not None:
                self.newest |= {f.name: str(f.example) for f in form.fields if f.name in names and f.example}
        return self.newest != before

    def _with_newest(self, request: Request, names: tuple[str, ...]) -> Request:
        body = request.body
        for name in names:
            value = self.newest.get(name)
            if value is not None:
                body = _put(body, name, value)
        if body == request.body:
            return request
        headers = tuple(pair for pair in request.headers if pair[0] != "content-length")
        return replace(request, body=body, headers=headers)


def _put(body: bytes, name: str, value: str) -> bytes:
    """The form's body with this token; nothing else in it is written anew, as an attack may stand there."""
    field_ = re.escape(quote_plus(name).encode())
    urlencoded = re.compile(rb"(?:(?<=&)|\A)" + field_ + rb"=[^&\r\n]*")
    multipart = re.compile(rb'(name="' + re.escape(name.encode()) + rb'"\r\n\r\n)[^\r\n]*')
    if multipart.search(body) is not None:
        return multipart.sub(lambda found: found[1] + value.encode(), body)
    return urlencoded.sub(lambda _: f"{quote_plus(name)}={quote_plus(value)}".encode(), body)
