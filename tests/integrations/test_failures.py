"""An error that nobody handled: the policy's answer in place of a framework's bare page, never in place of its own."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from typing import Any

import pytest

import hauberk
from hauberk import Failures, Policy
from hauberk.core.exchange import Exchange
from tests.integrations import apps
from tests.integrations.driving import Visitor

EVERY = pytest.mark.parametrize("framework", apps.FRAMEWORKS, ids=lambda framework: framework.name)


def logged(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    return [record for record in caplog.records if record.name == "hauberk" and "unhandled" in record.message]


@EVERY
def test_a_problem_detail_with_the_id_of_the_log(framework: apps.Framework, caplog: pytest.LogCaptureFixture) -> None:
    got = Visitor(hauberk.protect(framework.make()), framework.protocol).get("/boom")
    assert (got.status, got.one("content-type")) == (500, "application/problem+json")
    problem = json.loads(got.body)
    assert set(problem) == {"type", "title", "status", "error_id"}
    (line,) = logged(caplog)
    assert problem["error_id"] in line.message
    assert line.exc_info is not None
    assert "hunter2" in str(line.exc_info[1])
    assert got.one("x-content-type-options") == "nosniff"


@EVERY
def test_hooks_are_awaited_and_people_get_the_page(framework: apps.Framework) -> None:
    told: list[tuple[str, str]] = []

    async def tell(ex: Exchange, error: Exception, number: str) -> None:
        told.append((type(error).__name__, number))

    async def page(ex: Exchange, number: str) -> str:
        return f"<h1>Sorry {number}</h1>"

    app = hauberk.protect(framework.make(), failures=Failures(page=page, on_error=tell))
    got = Visitor(app, framework.protocol).get("/boom", accept="text/html")
    ((name, number),) = told
    assert name == "RuntimeError"
    assert got.one("content-type") == "text/html; charset=utf-8"
    assert got.body.decode() == f"<h1>Sorry {number}</h1>"


@EVERY
def test_without_the_feature_the_frameworks_page_stays(framework: apps.Framework) -> None:
    bare = Visitor(framework.make(), framework.protocol).get("/boom")
    got = Visitor(hauberk.protect(framework.make(), failures=None), framework.protocol).get("/boom")
    assert (got.status, got.body) == (bare.status, bare.body)


def own_fastapi() -> Any:
    from fastapi import FastAPI, Request
    from fastapi.responses import PlainTextResponse

    app = FastAPI()

    @app.get("/boom")
    def boom() -> None:
        raise RuntimeError("hunter2")

    def install() -> None:
        @app.exception_handler(500)
        async def handler(request: Request, error: Exception) -> PlainTextResponse:
            return PlainTextResponse(f"own {hauberk.error_id(request)}", 500)

    return app, install


def own_flask() -> Any:
    from flask import Flask, request

    app = Flask("own")

    @app.get("/boom")
    def boom() -> str:
        raise RuntimeError("hunter2")

    def install() -> None:
        @app.errorhandler(500)
        def handler(error: Exception) -> tuple[str, int]:
            return f"own {hauberk.error_id(request)}", 500

    return app, install


def own_quart() -> Any:
    from quart import Quart, request

    app = Quart("own")

    @app.get("/boom")
    async def boom() -> str:
        raise RuntimeError("hunter2")

    def install() -> None:
        @app.errorhandler(500)
        async def handler(error: Exception) -> tuple[str, int]:
            return f"own {hauberk.error_id(request)}", 500

    return app, install


@pytest.mark.parametrize("make", [own_fastapi, own_flask, own_quart])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_page_of_the_applications_own_wins_and_can_name_the_error(
    make: Any, when: str, caplog: pytest.LogCaptureFixture
) -> None:
    app, install = make()
    if when == "before":
        install()
    hauberk.protect(app)
    if when == "after":
        install()
    got = Visitor(app, "wsgi" if make is own_flask else "asgi").get("/boom")
    own, number = got.body.decode().split()
    assert (got.status, own) == (500, "own")
    (line,) = logged(caplog)
    assert number in line.message


def test_litestar_keeps_what_was_raised_on_purpose() -> None:
    from litestar import Litestar, get
    from litestar.exceptions import HTTPException, NotFoundException

    @get("/full", sync_to_thread=False)
    def full() -> str:
        raise HTTPException(status_code=500, detail="the disk is full")

    @get("/gone", sync_to_thread=False)
    def gone() -> str:
        raise NotFoundException(detail="gone")

    bare = Visitor(Litestar([full, gone]), "asgi")
    visitor = Visitor(hauberk.protect(Litestar([full, gone])), "asgi")
    for path in ("/full", "/gone"):
        assert visitor.get(path).body == bare.get(path).body


@pytest.mark.parametrize("name", ["fastapi", "litestar"])
def test_a_debug_page_is_left_alone(name: str) -> None:
    got = Visitor(hauberk.protect(debugged(name)), "asgi").get("/boom", accept="text/html")
    assert b"hunter2" in got.body


def debugged(name: str) -> Any:
    if name == "fastapi":
        from fastapi import FastAPI

        app = FastAPI(debug=True)

        @app.get("/boom")
        def boom() -> None:
            raise RuntimeError("hunter2")

        return app
    from litestar import Litestar, get

    @get("/boom", sync_to_thread=False)
    def boom_too() -> str:
        raise RuntimeError("hunter2")

    return Litestar([boom_too], debug=True, logging_config=None)


def test_what_tests_want_to_see_is_raised() -> None:
    app, _ = own_flask()
    app.testing = True
    with pytest.raises(RuntimeError, match="hunter2"):
        Visitor(hauberk.protect(app), "wsgi").get("/boom")


def test_quarts_own_page_for_tests_is_left_alone() -> None:
    app, _ = own_quart()
    app.testing = True
    assert b"hunter2" in Visitor(hauberk.protect(app), "asgi").get("/boom").body


DJANGO = """
import asyncio, json, logging, sys
from django.conf import settings
settings.configure(DEBUG={debug}, SECRET_KEY="k" * 50, ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, MIDDLEWARE=[],
                   LOGGING_CONFIG=None)
