"""Becoming somebody: the login requests that the user gave, with what the login form adds to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from hauberk.scan.client import Client
from hauberk.scan.html import offer
from hauberk.scan.messages import Request
from hauberk.scan.surface import FORM


def log_in(client: Client, login: Sequence[Request], logins: Mapping[str, str]) -> str:
    """Send the requests in their order. What went wrong, in a sentence; empty if nothing did.

    `logins` are the forms with a password field: `POST /login` and the page that the form is on.
    """
    before = client.jar.header("/")
    for request in login:
        response = client.send(_filled(client, request, logins))
        if response.status >= 400:
            return f"The login {request.method} {request.path} was answered {response.status}."
    if client.jar.header("/") == before:
        return "The login set no cookie, so that the scan was not logged in."
    return ""


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
