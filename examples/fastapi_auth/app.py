"""The application, which `main.py` has for servers."""

from __future__ import annotations

import os

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

import hauberk
from examples.equipment import Equipment
from examples.fastapi_auth import account, api, entry, passkeys
from examples.fastapi_auth.pages import account_page, page
from examples.logins import Logins
from examples.refused import AWAY, Refused, form_of
from hauberk import BusyError, StoreError


def create_app(equipment: Equipment | None = None) -> FastAPI:
    """The application, with its databases in a folder of its own."""
    own = equipment or Equipment.from_environ(os.environ)
    app = FastAPI(title="Hauberk example", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.equipment, app.state.logins = own, Logins(own)
    for part in (entry, account, passkeys, api):
        app.include_router(part.router)
    app.add_exception_handler(Refused, refused)
    app.add_exception_handler(BusyError, busy)
    app.add_exception_handler(StoreError, busy)
    return hauberk.protect(app, own.policy)


async def refused(request: Request, error: Exception) -> Response:
    """What was not to be: as JSON for scripts, and for people on the page that they have just filled in."""
    assert isinstance(error, Refused)  # noqa: S101 - registered for nothing else
    return await say(request, error.status, error.message, error.headers)


async def busy(request: Request, error: Exception) -> Response:
    """More logins at once than can be hashed, or a store that is away: not now, and nobody gets past it."""
    seconds = error.retry_after if isinstance(error, BusyError) else 5
    return await say(request, 503, AWAY, {"retry-after": str(seconds)})


async def say(request: Request, status: int, message: str, headers: dict[str, str]) -> Response:
    """A problem."""
    if request.url.path.startswith(("/api/", "/passkeys/")):
        return JSONResponse({"problem": message}, status, headers)
    name = form_of(request.url.path, message)
    if name is None:
        return await account_page(request, status, problem=message, headers=headers)
    return page(request, name, status, problem=message, headers=headers)
