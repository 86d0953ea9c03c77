"""Registering, logging in, logging out."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from examples import visits
from examples.django_auth.pages import account_page, equipment, field, logins, page, see, session

DEVICE = "device"
"""The cookie of a browser that logged in before: what strangers guess elsewhere is not held against it."""


def home(request: HttpRequest) -> HttpResponse:
    return account_page(request)


def register(request: HttpRequest) -> HttpResponse:
    if request.method == "GET":
        return page(request, "register.html")
    visits.log_in(session(request), logins().register(field(request, "name"), field(request, "password")))
    return see("/")


def login(request: HttpRequest) -> HttpResponse:
    if request.method == "GET":
        return page(request, "login.html")
    name, password = field(request, "name"), field(request, "password")
    proven = logins().prove_password(name, password, address(request), request.COOKIES.get(DEVICE, ""))
    if proven.user.totp:
        begun = equipment().throttle.begin_second_factor(proven.user.name)
        visits.await_code(session(request), visits.Waiting(proven.user.id, proven.user.era, begun, proven.device))
        return see("/login/code")
    visits.log_in(session(request), proven.user)
    return remembered(see("/"), proven.device)


def code(request: HttpRequest) -> HttpResponse:
    if request.method == "GET":
        return page(request, "code.html") if visits.waiting_for_code(session(request)) else see("/login")
    waiting, user = visits.whom_to_ask(session(request), equipment().accounts)
    logins().prove_code(waiting.login, user, field(request, "code"))
    visits.log_in(session(request), user)
    return remembered(see("/"), waiting.device)


def logout(request: HttpRequest) -> HttpResponse:
    session(request).logout()
    return see("/login")


def address(request: HttpRequest) -> str:
    """The client's; behind a proxy, that which `Policy.https` believes."""
    return str(request.META.get("REMOTE_ADDR", ""))


def remembered(response: HttpResponse, device: str) -> HttpResponse:
    """With the cookie that makes this browser a known one. hauberk adds Secure over https."""
    response.set_cookie(DEVICE, device, max_age=90 * 86_400, httponly=True, samesite="Lax")
    return response
