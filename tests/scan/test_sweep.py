"""One request for all inputs: what goes into it, what is learnt from it, and what is left of a value at a sink."""

import re
import sqlite3

import pytest
from flask import Flask, request

from hauberk.core.events import SinkEvent
from hauberk.integrations.surface.asked import watch
from hauberk.scan import Operation, Parameter, Surface, WSGITransport, scan
from hauberk.scan.messages import Request, Response
from hauberk.scan.oracles.sensor import remains, sensed
from hauberk.scan.surface import JSON
from hauberk.scan.sweep import groups, learnt, strict_first, swept_points, template
from hauberk.scan.trial import BASE64, Kit, Point, Shot, Trial, filled

WORD = "hbk0a1b2c3d"
VALUE = f"../{WORD}'\" {WORD}=1><{WORD}>)("


def operation(*parameters: Parameter, method: str = "POST", path: str = "/x") -> Operation:
    return Operation(method=method, path=path, parameters=parameters)


Q, F = Parameter(name="q", place="query"), Parameter(name="f", place="form")


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (f"SELECT '{VALUE}'", VALUE),
        (f"SELECT '{WORD}'\"'", f"{WORD}'\""),  # cut at a space
        (f"open {VALUE.upper()}", VALUE.upper()),
        (f"<{WORD}> alone", f"<{WORD}>"),
        ("nothing", ""),
    ],
)
def test_what_is_left_of_a_value(text: str, left: str) -> None:
    assert remains(text, VALUE, WORD) == left


@pytest.mark.parametrize(
    ("verdict", "text", "judged"),
    [("attack", WORD, "proof"), ("inert", WORD, "inert"), ("attack", "another's", None), ("unknown", WORD, None)],
)
def test_the_guards_own_verdict_counts_where_nobody_else_can_judge(verdict: str, text: str, judged: str | None) -> None:
    event = SinkEvent(kind="xpath", target="lxml", text=text, verdict=verdict, reason="because")  # type: ignore[arg-type]
    shot = Shot(value=VALUE, canary=WORD, request=Request(), response=Response(status=200, events=(event,)))
    point = Point(operation=operation(Q), parameter=Q)
    kit = Kit(origin="https://testserver", bait="/tmp/none", secret="-")
    said = sensed(Trial(point=point, template="", shot=shot, control=shot, kit=kit), frozenset({"xpath"}))
    assert (said if said in (None, "inert") else "proof") == judged


def test_names_are_inputs_too_and_places_are_guessed_only_from_outside() -> None:
    inside = [(p.parameter.key, p.is_name) for p in swept_points(operation(F), guess=False)]
    assert inside == [(("form", "f"), False), (("form", "f"), True)]
    outside = {p.parameter.key for p in swept_points(operation(F), guess=True)}
    assert outside == {("form", "f"), ("header", "referer"), ("header", "f"), ("cookie", "f")}


def test_what_was_seen_together_goes_together() -> None:
    one = Operation(
        method="GET",
        path="/",
        parameters=tuple(Parameter(name=n, place="query") for n in "abc"),
        together=(frozenset("ab"), frozenset("c")),
    )
    found = [sorted(p.parameter.name for p in group) for group in groups(one, swept_points(one, guess=False))]
    assert sorted(map(tuple, found)) == [("a", "a", "b", "b"), ("c", "c")]


def test_a_path_gets_no_slash() -> None:
    point = Point(operation=operation(path="/{id}"), parameter=Parameter(name="id", place="path"))
    assert "/" not in template(point)
    assert template(Point(operation=operation(Q), parameter=Q)).startswith("../")


@pytest.mark.parametrize(
    ("method", "reads", "learnt_"),
    [
        ("POST", [("form", "a"), ("query", "b")], {("form", "a"), ("query", "b")}),
        ("GET", [("form", "a"), ("query", "b")], {("query", "b")}),
        ("POST", [("json", "user"), ("json", "user.name")], {("json", "user.name")}),
        ("POST", [("header", "Host"), ("header", "X-Own"), ("form", WORD), ("form", "hauberk")], {("header", "x-own")}),
    ],
)
def test_what_is_learnt(method: str, reads: list[tuple[str, str]], learnt_: set[tuple[str, str]]) -> None:
    assert {p.key for p in learnt(operation(method=method), reads).parameters} == learnt_