import django
django.setup()
from django.http import HttpResponse
from django.urls import path
def boom(request):
    raise RuntimeError("hunter2")
async def async_boom(request):
    raise RuntimeError("hunter2")
def own(request):
    import hauberk
    return HttpResponse("own " + hauberk.error_id(request), status=500)
if {own}:
    handler500 = own
urlpatterns = [path("boom", boom), path("async_boom", async_boom)]
import hauberk
from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application
from django.test import AsyncClient, Client
class Lines(logging.Handler):
    def emit(self, record):
        if "unhandled" in record.getMessage():
            lines.append(record.getMessage())
lines = []
logging.getLogger("hauberk").addHandler(Lines())
if {waits}:
    hauberk.protect(get_asgi_application())
    got = asyncio.run(AsyncClient(raise_request_exception=False).get("/async_boom"))
else:
    hauberk.protect(get_wsgi_application())
    got = Client(raise_request_exception=False).get("/boom")
print(json.dumps([got.status_code, got.headers["content-type"], got.content.decode(), lines]))
"""


def django(*, own: bool = False, debug: bool = False, waits: bool = False) -> tuple[int, str, str, list[str]]:
    source = DJANGO.format(own=own, debug=debug, waits=waits)
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True, timeout=60)
    status, kind, body, lines = json.loads(done.stdout)
    return status, kind, body, lines


@pytest.mark.parametrize("waits", [False, True])
def test_django(waits: bool) -> None:
    status, kind, body, (line,) = django(waits=waits)
    assert (status, kind) == (500, "application/problem+json")
    assert json.loads(body)["error_id"] in line


@pytest.mark.parametrize("waits", [False, True])
def test_djangos_own_handler_wins(waits: bool) -> None:
    status, _, body, (line,) = django(own=True, waits=waits)
    own, number = body.split()
    assert (status, own) == (500, "own")
    assert number in line


def test_djangos_debug_page_is_left_alone() -> None:
    status, _, body, lines = django(debug=True)
    assert (status, lines) == (500, [])
    assert "hunter2" in body


def test_two_requests_have_two_ids() -> None:
    framework = apps.FRAMEWORKS[0]
    visitor = Visitor(hauberk.protect(framework.make(), Policy.recommended()), framework.protocol)
    first, second = (json.loads(visitor.get("/boom").body)["error_id"] for _ in range(2))
    assert first != second
