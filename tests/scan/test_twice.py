"""What says who one is goes in by itself, and what is asked for twice is answered twice."""

from typing import Any

import pytest
from flask import Flask, redirect, request

from hauberk.scan import Operation, Parameter, Surface, WSGITransport, scan
from hauberk.scan.messages import Request
from hauberk.scan.twice import repeated

FIELDS = (("content-type", "application/x-www-form-urlencoded"),)


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (["password", "password_again"], {"password_again": "password"}),
        (["password1", "password2"], {"password2": "password1"}),
        (["new_password", "confirm_new_password"], {"confirm_new_password": "new_password"}),
        (["email", "emailConfirm", "password"], {"emailConfirm": "email"}),
        (["pwd", "pwd2"], {"pwd2": "pwd"}),
        (["password", "retype-password"], {"retype-password": "password"}),
        (["old_password", "new_password"], {}),
        (["address1", "address2"], {}),
        (["check", "confirm"], {}),
        (["password_again"], {}),
        (["a", "b"], {}),
    ],
)
def test_what_repeats_what(names: list[str], found: dict[str, str]) -> None:
    said = repeated(Parameter(name=name, place="form") for name in names)
    assert {again: first for (_, again), (_, first) in said.items()} == found


def test_a_field_at_another_place_repeats_nothing() -> None:
    assert not repeated([Parameter(name="password", place="form"), Parameter(name="password2", place="query")])


def members(notes: list[str], passwords: list[str]) -> Flask:
    """Who somebody is stands in a cookie that every handler reads."""
    app = Flask("members")

    @app.before_request
    def who() -> Any:
        open_ = {"/login", "/", "/notes"}
        return None if request.cookies.get("who") == "ada" or request.path in open_ else redirect("/login")

    @app.post("/login")
    def login() -> Any:
        return "welcome", 200, {"set-cookie": "who=ada"}

    @app.get("/")
    def home() -> str:
        return "<p>hello</p>"

    @app.post("/notes/new")
    def write() -> str:
        notes.append(request.form.get("text", ""))
        return "kept"

    @app.get("/notes")
    def read() -> str:
        return "<ul>" + "".join(f"<li>{note}</li>" for note in notes[-20:]) + "</ul>"

    @app.post("/password")
    def change() -> str:
        if request.form.get("new") != request.form.get("new_again"):
            return "they differ"
        passwords.append(request.form.get("new", ""))
        return f"<p>{request.form.get('new')}</p>"

    return app


def test_the_cookie_of_the_login_is_not_changed_together_with_what_needs_it() -> None:
    notes: list[str] = []
    passwords: list[str] = []
    surface = Surface.of(
        [
            Operation(method="GET", path="/notes"),
            Operation(method="POST", path="/notes/new", parameters=(Parameter(name="text", place="form"),)),
            Operation(
                method="POST",
                path="/password",
                parameters=(Parameter(name="new", place="form"), Parameter(name="new_again", place="form")),
            ),
        ]
    )
    login = [Request(method="POST", target="/login", headers=FIELDS, body=b"name=ada&password=pw")]
    result = scan(surface, WSGITransport(members(notes, passwords)), target="members", login=login)
    places = [f.as_json() for f in result.failures if "xss" in f.rule.id]
    found = {(f["rule"], f["location"]["path"], f["location"]["parameter"]) for f in places}
    assert ("scan.stored-xss", "/notes/new", "text") in found
    assert ("scan.reflected-xss", "/password", "new") in found
    assert any("<hbk" in value for value in passwords)
