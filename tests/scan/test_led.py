"""What links lead to is meant to be seen: a topic is in no list of topics, but on the page of its board."""

from __future__ import annotations

import itertools
import secrets
from html import escape
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, abort, redirect, request, session

from hauberk.core.finding import Result
from hauberk.integrations.surface import surface, transport
from hauberk.integrations.target import Target
from hauberk.scan import scan
from tests.scan.test_lasting import PASSWORDS, PEOPLE


def board(*, members: bool, private: bool) -> Flask:
    """Topics below boards. `members`: only who is logged in reads any. `private`: a board shows each his own alone."""
    app, numbers = Flask("board"), itertools.count(2)
    app.secret_key = secrets.token_bytes(16)
    topics: dict[int, tuple[str, str]] = {1: ("ada", "Welcome to all")}

    def page(content: str) -> str:
        return f"<!DOCTYPE html><title>board</title><a href=/boards>boards</a><a href=/new>new</a>{content}"

    def shut() -> bool:
        return members and "user" not in session

    @app.get("/")
    def home() -> str:
        return page("<a href=/login>in</a>")

    @app.get("/login")
    def form() -> str:
        return page("<form method=post><input name=user><input name=password type=password></form>")

    @app.post("/login")
    def enter() -> Any:
        if PASSWORDS.get(request.form.get("user", ""), "-") != request.form.get("password"):
            abort(401)
        session["user"] = request.form["user"]
        return redirect("/")

    @app.get("/boards")
    def boards() -> Any:
        return redirect("/login") if shut() else page("<a href=/board/7>the board</a>")

    @app.get("/board/<int:board_id>")
    def one(board_id: int) -> Any:
        if shut():
            return redirect("/login")
        if board_id != 7:
            abort(404)
        his = {n: text for n, (owner, text) in topics.items() if not private or owner == session.get("user")}
        return page("".join(f"<a href=/topic/{number}>{escape(text)}</a>" for number, text in his.items()))

    @app.get("/topic/<int:topic_id>")
    def topic(topic_id: int) -> Any:
        if shut():
            return redirect("/login")
        if topic_id not in topics:
            abort(404)
        return page(f"<p>{escape(topics[topic_id][1])}")

    @app.get("/new")
    def blank() -> Any:
        return page("<form method=post><input name=text></form>") if "user" in session else redirect("/login")

    @app.post("/new")
    def add() -> Any:
        if "user" not in session:
            return redirect("/login")
        topics[number := next(numbers)] = (session["user"], request.form.get("text", ""))
        return redirect(f"/topic/{number}")

    return app


def judged(app: Flask) -> Result:
    target = Target(name="board", app=app, framework="flask", protocol="wsgi", root=Path(__file__).parent)
    found = surface(target)
    return scan(found, transport(target, found), target="board", identities=PEOPLE, login=PEOPLE[0].login)


@pytest.mark.parametrize(
    ("members", "private", "found"),
    [
        (False, False, set[str]()),
        (True, False, set[str]()),
        (False, True, {"scan.missing-authentication"}),
        (True, True, {"scan.bola"}),
    ],
)
def test_a_topic_that_a_board_shows_is_nobodys_secret(members: bool, private: bool, found: set[str]) -> None:
    result = judged(board(members=members, private=private))
    rules = {f.rule.id for f in result.failures if f.location.as_json().get("path") == "/topic/{topic_id}"}
    assert rules & {"scan.bola", "scan.missing-authentication"} == found
