"""`@override(guard=...)`: the guard of one route, class by class, in every framework; all other routes keep theirs."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from typing import Any, ClassVar, Literal
from urllib.parse import quote

import pytest

from hauberk import Guard, Policy, override, protect
from hauberk.guard.seen import SEEN
from tests.integrations.driving import Visitor

BASE = Policy(guard=Guard(mode="block"))
OFF = override(guard=Guard(mode="block", sql="off"), reason="a console for the owner of the database")
WATCHED = override(guard=Guard(mode="block", sql="observe"), reason="an old report")
NONE = override(guard=None, reason="the proxy does it")
STRICT = override(guard=Guard(mode="block"), reason="nobody may make a mistake here")
SQL = "x' or '1'='1"
PATH = "../../etc/hostname"


def answer(v: str) -> str:
    """A query that is put together, or a file that is opened: as the value is."""
    if ".." in v:
        try:
            with open("/srv/pages/" + v, encoding="utf-8") as file:
                return file.readline()
        except FileNotFoundError:
            return "no file"
    connection = sqlite3.connect(":memory:")
    try:
        return str(connection.execute(f"select 1 where 'a' = '{v}'").fetchall())
    finally:
        connection.close()


def flask(handlers: dict[str, Any]) -> Any:
    from flask import Flask, request

    app = Flask("overridden")
    for name, mark in handlers.items():

        def view() -> str:
            return answer(request.args["v"])

        app.add_url_rule(f"/{name}", name, mark(view))
    return app


def starlette(handlers: dict[str, Any]) -> Any:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import PlainTextResponse
    from starlette.routing import Route

    def made(mark: Any) -> Route:
        async def view(request: Request) -> PlainTextResponse:
            return PlainTextResponse(answer(request.query_params["v"]))

        return Route(f"/{mark[0]}", mark[1](view))

    return Starlette(routes=[made(item) for item in handlers.items()])


def fastapi(handlers: dict[str, Any]) -> Any:
    from fastapi import FastAPI

    app = FastAPI()
    for name, mark in handlers.items():

        def view(v: str) -> str:
            return answer(v)

        app.get(f"/{name}")(mark(view))
    return app


def plain(view: Any) -> Any:
    return view


HANDLERS = {"plain": plain, "off": OFF, "observed": WATCHED, "none": NONE}
ROWS: list[tuple[str, str, int, list[str]]] = [
    ("plain", SQL, 403, ["guard-blocked"]),
    ("plain", PATH, 403, ["guard-blocked"]),
    ("off", SQL, 200, []),
    ("off", PATH, 403, ["guard-blocked"]),
    ("observed", SQL, 200, ["guard-observed"]),
    ("observed", PATH, 403, ["guard-blocked"]),
    ("none", SQL, 200, []),
    ("none", PATH, 200, []),
    ("observed", "ada", 200, []),
]
FRAMEWORKS: list[tuple[Callable[[dict[str, Any]], Any], Literal["asgi", "wsgi"]]] = [
    (starlette, "asgi"),
    (fastapi, "asgi"),
    (flask, "wsgi"),
]


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    events = [record.hauberk["event"] for record in caplog.records if hasattr(record, "hauberk")]
    return [event for event in events if event.startswith("guard-")]


@pytest.mark.parametrize(("route", "value", "status", "events"), ROWS)
@pytest.mark.parametrize(("make", "protocol"), FRAMEWORKS)
def test_by_class_and_route(
    make: Any, protocol: Any, route: str, value: str, status: int, events: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    SEEN.clear()
    visitor = Visitor(protect(make(HANDLERS), BASE), protocol)
    assert visitor.get(f"/{route}?v={quote(value)}").status == status
    assert said(caplog) == events


@pytest.mark.parametrize(("make", "protocol"), FRAMEWORKS)
def test_a_stricter_guard_of_one_route(make: Any, protocol: Any) -> None:
    SEEN.clear()
    policy = Policy(guard=Guard(mode="observe"))
    visitor = Visitor(protect(make({"plain": plain, "strict": STRICT}), policy), protocol)
    assert [visitor.get(f"/{route}?v={quote(SQL)}").status for route in ("plain", "strict")] == [200, 403]


class Urls:
    """A URLconf: Django takes any object with this name."""

    urlpatterns: ClassVar[list[Any]] = []


@pytest.fixture
def django() -> Iterator[Any]:
    from tests.drivers import serve_django

    serve_django(Policy().plan())  # which configures Django, once a process
    from django.http import HttpRequest, HttpResponse
    from django.test import Client, override_settings
    from django.urls import path

    def made(mark: Any) -> Any:
        def view(request: HttpRequest) -> HttpResponse:
            return HttpResponse(answer(request.GET["v"]), content_type="text/plain")

        return mark(view)

    Urls.urlpatterns = [path(name, made(mark)) for name, mark in HANDLERS.items()]
    with override_settings(MIDDLEWARE=["hauberk.django.Shield"], ROOT_URLCONF=Urls, HAUBERK=BASE):
        yield Client(raise_request_exception=False)


@pytest.mark.parametrize(("route", "value", "status", "events"), ROWS)
def test_django(
    django: Any, route: str, value: str, status: int, events: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    SEEN.clear()
    assert django.get(f"/{route}", {"v": value}).status_code == status
    assert said(caplog) == events
