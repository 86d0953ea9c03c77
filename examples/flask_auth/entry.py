"""Registering, logging in, logging out."""

from __future__ import annotations

from flask import Blueprint, request
from werkzeug.wrappers import Response

from examples import visits
from examples.flask_auth.pages import account_page, equipment, logins, page, see, session

blueprint = Blueprint("entry", __name__)
DEVICE = "device"
"""The cookie of a browser that logged in before: what strangers guess elsewhere is not held against it."""


@blueprint.get("/")
def home() -> str:
    return account_page()


@blueprint.get("/register")
def register_form() -> str:
    return page("register.html")


@blueprint.post("/register")
def register() -> Response:
    visits.log_in(session(), logins().register(request.form["name"], request.form["password"]))
    return see("/")


@blueprint.get("/login")
def login_form() -> str:
    return page("login.html")


@blueprint.post("/login")
def login() -> Response:
    name, password = request.form["name"], request.form["password"]
    proven = logins().prove_password(name, password, address(), request.cookies.get(DEVICE, ""))
    if proven.user.totp:
        begun = equipment().throttle.begin_second_factor(proven.user.name)
        visits.await_code(session(), visits.Waiting(proven.user.id, proven.user.era, begun, proven.device))
        return see("/login/code")
    visits.log_in(session(), proven.user)
    return remembered(see("/"), proven.device)


@blueprint.get("/login/code")
def code_form() -> str | Response:
    return page("code.html") if visits.waiting_for_code(session()) else see("/login")


@blueprint.post("/login/code")
def code() -> Response:
    waiting, user = visits.whom_to_ask(session(), equipment().accounts)
    logins().prove_code(waiting.login, user, request.form["code"])
    visits.log_in(session(), user)
    return remembered(see("/"), waiting.device)


@blueprint.post("/logout")
def logout() -> Response:
    session().logout()
    return see("/login")


def address() -> str:
    """The client's; behind a proxy, that which `Policy.https` believes."""
    return request.remote_addr or ""


def remembered(response: Response, device: str) -> Response:
    """With the cookie that makes this browser a known one. hauberk adds Secure over https."""
    response.set_cookie(DEVICE, device, max_age=90 * 86_400, httponly=True, samesite="Lax")
    return response
