"""Ground truth, both sides, through Flask and an ASGI application: each hole is one, and behind the guard it is none.

What is sound answers the same with attack text as it does without the guard, and so does everything to ordinary text.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, unquote

import pytest

from hauberk.adapters.asgi import ASGIShield
from hauberk.adapters.wsgi import WSGIShield
from hauberk.core.plan import Plan
from hauberk.guard import Guard
from hauberk.guard.seen import SEEN
from hauberk.guard.sinks import pages
from tests.guard.holes import HOLES, SOURCES, Hole, Reply

BLOCK = Plan.of([Guard(mode="block")])
NEEDS = {"xpath": "lxml", "ldap": "ldap3"}
Ask = Callable[[str, str, str, str], Reply]
"""Class, kind (`open`, `sound`), source and value, to what a client sees."""


def value_of(source: str, query: Any, form: Any, body: bytes, cookies: Any, headers: Any) -> str:
    if source == "json":
        return str(json.loads(body)["v"])
    if source == "cookie":
        return unquote(cookies["v"])
    return str({"query": query, "form": form}.get(source, {"v": headers.get("x-v")})["v"])


def request_of(source: str, value: str) -> dict[str, Any]:
    return {
        "query": {"query": {"v": value}},
        "form": {"data": {"v": value}},
        "json": {"json": {"v": value}},
        "cookie": {"headers": {"cookie": f"v={quote(value)}"}},
        "header": {"headers": {"x-v": value}},
    }[source]


def in_flask(plan: Plan | None) -> Ask:
    from flask import Flask, Response, request

    app = Flask("holes")
    app.testing = True

    @app.post("/<name>/<kind>/<source>")
    def hole(name: str, kind: str, source: str) -> Response:
        body = b"" if source == "form" else request.get_data()
        value = value_of(source, request.args, request.form, body, request.cookies, request.headers)
        status, headers, text = getattr(HOLES[name], kind)(value)
        return Response(text, status, headers)

    if plan is not None:
        app.wsgi_app = WSGIShield(app.wsgi_app, plan)  # type: ignore[method-assign]
    client = app.test_client(use_cookies=False)

    def ask(name: str, kind: str, source: str, value: str) -> Reply:
        sent = request_of(source, value)
        if "query" in sent:
            sent["query_string"] = sent.pop("query")
        got = client.post(f"/{name}/{kind}/{source}", **sent)
        return got.status_code, [(k.lower(), v) for k, v in got.headers.items()], got.get_data(as_text=True)

    return ask


def in_starlette(plan: Plan | None) -> Ask:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route
    from starlette.testclient import TestClient

    async def hole(request: Request) -> Response:
        name, kind, source = (request.path_params[part] for part in ("name", "kind", "source"))
        body = await request.body()
        form = await request.form() if source == "form" else {}
        value = value_of(source, request.query_params, form, body, request.cookies, request.headers)
        status, headers, text = getattr(HOLES[name], kind)(value)
        return Response(text, status, dict(headers))

    app: Any = Starlette(routes=[Route("/{name}/{kind}/{source}", hole, methods=["POST"])])
    client = TestClient(app if plan is None else ASGIShield(app, plan), follow_redirects=False)

    def ask(name: str, kind: str, source: str, value: str) -> Reply:
        sent = request_of(source, value)
        if "query" in sent:
            sent["params"] = sent.pop("query")
        got = client.post(f"/{name}/{kind}/{source}", **sent)
        return got.status_code, list(got.headers.items()), got.text

    return ask


@pytest.fixture(params=[in_flask, in_starlette])
def make(request: pytest.FixtureRequest) -> Callable[[Plan | None], Ask]:
    SEEN.clear()
    pages.KNOWN.clear()
    made: Callable[[Plan | None], Ask] = request.param
    return made


def tried(ask: Ask, name: str, kind: str, source: str, value: str) -> Reply:
    """What comes back; an error of the handler is an answer as well."""
    try:
        status, headers, text = ask(name, kind, source, value)
    except Exception as error:
        return 500, [], type(error).__name__
    return status, [(k, v) for k, v in headers if k in {"location", "content-type"}], text


CASES = [(name, source) for name, hole in HOLES.items() for source in SOURCES if hole.headers or source != "header"]


@pytest.mark.parametrize(("name", "source"), CASES)
def test_an_attack_works_bare_and_not_behind_the_guard(make: Any, name: str, source: str) -> None:
    pytest.importorskip(NEEDS.get(name, "json"))
    hole, bare, guarded = HOLES[name], make(None), make(BLOCK)
    if name == "log":
        pytest.skip("a record is seen by another test, below")
    for attack in hole.attacks:
        assert hole.worked(tried(bare, name, "open", source, attack)), attack
        answer = tried(guarded, name, "open", source, attack)
        assert not hole.worked(answer), attack
        assert answer[0] == 403, attack


@pytest.mark.parametrize(("name", "source"), CASES)
def test_what_is_sound_answers_attack_text_as_before(make: Any, name: str, source: str) -> None:
    pytest.importorskip(NEEDS.get(name, "json"))
    bare, guarded = make(None), make(BLOCK)
    for attack in HOLES[name].attacks:
        assert tried(guarded, name, "sound", source, attack) == tried(bare, name, "sound", source, attack), attack


@pytest.mark.parametrize("kind", ["open", "sound"])
@pytest.mark.parametrize(("name", "source"), CASES)
def test_ordinary_text_is_answered_as_before(make: Any, name: str, source: str, kind: str) -> None:
    pytest.importorskip(NEEDS.get(name, "json"))
    bare, guarded = make(None), make(BLOCK)
    for value in HOLES[name].benign:
        before = tried(bare, name, kind, source, value)
        assert tried(guarded, name, kind, source, value) == before, value
        assert before[0] != 403


def test_lines_of_the_log(make: Any, caplog: pytest.LogCaptureFixture) -> None:
    hole: Hole = HOLES["log"]
    for plan, broken in ((None, True), (BLOCK, False)):
        caplog.clear()
        with caplog.at_level(logging.WARNING, "holes"):
            for attack in hole.attacks:
                assert tried(make(plan), "log", "open", "query", attack)[0] == 200
        said = [record.getMessage() for record in caplog.records if record.name == "holes"]
        assert [("\n" in text) for text in said] == [broken] * len(hole.attacks)
