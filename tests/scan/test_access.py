"""Access control between people: exactly the planted holes of two applications, and nothing on their fixed twins."""

from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from hauberk.core.errors import ConfigurationError, InputError
from hauberk.core.finding import Result
from hauberk.integrations.surface import surface, transport
from hauberk.integrations.target import Target, detect
from hauberk.scan import scan
from hauberk.scan.access import alike, leaves, own_words
from hauberk.scan.checks.access import RULES
from hauberk.scan.checks.access.private_caching import shared
from hauberk.scan.identities import Identity, Person, read
from hauberk.scan.messages import Response
from hauberk.scan.surface import Operation, Parameter
from hauberk.scan.written import login_request
from tests.scan.apps import people_api, people_site

IDS = {rule.id for rule in RULES} | {"scan.user-enumeration"}
Rows = set[tuple[str, str]]


def identity(name: str, login: str) -> Identity:
    return Identity(name=name, login=(login_request(login),))


API = tuple(
    identity(role, f'POST /login {{"username": "{name}", "password": "{word}"}}')
    for role, (name, word) in zip(("a", "b", "admin"), people_api.USERS, strict=True)
)
SITE = (identity("a", "POST /login user=ada&password=Ada-pass-1"),)


def run(app: Any, identities: tuple[Identity, ...], **options: Any) -> Result:
    framework, protocol = detect(app)
    target = Target(name="people", app=app, framework=framework, protocol=protocol, root=Path.cwd())
    found = surface(target)
    if framework == "fastapi":  # its description does not say what needs a login: say it
        from dataclasses import replace

        secured = [replace(o, secured=o.path == "/account") for o in found.operations]
        found = replace(found, operations=tuple(secured))
    return scan(found, transport(target, found), target="people", identities=identities, **options)


def rows(result: Result) -> Rows:
    found = (f for f in result.failures if f.rule.id in IDS)
    return {(f.rule.id.removeprefix("scan."), str(f.location).partition(" (")[0]) for f in found}


def test_the_api_has_exactly_the_planted_holes() -> None:
    assert rows(run(people_api.make(open_=True), API, intrusive=True)) == people_api.HOLES


def test_the_mended_api_has_none() -> None:
    assert rows(run(people_api.make(open_=False), API, intrusive=True)) == set()


def test_the_site_has_exactly_the_planted_holes() -> None:
    assert rows(run(people_site.make(open_=True), SITE)) == people_site.HOLES


def test_the_mended_site_has_none() -> None:
    assert rows(run(people_site.make(open_=False), SITE)) == set()


def test_logins_are_not_hammered_unless_asked() -> None:
    assert ("no-rate-limit", "POST /login") not in rows(run(people_api.make(open_=True), API))


def test_everybody_keeps_his_password() -> None:
    app = people_api.make(open_=True)
    run(app, API)
    again = run(app, API)
    assert not [gap for gap in again.gaps if gap.startswith("Identity")]


def test_who_changes_his_password_from_elsewhere_still_logs_in() -> None:
    result = run(people_site.make(open_=True), SITE)
    assert ("csrf", "POST /password") in rows(result)
    assert not [gap for gap in result.gaps if gap.startswith("Identity")]


def test_findings_carry_request_and_control() -> None:
    result = run(people_api.make(open_=True), API)
    found = [f for f in result.failures if f.rule.id == "scan.bola"]
    assert found
    for one in found:
        assert {"request", "response", "control", "reason"} <= set(one.evidence)
        assert one.evidence["request"]["headers"]["authorization"] == "Bearer (hidden)"


def test_a_login_that_fails_is_a_gap() -> None:
    wrong = (identity("a", 'POST /login {"username": "ada", "password": "no"}'), API[1])
    result = run(people_api.make(open_=True), wrong)
    assert any(gap.startswith("Identity a: The login POST /login was answered 401") for gap in result.gaps)
    assert any("Access between users was not tried" in gap for gap in result.gaps)


FILE = """
[identities.a]
login = ["POST /login user=ada&password=x"]
owns = ["7"]

[identities.b]
headers = {Authorization = "Bearer t"}
logged_out = "Please log in"
"""


