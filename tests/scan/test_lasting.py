"""The login lasts as long as the scan: what ends the session is noticed, left for last, and not taken for a refusal."""

from __future__ import annotations

import secrets
from html import escape
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, Response, redirect, request

from hauberk.core.finding import Result
from hauberk.integrations.surface import surface, transport
from hauberk.integrations.target import Target
from hauberk.scan import Operation, Surface, renewal, scan
from hauberk.scan.site import site as place
from tests.scan.test_access import identity
from tests.scan.test_outside import served

PASSWORDS = {"ada": "Ada-pass-1", "bob": "Bob-pass-1"}
PEOPLE = tuple(
    identity(name, f"POST /login user={user}&password={PASSWORDS[user]}") for name, user in (("a", "ada"), ("b", "bob"))
)


def house(*, ends: str = "", bound: str = "", hole: bool = True, most: int = 20) -> Flask:
    """Rooms for who is logged in, a wing for administrators, and a hole in the last room.

    `ends`: how GET /greet/<word> ends the session, "cookie" (it takes the cookie away as well), "server", or not.
    `bound`: to whom sends another User-Agent, the rooms are shut ("shut"), or the session ends ("ends").
    No more than `most` logins are let in, as where passwords are guarded against guessing.
    """
    app, users, logins = Flask("house"), dict[str, tuple[str, str]](), count()
    app.config["LOGINS"] = logins

    def agent() -> str:
        return request.headers.get("User-Agent", "")

    def who() -> str:
        user, his = users.get(request.cookies.get("session", ""), ("", ""))
        if user and bound and his != agent():
            if bound == "ends":
                users.pop(request.cookies["session"], None)
            return ""
        return user

    @app.get("/")
    def home() -> str:
        rooms = "".join(f"<a href=/room/{number}>room</a>" for number in range(3))
        return f"<!DOCTYPE html><title>home</title><a href=/login>in</a><a href=/greet/you>hello</a>{rooms}"

    for number in range(12):

        def wing() -> Any:
            return redirect("/staff/login")

        app.add_url_rule(f"/administration/{number}", f"wing{number}", wing)

    @app.get("/greet/<word>")
    def greet(word: str) -> Response:
        answer = Response(f"<!DOCTYPE html><title>hello</title><p>{escape(word)}", content_type="text/html")
        if ends:
            users.pop(request.cookies.get("session", ""), None)
        if ends == "cookie" and "session" in request.cookies:
            answer.delete_cookie("session")
        return answer

    @app.get("/login")
    def form() -> str:
        return "<!DOCTYPE html><form method=post><input name=user><input name=password type=password></form>"

    @app.post("/login")
    def enter() -> Any:
        user = request.form.get("user", "")
        if PASSWORDS.get(user, "-") != request.form.get("password") or next(logins) >= most:
            return form()
        answer = redirect("/mine")
        users[key := secrets.token_urlsafe(16)] = (user, agent())
        answer.set_cookie("session", key, httponly=True, samesite="Lax")
        return answer

    @app.get("/mine")
    def mine() -> Any:
        return f"<!DOCTYPE html><title>mine</title><p>{who()}" if who() else redirect("/login")

    @app.get("/room/<int:number>")
    def room(number: int) -> Any:
        said = request.args.get("said", "")
        text = said if hole else escape(said)
        form = "<form><input name=said></form>"
        return f"<!DOCTYPE html><title>room {number}</title>{form}<p>{text}" if who() else redirect("/login")

    return app


def inside(app: Flask, people: Any = PEOPLE[:1]) -> Result:
    target = Target(name="house", app=app, framework="flask", protocol="wsgi", root=Path(__file__).parent)
    found = surface(target)
    return scan(found, transport(target, found), target="house", identities=people, login=people[0].login)


def outside(app: Flask, people: Any = PEOPLE[:1]) -> Result:
    with served(app) as url:
        paths = ("/", *(f"/administration/{number}" for number in range(12)), "/mine")
        known = Surface.of([Operation(method="GET", path=path, source="crawl") for path in paths])
        return scan(known, place(url).transport(timeout=5), target=url, identities=people, login=people[0].login)


def xss(result: Result) -> set[str]:
    found = (f.location.as_json() for f in result.failures if f.rule.id == "scan.reflected-xss")
    return {str(place["path"]).rpartition("/")[0] + "/" for place in found}


@pytest.mark.parametrize("judge", [inside, outside])
@pytest.mark.parametrize("hole", [False, True], ids=["closed", "hole"])
@pytest.mark.parametrize("ends", ["", "cookie", "server"])
def test_what_ends_the_session_comes_last(judge: Any, ends: str, hole: bool) -> None:
    result = judge(house(ends=ends, hole=hole))
    assert xss(result) == ({"/room/"} if hole else set())
    late = [gap for gap in result.gaps if gap.startswith("Attacked last")]
    assert bool(late) == bool(ends)
    assert all("GET /greet/" in gap and "/room" not in gap for gap in late)
    assert result.complete


@pytest.mark.parametrize("people", [PEOPLE[:1], PEOPLE], ids=["one", "two"])
def test_pages_that_refuse_every_user_cost_no_logins(people: Any) -> None:
    app = house()
    assert inside(app, people).complete
    assert next(app.config["LOGINS"]) <= 7 * len(people)


def test_a_login_that_is_not_got_back_is_told() -> None:
    result = inside(house(ends="server", most=4))
    assert not result.complete
    assert any("was refused. What came after was scanned without a login." in gap for gap in result.gaps)


def test_a_login_that_is_lost_for_ever_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(renewal, "MOST_AGAIN", 1)
    result = inside(house(ends="server"))
    assert not result.complete
    assert any("lost on the way more than 1 times" in gap for gap in result.gaps)


@pytest.mark.parametrize(("bound", "told"), [("", False), ("shut", False), ("ends", True)])
def test_a_session_that_is_bound_to_a_field(bound: str, told: bool) -> None:
    result = inside(house(bound=bound))
    assert xss(result) == {"/room/"}
    assert result.complete
    assert any("another value ends the session: the header user-agent" in gap for gap in result.gaps) is told
