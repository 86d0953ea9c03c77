"""Becoming somebody: the login requests that the user gave, with what the login form adds to them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from hauberk.scan.client import Bare, Client
from hauberk.scan.html import offer
from hauberk.scan.messages import Request, Response
from hauberk.scan.surface import FORM


def log_in(
    client: Client,
    login: Sequence[Request],
    logins: Mapping[str, str],
    heard: list[tuple[Request, Response]] | None = None,
) -> str:
    """Send the requests in their order. What went wrong, in a sentence; empty if nothing did.

    `logins` are the forms with a password field: `POST /login` and the page that the form is on. `heard` is given
    what was sent, and the answers.
    """
    before, response = client.jar.values(), Response(status=0)
    for request in login:
        sent = _filled(client, request, logins)
        response = client.send(sent)
        if heard is not None:
            heard.append((sent, response))
        if response.status >= 400:
            return f"The login {request.method} {request.path} was answered {response.status}."
        client.bearer = bearer(response) or client.bearer
    changed = {name for name, value in client.jar.values().items() if before.get(name) != value}
    if client.bearer:
        return ""
    if login and all(GUARDS.search(name) for name in changed) and _asks_again(client, login[-1], response):
        return f"The login {login[-1].method} {login[-1].path} was answered with its form again: it was refused."
    if not changed:
        return "The login set no cookie and gave no token, so that the scan was not logged in."
    return ""


def _asks_again(client: Client, request: Request, response: Response) -> bool:
    """Whether the answer is a page with the form that was sent."""
    if response.status != SUCCESS or not response.is_html:
        return False
    forms = offer(response.text, client.origin + request.target).forms
    return any(form.has_password and urlsplit(form.action).path == request.path for form in forms)


SUCCESS = 200


def bearer(response: Response) -> str:
    """The token that the answer of a login holds, in the fields where APIs put it; empty if there is none."""
    given = response.header("authorization") or ""
    scheme, _, token = given.rpartition(" ")
    if SENDABLE.fullmatch(token) and scheme.lower() in {"", "bearer"}:
        return token if scheme else Bare(token)
    try:
        document = json.loads(response.body)
    except ValueError:
        return ""
    found = [document, *document.values()] if isinstance(document, dict) else []
    for place in found:
        for name in TOKENS if isinstance(place, dict) else ():
            value = place.get(name)
            if isinstance(value, str) and SENDABLE.fullmatch(value):
                return value
    return ""


GUARDS = re.compile(r"csrf|xsrf|antiforgery|^messages$|^flash", re.IGNORECASE)
"""Cookies that nobody is logged in by: what refuses a login may set them."""
TOKENS = ("access_token", "accessToken", "auth_token", "authToken", "id_token", "jwt", "token", "bearer")
"""The first is RFC 6749's, section 5.1."""
SENDABLE = re.compile(r"[A-Za-z0-9._~+/-]{8,8000}=*")
"""RFC 6750, section 2.1."""


def _filled(client: Client, request: Request, logins: Mapping[str, str]) -> Request:
    """The request with the hidden fields of its form that it leaves out, such as an anti-forgery token."""
    page = logins.get(f"{request.method} {unquote(request.path)}")
    if page is None or (request.header("content-type") or "").partition(";")[0].strip().lower() != FORM:
        return request
    given = parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True)
    names = {name for name, _ in given}
    for form in offer(client.send(Request(target=page)).text, client.origin + page).forms:
        if form.method == request.method and urlsplit(form.action).path == request.path:
            given += [
                (field.name, str(field.example or ""))
                for field in form.fields
                if field.schema.get("x-hidden") and field.name not in names
            ]
            break
    return replace(request, body=urlencode(given).encode())
