"""What the views share: the pages, and who is asking."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

import hauberk
from examples import visits
from examples.accounts import User
from examples.equipment import Equipment
from examples.logins_sync import Logins
from examples.refused import STALE, Refused


def equipment() -> Equipment:
    """What the settings name."""
    found: Equipment = settings.EQUIPMENT
    return found


def logins() -> Logins:
    """The same, as a service."""
    return Logins(equipment())


def session(request: HttpRequest) -> hauberk.Session:
    """The visitor's session; what is in `request.session` is in it."""
    return hauberk.session(request)


def user_or_none(request: HttpRequest) -> User | None:
    """Who is logged in."""
    return visits.user_of(session(request), equipment().accounts)


def user(request: HttpRequest) -> User:
    """Who is logged in, for what nobody else may do."""
    found = user_or_none(request)
    if found is None:
        raise Refused(401, "Please log in.")
    return found


def recent_user(request: HttpRequest) -> User:
    """Who has just logged in, for what changes how he logs in."""
    found = user(request)
    if not visits.proved_recently(session(request)):
        raise Refused(403, STALE)
    return found


def field(request: HttpRequest, name: str) -> str:
    """A field of a form; one that was not sent is as good as an empty one."""
    return str(request.POST.get(name, ""))


def page(request: HttpRequest, name: str, status: int = 200, **context: Any) -> HttpResponse:
    """One of the pages."""
    return render(request, name, context, status=status)


def account_page(request: HttpRequest, status: int = 200, **context: Any) -> HttpResponse:
    """The user's own page; the login for everybody else."""
    found = user_or_none(request)
    if found is None:
        return page(request, "login.html", status, **context)
    own = equipment()
    devices, passkeys = own.sessions.of_sync(found.id, current=session(request)), own.accounts.passkeys(found)
    return page(request, "account.html", status, user=found, devices=devices, passkeys=passkeys, **context)


def see(path: str) -> HttpResponse:
    """Look there next, with GET."""
    response: HttpResponse = HttpResponseRedirect(path)
    response.status_code = 303
    return response
