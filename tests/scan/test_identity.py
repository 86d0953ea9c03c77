"""Logging in where the answer holds a token."""

from __future__ import annotations

import json
import secrets
from html import escape
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, redirect, request
from flask import Response as Answer

from hauberk.core.finding import Result
from hauberk.integrations.surface import surface as surface_of
from hauberk.integrations.surface import transport
from hauberk.integrations.target import Target
from hauberk.scan import Operation, Parameter, Request, Response, Surface, WSGITransport, scan
from hauberk.scan.client import credentials
from hauberk.scan.identity import bearer
from tests.scan.test_access import identity


@pytest.mark.parametrize(
    ("document", "found"),
    [
        ({"access_token": "abcdefgh.ij", "token_type": "bearer"}, "abcdefgh.ij"),
        ({"data": {"token": "abcdefghij"}}, "abcdefghij"),
        ({"auth_token": "abcdefghij", "status": "success"}, "abcdefghij"),
        ({"token": "with space in it"}, ""),
        ({"token": 12345678}, ""),
        ({"token": "short"}, ""),
        ([{"token": "abcdefghij"}], ""),
    ],
)
def test_where_the_token_is(document: object, found: str) -> None:
    assert bearer(Response(status=200, body=json.dumps(document).encode())) == found


@pytest.mark.parametrize(
    ("field", "sent"),
    [("Bearer abcdefgh12", "Bearer abcdefgh12"), ("abcdefgh12", "abcdefgh12"), ("Basic abcdefgh12", ""), ("a b c", "")],
)
def test_a_token_in_a_field_comes_back_as_it_was_given(field: str, sent: str) -> None:
    token = bearer(Response(status=200, headers=(("authorization", field),), body=b"{}"))
    assert (credentials(token) if token else "") == sent


def test_what_needs_the_token_is_reached() -> None:
    app = Flask("api")

    @app.post("/login")
    def login() -> Any:
        good = request.get_json() == {"user": "ada", "password": "pw"}
        return ({"access_token": "abcdefghijkl"}, 200) if good else ({}, 401)

    @app.get("/me")
    def me() -> Any:
        if request.headers.get("authorization") != "Bearer abcdefghijkl":
            return {}, 401
        return {"q": request.args.get("q")}

    surface = Surface.of(
        [Operation(method="GET", path="/me", parameters=(Parameter(name="q", place="query"),), source="routes")]
    )
    body = json.dumps({"user": "ada", "password": "pw"}).encode()
    given = Request(method="POST", target="/login", headers=(("content-type", "application/json"),), body=body)
    result = scan(surface, WSGITransport(app), target="api", login=[given])
    assert result.complete
    assert result.stats["operations"] == {"known": 1, "reached": 1, "attacked": 1}
    assert "abcdefghijkl" not in json.dumps([f.as_json() for f in result.findings])


def login_that(says: dict[bool, tuple[str, int]]) -> Any:
    app = Flask("login")

    @app.post("/login")
    def login() -> Any:
        given = request.form
        if given.get("user") == "ada" and given.get("password") == "pw":
            return "welcome", 200, {"set-cookie": "session=abcdefgh"}
        return says[given.get("user") == "ada"]

    @app.get("/me")
    def me() -> Any:
        return {"q": request.args.get("q")}

    surface = Surface.of([Operation(method="GET", path="/me", parameters=(Parameter(name="q", place="query"),))])
    fields = (("content-type", "application/x-www-form-urlencoded"),)
    given = Request(method="POST", target="/login", headers=fields, body=b"user=ada&password=pw")
    return scan(surface, WSGITransport(app), target="app", login=[given])


@pytest.mark.parametrize(
    ("says", "found"),
    [
        ({True: ("wrong password", 200), False: ("no such user", 200)}, ["user"]),
        ({True: ("wrong", 403), False: ("wrong", 404)}, ["user"]),
        ({True: ("wrong name or password", 401), False: ("wrong name or password", 401)}, []),
        # The known name is a part of a word that the page has anyway.
        ({True: ("no Canada here, wrong", 401), False: ("no Canada here, wrong", 401)}, []),
        ({True: ("slow down", 429), False: ("wrong", 401)}, []),
    ],
)
def test_a_login_that_tells_which_accounts_exist(says: Any, found: list[str]) -> None:
    result = login_that(says)
    rows = [f.location.parameter for f in result.failures if f.rule.id == "scan.user-enumeration"]
    assert rows == found
    assert "password=pw" not in json.dumps([f.as_json() for f in result.findings])


