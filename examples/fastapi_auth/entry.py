"""Registering, logging in, logging out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from examples import visits
from examples.fastapi_auth.pages import Own, Service, Visit, account_page, page, see

router = APIRouter()
Text = Annotated[str, Form()]
DEVICE = "device"
"""The cookie of a browser that logged in before: what strangers guess elsewhere is not held against it."""


@router.get("/")
async def home(request: Request) -> Response:
    return await account_page(request)


@router.get("/register")
async def register_form(request: Request) -> Response:
    return page(request, "register.html")


@router.post("/register")
async def register(service: Service, session: Visit, name: Text, password: Text) -> Response:
    visits.log_in(session, await service.register(name, password))
    return see("/")


@router.get("/login")
async def login_form(request: Request) -> Response:
    return page(request, "login.html")


@router.post("/login")
async def login(request: Request, own: Own, service: Service, session: Visit, name: Text, password: Text) -> Response:
    proven = await service.prove_password(name, password, address(request), request.cookies.get(DEVICE, ""))
    if proven.user.totp:
        login = own.throttle.begin_second_factor(proven.user.name)
        visits.await_code(session, visits.Waiting(proven.user.id, proven.user.era, login, proven.device))
        return see("/login/code")
    visits.log_in(session, proven.user)
    return remembered(see("/"), proven.device)


@router.get("/login/code")
async def code_form(request: Request, session: Visit) -> Response:
    return page(request, "code.html") if visits.waiting_for_code(session) else see("/login")


@router.post("/login/code")
async def code(own: Own, service: Service, session: Visit, code: Text) -> Response:
    waiting, user = visits.whom_to_ask(session, own.accounts)
    await service.prove_code(waiting.login, user, code)
    visits.log_in(session, user)
    return remembered(see("/"), waiting.device)


@router.post("/logout")
async def logout(session: Visit) -> Response:
    session.logout()
    return see("/login")


def address(request: Request) -> str:
    """The client's; behind a proxy, that which `Policy.https` believes."""
    return request.client.host if request.client else ""


def remembered(response: Response, device: str) -> Response:
    """With the cookie that makes this browser a known one. hauberk adds Secure over https."""
    response.set_cookie(DEVICE, device, max_age=90 * 86_400, httponly=True, samesite="lax")
    return response
