"""What the handlers share: the pages, and who is asking."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from fastapi.templating import Jinja2Templates

import hauberk
from examples import visits
from examples.accounts import User
from examples.equipment import Equipment
from examples.logins import Logins
from examples.refused import STALE, Refused
from hauberk import Session

PAGES = Path(__file__).parents[1] / "pages"
templates = hauberk.templates(Jinja2Templates(PAGES))
"""With `csp_nonce` and `csrf_field`."""


def equipment(request: Request) -> Equipment:
    """What the application was made with."""
    found: Equipment = request.app.state.equipment
    return found


def logins(request: Request) -> Logins:
    """The same, as a service."""
    found: Logins = request.app.state.logins
    return found


async def session(request: Request) -> Session:
    """The visitor's session, read without blocking the event loop."""
    return await hauberk.session(request)


async def user_or_none(request: Request) -> User | None:
    """Who is logged in."""
    return visits.user_of(await hauberk.session(request), equipment(request).accounts)


async def user(request: Request) -> User:
    """Who is logged in, for what nobody else may do."""
    found = await user_or_none(request)
    if found is None:
        raise Refused(401, "Please log in.")
    return found


async def recent_user(request: Request) -> User:
    """Who has just logged in, for what changes how he logs in."""
    found = await user(request)
    if not visits.proved_recently(await hauberk.session(request)):
        raise Refused(403, STALE)
    return found


Own = Annotated[Equipment, Depends(equipment)]
Service = Annotated[Logins, Depends(logins)]
Visit = Annotated[Session, Depends(session)]
AnyUser = Annotated[User, Depends(user)]
RecentUser = Annotated[User, Depends(recent_user)]


def page(
    request: Request, name: str, status: int = 200, headers: dict[str, str] | None = None, **context: Any
) -> HTMLResponse:
    """One of the pages."""
    made: HTMLResponse = templates.TemplateResponse(request, name, context, status_code=status, headers=headers)
    return made


async def account_page(request: Request, status: int = 200, **context: Any) -> Response:
    """The user's own page; the login for everybody else."""
    found = await user_or_none(request)
    if found is None:
        return page(request, "login.html", status, **context)
    own = equipment(request)
    devices = await own.sessions.of(found.id, current=await hauberk.session(request))
    passkeys = own.accounts.passkeys(found)
    return page(request, "account.html", status, user=found, devices=devices, passkeys=passkeys, **context)


def see(path: str) -> RedirectResponse:
    """Look there next, with GET."""
    return RedirectResponse(path, 303)
