"""A logout that asks for an anti-forgery token is tried as a browser does it: whether it ends the session counts."""

from __future__ import annotations

import hmac
import secrets
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, Response, abort, redirect, request

from hauberk.core.finding import Result
from hauberk.integrations.surface import surface, transport
from hauberk.integrations.target import Target
from hauberk.scan import scan
from hauberk.scan.identities import Identity
from hauberk.scan.written import login_request
from tests.scan.test_outside import served

ADA = (Identity(name="a", login=(login_request("POST /login user=ada&password=Ada-pass-1"),)),)
LOGIN = "<!DOCTYPE html><title>in</title><form method=post><input name=user><input name=password type=password></form>"


def site(where: str, *, ends: bool) -> Flask:
    """The form with the token stands on every page ("page"), or on one that asks once more ("asked")."""
    app, users, tokens = Flask("site"), dict[str, str](), dict[str, str]()
    app.config["LEFT"] = 0

    def who() -> str:
        return request.cookies.get("session", "")

    def leaving() -> str:
        token = tokens.setdefault(who(), secrets.token_urlsafe(9))
        return f"<form method=post action=/account/logout><input type=hidden name=csrf_token value={token}></form>"

    @app.get("/")
    def home() -> str:
        return "<!DOCTYPE html><title>home</title><a href=/login>in</a><a href=/account>yours</a>"

    @app.get("/login")
    def form() -> str:
        return LOGIN

    @app.post("/login")
    def enter() -> Any:
        if request.form.get("password") != "Ada-pass-1":
            abort(401)
        key = secrets.token_urlsafe(16)
        users[key] = request.form["user"]
        answer = redirect("/account")
        answer.set_cookie("session", key, httponly=True, samesite="Lax")
        return answer

    @app.get("/account")
    def account() -> Any:
        if who() not in users:
            return redirect("/login")
        link = leaving() if where == "page" else "<a href=/account/logout>leave</a>"
        return f"<!DOCTYPE html><title>yours</title><p>{users[who()]}{link}"

    @app.post("/account/logout")
    def leave() -> Response:
        if not hmac.compare_digest(tokens.get(who(), "-"), request.form.get("csrf_token", "")):
            abort(403)
        app.config["LEFT"] += 1
        if ends:
            users.pop(who(), None)
        answer = Response("bye")
        answer.delete_cookie("session")
        return answer

    if where == "asked":

        @app.get("/account/logout")
        def ask() -> str:
            return f"<!DOCTYPE html><title>leave?</title>{leaving()}"

    return app


def inside(app: Flask) -> Result:
    target = Target(name="site", app=app, framework="flask", protocol="wsgi", root=Path(__file__).parent)
    found = surface(target)
    return scan(found, transport(target, found), target="site", identities=ADA)


def outside(app: Flask) -> Result:
    from hauberk.scan import Operation, Surface
    from hauberk.scan.site import site as place

    with served(app) as url:
        known = Surface.of([Operation(method="GET", path="/", source="crawl")])
        return scan(known, place(url).transport(timeout=5), target=url, identities=ADA, login=ADA[0].login)


@pytest.mark.parametrize("where", ["page", "asked"])
@pytest.mark.parametrize("ends", [False, True], ids=["goes on", "ends"])
@pytest.mark.parametrize("judge", [inside, outside])
def test_the_token_is_read_from_its_form(judge: Any, where: str, ends: bool) -> None:
    app = site(where, ends=ends)
    result = judge(app)
    found = [f for f in result.failures if f.rule.id == "scan.logout"]
    assert app.config["LEFT"]
    assert {str(f.location.path) for f in found} == (set() if ends else {"/account/logout"})
    if not ends:
        assert "csrf_token" in found[0].evidence["control"]["body"]
