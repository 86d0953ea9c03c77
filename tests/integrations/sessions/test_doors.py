"""One session behind each framework's own door."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import litestar as ls
import pytest
from fastapi import FastAPI, Request

import hauberk
from hauberk import Sessions, protect
from hauberk.stores.memory import MemoryStore


def starlette(sessions: Sessions) -> Callable[[str], Any]:
    from starlette.applications import Starlette
    from starlette.responses import JSONResponse
    from starlette.routing import Route
    from starlette.testclient import TestClient

    def sync(request: Request) -> JSONResponse:
        request.session["n"] = request.session.get("n", 0) + 1
        return JSONResponse(request.session["n"])

    async def waits(request: Request) -> JSONResponse:
        session = await hauberk.session(request)
        session["n"] = session.get("n", 0) + 1
        return JSONResponse(session["n"])

    async def login(request: Request) -> JSONResponse:
        hauberk.session(request).login("ann")
        return JSONResponse(hauberk.session(request).user)

    async def logout(request: Request) -> JSONResponse:
        hauberk.session(request).logout()
        return JSONResponse("bye")

    async def nothing(request: Request) -> JSONResponse:
        return JSONResponse("nothing")

    handlers = {"/sync": sync, "/wait": waits, "/login": login, "/logout": logout, "/nothing": nothing}
    app = protect(Starlette(routes=[Route(path, handler) for path, handler in handlers.items()]), sessions=sessions)
    return TestClient(app, base_url="https://testserver").get


def fastapi(sessions: Sessions) -> Callable[[str], Any]:
    from fastapi.testclient import TestClient

    app = FastAPI()

    @app.get("/sync")
    def sync(request: Request) -> int:
        request.session["n"] = request.session.get("n", 0) + 1
        return int(request.session["n"])

    @app.get("/wait")
    async def waits(request: Request) -> int:
        session = await hauberk.session(request)
        session["n"] = session.get("n", 0) + 1
        return int(session["n"])

    @app.get("/login")
    async def login(request: Request) -> str | None:
        hauberk.session(request).login("ann")
        return hauberk.session(request).user

    @app.get("/logout")
    async def logout(request: Request) -> str:
        hauberk.session(request).logout()
        return "bye"

    @app.get("/nothing")
    async def nothing() -> str:
        return "nothing"

    return TestClient(protect(app, sessions=sessions), base_url="https://testserver").get


def by_litestar(sessions: Sessions) -> Callable[[str], Any]:
    from litestar.testing import TestClient

    @ls.get("/sync", sync_to_thread=True)
    def sync(request: ls.Request[Any, Any, Any]) -> int:
        session = hauberk.session(request)
        session["n"] = session.get("n", 0) + 1
        return int(session["n"])

    @ls.get("/wait")
    async def waits(request: ls.Request[Any, Any, Any]) -> int:
        request.session["n"] = request.session.get("n", 0) + 1
        return int(request.session["n"])

    @ls.get("/login")
    async def login(request: ls.Request[Any, Any, Any]) -> list[str | None]:
        hauberk.session(request).login("ann")
        return [hauberk.session(request).user]

    @ls.get("/logout")
    async def logout(request: ls.Request[Any, Any, Any]) -> list[str]:
        hauberk.session(request).logout()
        return ["bye"]

    @ls.get("/nothing")
    async def nothing() -> list[str]:
        return ["nothing"]

    app = protect(ls.Litestar([sync, waits, login, logout, nothing]), sessions=sessions)
    return TestClient(app, base_url="https://testserver.local").get


def flask(sessions: Sessions) -> Callable[[str], Any]:
    import flask as f

    app = f.Flask(__name__)

    def count() -> Any:
        f.session["n"] = f.session.get("n", 0) + 1
        f.session.modified = True
        return f.jsonify(f.session["n"])

    def login() -> Any:
        hauberk.session(f.request).login("ann")
        return f.jsonify(hauberk.session(f.request).user)

    def logout() -> Any:
        hauberk.session(f.request).logout()
        return f.jsonify("bye")

    app.add_url_rule("/sync", "sync", count)
    app.add_url_rule("/wait", "wait", count)
    app.add_url_rule("/login", "login", login)
    app.add_url_rule("/logout", "logout", logout)
    app.add_url_rule("/nothing", "nothing", lambda: f.jsonify("nothing"))
    client = protect(app, sessions=sessions).test_client()
    return lambda path: client.get(path, base_url="https://testserver")


FRAMEWORKS = {"starlette": starlette, "fastapi": fastapi, "litestar": by_litestar, "flask": flask}


class Counting(MemoryStore):
    """A store that counts what it is asked."""

    calls = 0

    async def load(self, key: str) -> Any:
        self.calls += 1
        return await super().load(key)

    async def save(self, *args: Any, **options: Any) -> bool:
        self.calls += 1
        return await super().save(*args, **options)


@pytest.mark.parametrize("name", FRAMEWORKS)
def test_one_session_behind_every_door(name: str) -> None:
    store = Counting()
    get = FRAMEWORKS[name](Sessions(store=store))

    def json(path: str) -> Any:
        got = get(path)
        assert got.status_code == 200, got.text
        return got.json() if callable(getattr(got, "json", None)) else got.json

    assert "set-cookie" not in get("/nothing").headers
    assert store.calls == 0
    assert [json("/sync"), json("/wait"), json("/sync")] == [1, 2, 3]
    before = store.calls
    json("/nothing")
    assert store.calls == before
    assert json("/login") in ("ann", ["ann"])  # Litestar answers a bare text as it is
    assert json("/wait") == 4
    json("/logout")
    assert json("/sync") == 1
