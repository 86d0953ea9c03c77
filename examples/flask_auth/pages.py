"""What the handlers share: the pages, and who is asking."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeAlias

from flask import Response, current_app, redirect, render_template, request
from werkzeug.wrappers import Response as BaseResponse

import hauberk
from examples import visits
from examples.accounts import User
from examples.equipment import Equipment
from examples.logins_sync import Logins
from examples.refused import STALE, Refused

PAGES = Path(__file__).parents[1] / "pages"
Answer: TypeAlias = "tuple[str | Response, int, dict[str, str]]"


def equipment() -> Equipment:
    """What the application was made with."""
    found: Equipment = current_app.extensions["equipment"]
    return found


def logins() -> Logins:
    """The same, as a service."""
    found: Logins = current_app.extensions["logins"]
    return found


def session() -> hauberk.Session:
    """The visitor's session; `flask.session` is the same one."""
    return hauberk.session(request)


def user_or_none() -> User | None:
    """Who is logged in."""
    return visits.user_of(session(), equipment().accounts)


def user() -> User:
    """Who is logged in, for what nobody else may do."""
    found = user_or_none()
    if found is None:
        raise Refused(401, "Please log in.")
    return found


def recent_user() -> User:
    """Who has just logged in, for what changes how he logs in."""
    found = user()
    if not visits.proved_recently(session()):
        raise Refused(403, STALE)
    return found


def page(name: str, **context: Any) -> str:
    """One of the pages."""
    return render_template(name, **context)


def account_page(**context: Any) -> str:
    """The user's own page; the login for everybody else."""
    found = user_or_none()
    if found is None:
        return page("login.html", **context)
    own = equipment()
    devices, passkeys = own.sessions.of_sync(found.id, current=session()), own.accounts.passkeys(found)
    return page("account.html", user=found, devices=devices, passkeys=passkeys, **context)


def see(path: str) -> BaseResponse:
    """Look there next, with GET."""
    return redirect(path, 303)
