"""Names of header fields are inputs of code that goes through all of them, and of no other."""

from __future__ import annotations

import sqlite3
import subprocess
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, request
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from hauberk.core.finding import Result
from hauberk.integrations.surface import surface, transport
from hauberk.integrations.target import Target
from hauberk.scan import scan

USUAL = {"host", "user-agent", "accept", "content-type", "content-length", "cookie", "origin", "referer"}


def logged(name: str) -> str:
    sqlite3.connect(":memory:").execute(f"SELECT '{name}'").fetchall()
    return "ok"


def logged_safe(name: str) -> str:
    sqlite3.connect(":memory:").execute("SELECT ?", (name,)).fetchall()
    return "ok"


def said(name: str) -> str:
    subprocess.run(f"echo {name}", shell=True, capture_output=True, check=False)
    return "ok"


def said_safe(name: str) -> str:
    subprocess.run(["echo", name], capture_output=True, check=False)
    return "ok"


def flask_app() -> Flask:
    app = Flask("fields")

    def first() -> str:
        return next((name for name, _ in request.headers if name.lower() not in USUAL), "none")

    for path, use in (("/sql", logged), ("/sql-safe", logged_safe), ("/shell", said), ("/shell-safe", said_safe)):
        app.add_url_rule(path, path, lambda use=use: use(first()))
    app.add_url_rule("/named", "named", lambda: logged(request.headers.get("X-Trace", "none").replace("'", "")))
    return app


def starlette_app() -> Starlette:
    async def every(request: Request) -> PlainTextResponse:
        names = [name for name, _ in request.headers.items() if name not in USUAL]
        return PlainTextResponse("".join(map(logged, names)))

    async def every_safe(request: Request) -> PlainTextResponse:
        return PlainTextResponse("".join(map(logged_safe, request.headers.keys())))

    return Starlette(routes=[Route("/sql", every), Route("/sql-safe", every_safe)])


def run(app: Any, framework: Any, protocol: Any) -> Result:
    target = Target(name="fields", app=app, framework=framework, protocol=protocol, root=Path(__file__).parent)
    found = surface(target)
    return scan(found, transport(target, found), target="fields:app")


@pytest.mark.parametrize(
    ("app", "framework", "protocol", "holes"),
    [
        (flask_app(), "flask", "wsgi", {("scan.sql-injection", "/sql"), ("scan.command-injection", "/shell")}),
        (starlette_app(), "starlette", "asgi", {("scan.sql-injection", "/sql")}),
    ],
    ids=["flask", "starlette"],
)
def test_exactly_the_holes(app: Any, framework: str, protocol: str, holes: set[tuple[str, str]]) -> None:
    found = [f.as_json() for f in run(app, framework, protocol).failures if f.rule.id.endswith("-injection")]
    assert {(f["rule"], f["location"]["path"]) for f in found} == holes
    assert {(f["location"]["in"], f["location"]["parameter"]) for f in found} == {("header", "any (name)")}


def test_it_costs_nothing_where_nobody_goes_through_them() -> None:
    app, asked = Flask("plain"), [0]

    @app.get("/plain")
    def plain() -> str:
        asked[0] += any("hbk" in name.lower() and "hauberk" not in name.lower() for name in dict(request.environ))
        return request.headers.get("X-Trace", "")

    run(app, "flask", "wsgi")
    assert asked == [0]