def limited(most: int) -> Flask:
    """A site whose login shows its form again where it refuses, with a new anti-forgery token, after so many logins."""
    app, sessions, logins = Flask("limited"), set[str](), count()

    @app.get("/")
    def home() -> str:
        return "<!DOCTYPE html><title>Home</title><a href=/login>log in</a><a href='/mine?q=1'>mine</a>"

    @app.route("/login", methods=["GET", "POST"])
    def login() -> Any:
        if request.form.get("password") == "pw" and next(logins) < most:
            answer = redirect("/mine")
            sessions.add(token := secrets.token_hex(8))
            answer.set_cookie("session", token, samesite="Lax")
            return answer
        answer = Answer("<form method=post action=/login><input name=user><input type=password name=password></form>")
        answer.set_cookie("csrftoken", secrets.token_hex(8))
        return answer

    @app.get("/mine")
    def mine() -> Any:
        return escape(request.args.get("q", "")) if request.cookies.get("session") in sessions else redirect("/login")

    return app


def asked(app: Flask, words: str) -> Result:
    surface = Surface.of([Operation(method="GET", path="/", source="crawl")])
    return scan(surface, WSGITransport(app), target="limited", identities=(identity("a", f"POST /login {words}"),))


def test_a_login_that_shows_its_form_again_is_none() -> None:
    result = asked(limited(1_000), "user=ada&password=wrong")
    assert any("was answered with its form again: it was refused" in gap for gap in result.gaps)
    assert not result.complete


def test_a_login_that_is_not_let_in_again_is_said() -> None:
    result = asked(limited(2), "user=ada&password=pw")
    assert any("could not log in again after access was tried" in gap for gap in result.gaps)
    assert not result.complete


def test_a_login_that_is_let_in_is_no_gap() -> None:
    result = asked(limited(1_000), "user=ada&password=pw")
    assert result.complete
    assert not any("log in" in gap for gap in result.gaps)


def leaky() -> Flask:
    """Most pages are for who is logged in; one of those that are read logs out, another one refuses everybody."""
    app, sessions = Flask("leaky"), set[str]()

    @app.before_request
    def ask() -> Any:
        inside = request.cookies.get("session") in sessions
        return None if inside or request.path in {"/", "/login"} else redirect("/login")

    @app.get("/")
    def home() -> str:
        return "<!DOCTYPE html><title>Home</title>"

    @app.post("/login")
    def login() -> Any:
        LOGINS.append(1)
        answer = redirect("/a")
        sessions.add(token := secrets.token_hex(8))
        answer.set_cookie("session", token, samesite="Lax")
        return answer

    @app.get("/check/<token>")
    def check(token: str) -> str:
        sessions.discard(request.cookies.get("session", ""))  # as links in mails do that log in somebody else
        return "<!DOCTYPE html><title>Checked</title>"

    @app.get("/staff/<page>")
    def staff(page: str) -> Any:
        return redirect("/login")

    for name in "abcdef":
        app.add_url_rule(f"/{name}", name, lambda: escape(request.args.get("q", "")))
    return app


LOGINS: list[int] = []


def test_what_logs_out_on_the_way_does_not_leave_the_rest_without_a_login() -> None:
    LOGINS.clear()
    target = Target(name="leaky", app=leaky(), framework="flask", protocol="wsgi", root=Path(__file__).parent)
    found = surface_of(target)
    ada = identity("a", "POST /login user=ada&password=pw")
    result = scan(found, transport(target, found), target="leaky", identities=(ada,))
    assert result.complete
    asking = [gap for gap in result.gaps if "asked for a login" in gap]
    assert asking == [] or ("/staff/" in asking[0] and asking[0].startswith("1 operation "))
    assert {f"GET /{name}" for name in "abcdef"}.isdisjoint(u.partition(" (")[0] for u in result.stats["unreached"])
    assert len(LOGINS) < 40
