"""How far a scan goes by itself: as the administrator, as nobody at a logout, behind a login, with ids that exist."""

import sqlite3
from typing import Any

import pytest
from flask import Flask, Response, abort, redirect, request

from hauberk.core.finding import Result
from hauberk.scan import Operation, Parameter, Surface, WSGITransport, scan
from hauberk.scan.identities import Identity
from hauberk.scan.ids import Ids
from tests.scan.test_access import identity

HTML = "text/html; charset=utf-8"
WORDS = {"ada": "Ada-pass-1", "root": "Root-pass-1"}
PEOPLE = {
    role: identity(role, f"POST /login user={name}&password={WORDS[name]}")
    for role, name in (("a", "ada"), ("admin", "root"))
}
KEY = "k-7391"


def page(content: str) -> Response:
    return Response(f"<!DOCTYPE html><title>Shop</title>{content}", content_type=HTML)


def query(text: str, *, open_: bool) -> None:
    with sqlite3.connect(":memory:") as connection:
        if open_:
            connection.execute(f"SELECT '{text}'")
        else:
            connection.execute("SELECT ?", (text,))


def shop(*, open_: bool) -> Flask:
    """Somebody logs in with a cookie or a key; what is behind the login is linked from nowhere in front of it."""
    app = Flask("shop")
    left: list[tuple[str, str]] = []
    app.config["left"] = left

    def who() -> str:
        return "ada" if request.headers.get("X-Key") == KEY else request.cookies.get("session", "")

    @app.before_request
    def guard() -> Any:
        if request.path not in {"/", "/login", "/logout"} and who() not in WORDS:
            return redirect("/login")
        if request.path.startswith("/back") and who() != "root":
            abort(403)
        return None

    @app.get("/")
    def index() -> Response:
        return page("Nothing here")

    @app.post("/login")
    def login() -> Any:
        name = request.form.get("user", "")
        if WORDS.get(name) != request.form.get("password"):
            abort(401)
        answer = redirect("/home")
        answer.set_cookie("session", name)
        return answer

    @app.get("/home")
    def home() -> Response:
        return page('<a href="/orders/42">Order</a><a href="/back/office">Office</a>')

    @app.get("/orders/<int:order_id>")
    def order(order_id: int) -> Response:
        return page("An order") if order_id == 42 else abort(404)

    @app.post("/orders/<int:order_id>/note")
    def note(order_id: int) -> Response:
        if order_id != 42:
            abort(404)
        query(request.form.get("text", ""), open_=open_)
        return page("Noted")

    @app.get("/back/office")
    def office() -> Response:
        return page('<form action="/back/find" method="get"><input name="q"></form>')

    @app.get("/back/find")
    def find() -> Response:
        query(request.args.get("q", ""), open_=open_)
        return page("Found")

    @app.get("/logout")
    def logout() -> Any:
        to = request.args.get("next", "/")
        left.append((who(), to))
        return redirect(to if open_ or to == "/home" else "/")

    return app


Q = Parameter(name="text", place="form")
KNOWN = (
    Operation(method="GET", path="/"),
    Operation(method="GET", path="/orders/{order_id}"),
    Operation(method="POST", path="/orders/{order_id}/note", parameters=(Q,), body="application/x-www-form-urlencoded"),
    Operation(method="GET", path="/logout", parameters=(Parameter(name="next", place="query"),)),
)


def found(app: Flask, people: tuple[Identity, ...], known: tuple[Operation, ...] = KNOWN) -> set[tuple[str, str]]:
    result: Result = scan(Surface.of(known), WSGITransport(app), target="shop", identities=people)
    active = {"scan.sql-injection", "scan.open-redirect"}
    return {
        (f.rule.id.removeprefix("scan."), str(f.location).partition(" (")[0])
        for f in result.failures
        if f.rule.id in active
    }


BEHIND = ("sql-injection", "POST /orders/{order_id}/note form:text")
OFFICE = ("sql-injection", "GET /back/find query:q")
LEAVING = ("open-redirect", "GET /logout query:next")


@pytest.mark.parametrize(
    ("people", "holes"),
    [
        ((), {LEAVING}),
        ((PEOPLE["a"],), {LEAVING, BEHIND}),
        ((PEOPLE["a"], PEOPLE["admin"]), {LEAVING, BEHIND, OFFICE}),
        ((Identity(name="a", headers={"x-key": KEY}),), {LEAVING}),
        ((Identity(name="a", cookies={"session": "ada"}),), {LEAVING}),
    ],
    ids=["nobody", "a user", "and the administrator", "a key", "a cookie"],
)
@pytest.mark.parametrize("open_", [True, False])
def test_how_far_a_scan_goes(people: tuple[Identity, ...], holes: set[tuple[str, str]], open_: bool) -> None:
    assert found(shop(open_=open_), people) == (holes if open_ else set())


@pytest.mark.parametrize(
    "person", [Identity(name="a", headers={"x-key": KEY}), Identity(name="a", cookies={"session": "ada"})]
)
def test_who_has_a_key_or_a_cookie_is_inside_all_along(person: Identity) -> None:
    known = (*KNOWN, Operation(method="GET", path="/home"))
    assert BEHIND in found(shop(open_=True), (person,), known)


def test_nobody_is_logged_out() -> None:
    app = shop(open_=True)
    found(app, (PEOPLE["a"],))
    attacks = {name for name, to in app.config["left"] if "hbk" in to}
    assert attacks
    assert "ada" not in attacks


def operation(path: str, **examples: str) -> Operation:
    given = tuple(Parameter(name=name, place="path", example=value) for name, value in examples.items())
    return Operation(method="GET", path=path, parameters=given)


@pytest.mark.parametrize(
    ("path", "guessed", "values"),
    [
        ("/projects/{project_id}/upload", {"project_id": "1"}, {"project_id": "3"}),
        ("/projects/{project_id}/tasks/{task_id}/edit", {}, {"project_id": "5", "task_id": "21"}),
        ("/projects/{project_id}", {"project_id": "5"}, {"project_id": "5"}),
        ("/users/{id}/edit", {"id": "1"}, {"id": "8"}),
        ("/orders/{id}", {"id": "1"}, {"id": "1"}),
    ],
)
def test_ids_that_exist(path: str, guessed: dict[str, str], values: dict[str, str]) -> None:
    ids = Ids()
    ids.shown(operation("/projects/{project_id}"), {"project_id": "3"})
    ids.shown(operation("/projects/{project_id}/tasks/{task_id}"), {"project_id": "5", "task_id": "21"})
    ids.shown(operation("/users/{id}"), {"id": "8"})
    [made] = ids.put_into(Surface.of([operation(path, **guessed)])).operations
    assert {p.name: p.example for p in made.at("path")} == values
