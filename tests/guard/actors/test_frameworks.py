"""Paths without a handler, as each framework's router knows them; logins; users."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

import hauberk
from hauberk import Actors, Policy, Secrets, Sessions, Throttle
from hauberk.stores import open_store
from tests.drivers import Answer, serve_django
from tests.integrations.driving import Visitor

WATCHED = Actors(threshold=3)


def starlette() -> Any:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import PlainTextResponse, Response
    from starlette.routing import Route

    async def user(request: Request) -> Response:
        return PlainTextResponse("no such user", 404 if request.path_params["id"] != "1" else 200)

    return Starlette(routes=[Route("/users/{id}", user)])


def flask() -> Any:
    from flask import Flask, abort

    app = Flask("missing")

    @app.get("/users/<id>")
    def user(id: str) -> str:
        if id != "1":
            abort(404)
        return "ada"

    return app


class Site:
    """Statuses of an application's answers to one address."""

    def __init__(self, make: Any) -> None:
        app = hauberk.protect(make(), Policy(actors=WATCHED))
        self.visitor = Visitor(app, "wsgi" if make is flask else "asgi")

    def ask(self, path: str, **headers: str) -> int:
        return self.visitor.get(path, **headers).status


@pytest.mark.parametrize("make", [starlette, flask])
def test_a_record_that_is_not_there_is_no_probe(make: Any) -> None:
    site = Site(make)
    assert [site.ask(f"/users/{n}") for n in range(2, 9)] == [404] * 7
    assert site.ask("/users/1") == 200


@pytest.mark.parametrize("make", [starlette, flask])
def test_paths_without_a_handler_are_counted(make: Any) -> None:
    site = Site(make)
    assert [site.ask(f"/nothing{n}") for n in range(3)] == [404] * 3
    assert site.ask("/users/1") == 403


@pytest.mark.parametrize("make", [starlette, flask])
@pytest.mark.parametrize(
    "headers",
    [{"sec_fetch_site": "same-origin"}, {"referer": "https://shop.example/page"}],
    ids=["fetch metadata", "referer"],
)
def test_but_not_where_a_page_of_the_site_led_there(make: Any, headers: dict[str, str]) -> None:
    site = Site(make)
    assert [site.ask(f"/nothing{n}", **headers) for n in range(6)] == [404] * 6
    assert site.ask("/users/1") == 200


def test_failed_logins_count_against_the_address() -> None:
    throttle = Throttle(store=open_store("memory://"), secrets=Secrets.ephemeral(), account=None)
    plan = Policy(actors=Actors(threshold=9)).plan()

    def login(ex: Any) -> Answer:
        attempt = throttle.check_sync("ada", ex.client)
        attempt.failed_sync()
        return Answer(401)

    assert [serve_django(plan, login).status for _ in range(3)] == [401] * 3
    assert serve_django(plan, login).status == 403


def test_a_user_answers_for_himself_wherever_he_is() -> None:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import PlainTextResponse, Response
    from starlette.routing import Route
    from starlette.testclient import TestClient

    async def login(request: Request) -> Response:
        hauberk.session(request).login("mallory")
        return PlainTextResponse("in")

    async def home(request: Request) -> Response:
        await hauberk.session(request)
        return PlainTextResponse(hauberk.session(request).user or "nobody")

    routes = [Route("/login", login), Route("/", home)]
    policy = Policy(actors=Actors(by=frozenset({"user"}), honeypots=("/trap",)), sessions=Sessions(store="memory://"))
    app: Any = hauberk.protect(Starlette(routes=routes), policy)

    def client(address: str) -> TestClient:
        return TestClient(app, base_url="https://testserver", client=(address, 1))

    one = client("198.51.100.1")
    one.get("/login")
    assert one.get("/").text == "mallory"
    # Not known at the trap, where nobody looks into the session: the address answers.
    table = app.__hauberk__.plan.on_request[0].__self__._table
    table.hold("user:mallory", 60, "by hand")
    assert one.get("/").status_code == 403
    other = client("198.51.100.2")
    assert other.get("/").text == "nobody"
    other.cookies.update(one.cookies)
    assert other.get("/").status_code == 403


def test_nothing_of_it_needs_an_event_loop() -> None:
    with pytest.raises(RuntimeError):
        asyncio.get_running_loop()
    assert serve_django(Policy(actors=Actors()).plan()).status == 200
