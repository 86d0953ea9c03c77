"""Failures: the page, the hook, and what must never leak or get lost."""

from __future__ import annotations

import asyncio
import json
import logging
from contextlib import nullcontext
from importlib import import_module
from typing import Any

import pytest

from hauberk import Policy, protect
from hauberk.core.errors import BusyError, ConfigurationError, StoreError
from hauberk.core.exchange import Exchange, Reply
from hauberk.core.plan import Plan
from hauberk.shield.failures import Failures
from hauberk.shield.headers import ContentTypeOptions
from tests.drivers import Answer, Serve, serve_asgi, serve_wsgi

HTML = [("accept", "text/html")]


def failing(error: Exception) -> Any:
    def app(ex: Exchange) -> Answer:
        raise error

    return app


@pytest.fixture(params=[serve_asgi, serve_wsgi], ids=["asgi", "wsgi"])
def quiet(request: pytest.FixtureRequest) -> Serve:
    """Django's own handler answers its errors before they reach us."""
    serve: Serve = request.param
    return serve


def test_a_problem_detail_with_an_id_that_the_log_has_too(quiet: Serve, caplog: pytest.LogCaptureFixture) -> None:
    got = quiet(Plan.of([Failures(), ContentTypeOptions()]), failing(ValueError("secret 4711")))
    problem = json.loads(got.body)
    assert (got.status, problem["title"], "4711" in got.body.decode()) == (500, "Internal Server Error", False)
    assert got.one("x-content-type-options") == "nosniff"
    (record,) = [r for r in caplog.records if problem["error_id"] in r.getMessage()]
    assert record.exc_info is not None
    assert "4711" in str(record.exc_info[1])


async def page_later(ex: Exchange, number: str) -> str:
    return f"<h1>Sorry: {number}</h1>"


@pytest.mark.parametrize(
    ("page", "status"),
    [
        (lambda ex, number: f"<h1>Sorry: {number}</h1>", 500),
        (lambda ex, number: f"<h1>Sorry: {number}</h1>".encode(), 500),
        (lambda ex, number: Reply(503, f"Sorry: {number}".encode()), 503),
        (page_later, 500),
    ],
)
def test_the_applications_own_page_for_people(quiet: Serve, page: Any, status: int) -> None:
    plan = Plan.of([Failures(page=page)])
    got = quiet(plan, failing(ValueError("x")), headers=HTML)
    assert (got.status, b"Sorry: " in got.body) == (status, True)
    assert json.loads(quiet(plan, failing(ValueError("x"))).body)["status"] == 500


def test_a_page_that_fails_gives_way_and_both_errors_are_logged(quiet: Serve, caplog: pytest.LogCaptureFixture) -> None:
    def page(ex: Exchange, number: str) -> str:
        raise KeyError("template")

    got = quiet(Plan.of([Failures(page=page)]), failing(ValueError("first")), headers=HTML)
    assert json.loads(got.body)["status"] == 500
    assert {"first", "'template'"} <= {str(r.exc_info[1]) for r in caplog.records if r.exc_info}


def test_hooks_are_told_and_may_fail(quiet: Serve, caplog: pytest.LogCaptureFixture) -> None:
    told: list[tuple[str, str]] = []

    async def hook(ex: Exchange, error: Exception, number: str) -> None:
        told.append((str(error), number))
        raise RuntimeError("the pager is down")

    got = quiet(Plan.of([Failures(on_error=hook)]), failing(ValueError("first")))
    assert told == [("first", json.loads(got.body)["error_id"])]
    assert "the pager is down" in caplog.text


@pytest.mark.parametrize(
    ("error", "wait"),
    [(BusyError("passwords", 7), "7"), (StoreError("valkey://store.example", "timeout", "no answer"), "5")],
)
def test_what_is_over_soon_is_503_with_a_time(quiet: Serve, error: Exception, wait: str) -> None:
    got = quiet(Plan.of([Failures()]), failing(error))
    assert (got.status, got.one("retry-after"), "valkey" in got.body.decode()) == (503, wait, False)


OUTAGES = [BusyError("passwords", 7), StoreError("valkey://store.example", "timeout", "no answer")]


@pytest.mark.parametrize("page", ["<h1>Sorry</h1>", b"<h1>Sorry</h1>"])
def test_a_page_of_your_own_says_as_well_that_it_is_over_soon(quiet: Serve, page: str | bytes) -> None:
    plan = Plan.of([Failures(page=lambda ex, number: page)])
    got = quiet(plan, failing(OUTAGES[0]), headers=HTML)
    assert (got.status, got.one("retry-after"), got.body) == (503, "7", b"<h1>Sorry</h1>")
    got = quiet(plan, failing(ValueError("x")), headers=HTML)
    assert (got.status, got.one("retry-after")) == (500, None)


@pytest.mark.parametrize("framework", ["asgi", "starlette"])
@pytest.mark.parametrize(
    ("error", "late", "heard"),
    [
        (OUTAGES[0], False, False),
        (OUTAGES[1], False, False),
        (ValueError("x"), False, True),
        (OUTAGES[0], True, True),  # what was begun must not look whole
        (ValueError("x"), True, True),
    ],
)
def test_an_asgi_server_hears_of_errors_and_not_of_outages(
    framework: str, error: Exception, late: bool, heard: bool
) -> None:
    sent: list[Any] = []

    async def bare(scope: Any, receive: Any, send: Any) -> None:
        if late:
            await send({"type": "http.response.start", "status": 200, "headers": []})
        raise error

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    policy = Policy(failures=Failures())
    app: Any = bare
    if framework == "starlette":
        starlette: Any = import_module("starlette.applications")
        app = starlette.Starlette()
        app.router.default = bare
    protected = protect(app, policy)
    scope = {"type": "http", "method": "GET", "path": "/", "raw_path": b"/", "query_string": b"", "headers": []}
    with pytest.raises(type(error)) if heard else nullcontext():
        asyncio.run(protected(scope, receive, send))
    assert sent[0]["status"] == (200 if late else 500 if heard else 503)
    assert (sent[-1]["type"] == "http.response.body") is not late


def test_a_group_of_errors_is_one_error(quiet: Serve, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        got = quiet(Plan.of([Failures()]), failing(ExceptionGroup("several", [ValueError("a"), KeyError("b")])))
    assert got.status == 500


@pytest.mark.parametrize("field", ["page", "on_error"])
def test_bad_options_name_the_field(field: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"Failures\.{field}"):
        Failures(**{field: "error.html"})  # type: ignore[arg-type]


@pytest.mark.parametrize("status", [204, 304])
def test_answers_without_a_body_have_no_length(serve: Serve, status: int) -> None:
    from hauberk.core.plan import Steps

    class Answering:
        def steps(self) -> Steps:
            return Steps(on_request=lambda ex: Reply(status, b"", ()))

    assert serve(Plan.of([Answering()])).one("content-length") is None


def test_a_flood_of_logins_does_not_fill_the_log_with_traces(quiet: Serve, caplog: pytest.LogCaptureFixture) -> None:
    quiet(Plan.of([Failures()]), failing(BusyError("passwords", 7)))
    (line,) = [record for record in caplog.records if "busy" in record.getMessage()]
    assert (line.levelname, line.exc_info) == ("WARNING", None)