def test_how_a_graphql_query_is_sent_is_no_input_of_its_fields() -> None:
    field = Operation(method="POST", path="/graphql", variant="mutation.login")
    reads = [
        ("query", "operationName"),
        ("json", "variables"),
        ("form", "query"),
        ("cookie", "env"),
        ("header", "x-key"),
    ]
    assert {p.key for p in learnt(field, reads).parameters} == {("cookie", "env"), ("header", "x-key")}


def test_a_json_body_is_learnt_as_json() -> None:
    assert learnt(operation(), [("json", "a")]).body == JSON


def test_values_in_base64() -> None:
    assert filled(f"{BASE64}csys\n{{c}}\n.", WORD) == "Y3N5cwpoYmswYTFiMmMzZAou"


def hidden() -> Flask:
    """Inputs that nobody can tell from outside: behind a helper, and the names of a form."""
    app = Flask("hidden")

    def asked(place: str, name: str) -> str:
        return str(getattr(getattr(request, place), "get")(name, ""))  # noqa: B009

    @app.post("/behind")
    def behind() -> str:
        eval(asked("form", "sum") or "0", {})
        return "x"

    @app.post("/names")
    def names() -> str:
        for name in request.form:
            if "on" in request.form.getlist(name):
                eval(name, {})
        return "x"

    @app.post("/kept")
    def kept() -> str:
        return str(len(asked("form", "sum")))

    return app


def test_inputs_that_only_running_shows_are_attacked_at_few_requests() -> None:
    from hauberk.guard import install
    from hauberk.integrations.surface import transport
    from hauberk.integrations.target import Target

    install()
    watch()
    app = hidden()
    from pathlib import Path

    target = Target(name="hidden", app=app, framework="flask", protocol="wsgi", root=Path.cwd())
    found = Surface.of(operation(path=path) for path in ("/behind", "/names", "/kept"))
    way = transport(target, found)
    assert isinstance(way, WSGITransport)
    result = scan(found, way, target="hidden")
    rows = {
        (f.rule.id, str(f.location).partition(" (/")[0]) for f in result.failures if f.rule.id == "scan.code-injection"
    }
    assert {location.partition(" form:")[0] for _, location in rows} == {"POST /behind", "POST /names"}
    assert result.stats["points"] >= 2


MAIL = Parameter(name="contact", place="form", schema={"format": "email"})
CHOICE = Parameter(name="size", place="form", schema={"enum": ["s", "m"]})


@pytest.mark.parametrize(
    ("parameters", "parts"),
    [
        ((F, Q), [["f", "q"]]),
        ((MAIL, F), [["contact"], ["f"]]),
        ((F, CHOICE, MAIL, Q), [["size", "contact"], ["f", "q"]]),
        ((MAIL,), [["contact"]]),
        ((), []),
    ],
)
def test_what_is_checked_goes_apart(parameters: tuple[Parameter, ...], parts: list[list[str]]) -> None:
    made = operation(*parameters)
    found = strict_first([Point(operation=made, parameter=p) for p in parameters])
    assert [[point.parameter.name for point in part] for part in found] == parts


def test_a_form_that_is_refused_for_one_field_with_success_is_tested_in_the_others() -> None:
    app = Flask("checked")

    @app.get("/")
    def home() -> str:
        form = "<form method=post action=/keep><input name=contact type=email><input name=text></form>"
        return f"<!DOCTYPE html><title>x</title>{form}"

    @app.post("/keep")
    def keep() -> str:
        if re.fullmatch(r"[\w.]+@[\w.]+", request.form.get("contact", "")) is None:
            return "<!DOCTYPE html><title>x</title>An address, please."
        sqlite3.connect(":memory:").execute(f"SELECT '{request.form['text']}'")
        return "kept"

    start = Surface.of([Operation(method="GET", path="/")])
    failures = scan(start, WSGITransport(app), target="checked").failures
    found = [str(f.location).partition(" (")[0] for f in failures if f.rule.id == "scan.sql-injection"]
    assert found == ["POST /keep form:text"]