def test_identities_are_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "who.toml"
    path.write_text(FILE)
    a, b = read(path)
    assert (a.name, a.login[0].path, a.owns) == ("a", "/login", ("7",))
    assert (b.headers, b.logged_out) == ({"authorization": "Bearer t"}, "Please log in")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "names no identity"),
        ("[identities.c]\nlogin=['POST /l a=b']", "is no role"),
        ("[identities.a]\nlogins=['POST /l a=b']", "is no field"),
        ("[identities.a]\nowns=['x']", "does not say how it logs in"),
        ("[identities.a]\ncookies={s='1'}\nlogged_out='('", "is no regular expression"),
        ("[identities", "can't be read"),
    ],
)
def test_a_file_that_is_wrong_says_what(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "who.toml"
    path.write_text(text)
    with pytest.raises((ConfigurationError, InputError), match=said):
        read(path)


@pytest.mark.parametrize(
    ("parameter", "leaf", "same"),
    [
        ("book_title", "title", True),
        ("id", "user_id", True),
        ("noteId", "note_id", True),
        ("username", "username", True),
        ("username", "email", False),
        ("id", "", False),
    ],
)
def test_which_values_fit_a_path(parameter: str, leaf: str, same: bool) -> None:
    assert alike(parameter, leaf) is same


@pytest.mark.parametrize(
    ("login", "kept"),
    [
        ("user=ada&password=pw", {"username": "ada", "new_password": "pw"}),
        ("login=ada@mail.example&pw=x", {"username": "ada@mail.example", "email": "ada@mail.example"}),
    ],
)
def test_what_an_account_changes_leaves_its_login_as_it_is(login: str, kept: dict[str, str]) -> None:
    fields = tuple(Parameter(name=name, place="form") for name in ("username", "email", "new_password", "about"))
    person = Person(identity("a", f"POST /login {login}"), None, {})  # type: ignore[arg-type]
    found = own_words(person, Operation(method="POST", path="/me", parameters=fields))
    assert {name: value for (_, name), value in found.items()} == kept


def test_leaves_of_a_document() -> None:
    assert list(leaves({"a": [{"b": 1}], "c": None})) == [("a[].b", 1), ("c", None)]


def test_every_rule_has_a_module_of_its_own() -> None:
    names = {rule.id.removeprefix("scan.").replace("-", "_") for rule in RULES} - {"no_rate_limit"}
    for name in names:
        assert import_module(f"hauberk.scan.checks.access.{name}").RULE.cwe


def cached(caching: str, vary: str) -> Any:
    """Pages that say who is logged in, one that is the same for all, and one that changes at every look."""
    from itertools import count

    from flask import Flask, abort, request

    app, looks = Flask("cached"), count()

    @app.get("/hello")
    def hello() -> str:
        return "Hello Ada" if "user" in request.cookies else "Hello stranger"

    @app.get("/mine")
    def mine() -> str:
        if "user" not in request.cookies:
            abort(403)
        return f"Yours, number {next(looks)}"

    @app.get("/style")
    def style() -> str:
        return "p { color: red }"

    @app.get("/clock")
    def clock() -> str:
        return f"{next(looks)}"

    @app.after_request
    def send(response: Any) -> Any:
        response.headers["Cache-Control"] = caching
        response.headers.pop("Vary", None)
        if vary:
            response.headers["Vary"] = vary
        return response

    return app


@pytest.mark.parametrize(
    ("caching", "vary", "faulty"),
    [
        ("public, max-age=600", "", True),
        ("max-age=600", "Accept-Encoding", True),
        ("no-store", "", False),
        ("private, max-age=600", "", False),
        ("public, max-age=600", "Accept, Cookie", False),
    ],
)
def test_private_answers_in_shared_caches(caching: str, vary: str, faulty: bool) -> None:
    """Only those that depend on who asks: neither what is the same for all nor what is never the same."""
    found = rows(run(cached(caching, vary), (Identity(name="a", cookies={"user": "ada"}),)))
    assert found == ({("private-caching", "GET /hello"), ("private-caching", "GET /mine")} if faulty else set())


@pytest.mark.parametrize(
    ("field", "by_token", "kept"),
    [
        ("max-age=600", False, True),
        ("max-age=600", True, False),
        ("public", True, True),
        ("max-age=600, must-revalidate", True, True),
        ("max-age=600, s-maxage=0", False, False),
        ("s-maxage=60, max-age=0", False, True),
        ("public, No-Store", False, False),
        ("", False, False),
    ],
)
def test_what_a_shared_cache_may_keep(field: str, by_token: bool, kept: bool) -> None:
    assert bool(shared(Response(status=200, headers=(("cache-control", field),)), by_token=by_token)) is kept


def two_doors(*, working: bool) -> Any:
    """A site with a logout of its own, and one of another part of it that its users are not logged in to."""
    from flask import Flask, abort, redirect, request

    app, sessions = Flask("doors"), {"ada"}

    @app.before_request
    def login() -> None:
        if request.path == "/login":
            sessions.add("ada")

    @app.post("/login")
    def enter() -> Any:
        answer = redirect("/mine")
        answer.set_cookie("session", "ada", samesite="Lax")
        return answer

    @app.get("/mine")
    def mine() -> str:
        return "yours" if request.cookies.get("session") in sessions else abort(401)

    @app.get("/staff/logout")
    def other() -> Any:
        return redirect("/staff/login")

    if working:

        @app.get("/logout")
        def leave() -> str:
            sessions.discard("ada")
            return "bye"

    return app


@pytest.mark.parametrize("working", [True, False])
def test_a_logout_that_logs_nobody_out_counts_where_there_is_no_other(working: bool) -> None:
    found = rows(run(two_doors(working=working), SITE))
    assert {row for row in found if row[0] == "logout"} == (set() if working else {("logout", "GET /staff/logout")})
