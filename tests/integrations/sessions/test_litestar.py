"""Litestar's own ways to replace a session and to end it are those of the policy's session."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from traceback import format_exception
from typing import Any

import litestar as ls
import pytest
from litestar.response import Stream

import hauberk
from hauberk import CookieSessions, Sessions, protect
from hauberk.core.errors import LateSessionError
from hauberk.core.plan import run_inline
from hauberk.stores.memory import MemoryStore
from tests.integrations.driving import Visitor

Request = ls.Request[Any, Any, Any]
DOING: list[Callable[[Request], object]] = []
"""What the next request's handler does."""


@dataclass
class Basket:
    apples: int


@ls.get("/do")
async def do(request: Request) -> str:
    DOING[0](request)
    return repr(dict(request.session) if isinstance(request.session, hauberk.Session) else "replaced")


@ls.get("/see")
async def see(request: Request) -> str:
    return f"{dict(request.session)} {hauberk.session(request).user}"


@ls.get("/late")
async def late(request: Request) -> Stream:
    async def parts() -> Any:
        yield "one"
        request.clear_session()
        yield "two"

    return Stream(parts())


def visitor(sessions: Any) -> Visitor:
    return Visitor(protect(ls.Litestar([do, see, late]), sessions=sessions), "asgi")


def does(who: Visitor, act: Callable[[Request], object]) -> None:
    DOING[:] = [act]
    assert who.get("/do").status == 200


def login(request: Request) -> None:
    request.session["a"] = [1]
    hauberk.session(request).login("ann")


@pytest.fixture(params=["memory", "sealed"])
def sessions(request: pytest.FixtureRequest) -> Sessions | CookieSessions:
    if request.param == "memory":
        return Sessions(store=MemoryStore())
    return CookieSessions(keys=(b"k" * 32,))


@pytest.mark.parametrize(
    ("act", "left"),
    [
        (lambda request: None, "{'a': [1]} ann"),
        (lambda request: request.set_session({"b": 2}), "{'b': 2} ann"),
        (lambda request: request.set_session({"a": [1], "b": 2}), "{'a': [1], 'b': 2} ann"),
        (lambda request: request.set_session(Basket(apples=3)), "{'apples': 3} ann"),
        (lambda request: request.set_session({}), "{} ann"),
        (lambda request: request.clear_session(), "{} None"),
        (lambda request: (request.clear_session(), request.set_session({"b": 2})), "{'b': 2} ann"),
    ],
)
def test_what_is_put_in_its_place_is_the_session(
    sessions: Sessions | CookieSessions, act: Callable[[Request], object], left: str
) -> None:
    who = visitor(sessions)
    does(who, login)
    does(who, act)
    assert who.get("/see").body.decode() == left
    assert not who.errors


def test_a_cleared_session_is_gone_from_the_store() -> None:
    store = MemoryStore()
    sessions = Sessions(store=store)
    who = visitor(sessions)
    does(who, login)
    kept = dict(who.cookies)
    assert len(run_inline(sessions.of("ann"))) == 1
    does(who, lambda request: request.clear_session())
    assert (who.cookies, run_inline(sessions.of("ann"))) == ({}, [])
    who.cookies = kept
    assert who.get("/see").body.decode() == "{} None"


def test_clearing_nothing_begins_nothing(sessions: Sessions | CookieSessions) -> None:
    who = visitor(sessions)
    does(who, lambda request: request.clear_session())
    assert who.cookies == {}


def test_too_late_for_the_cookie_is_an_error() -> None:
    who = visitor(CookieSessions(keys=(b"k" * 32,)))
    does(who, login)
    who.get("/late")
    (error,) = who.errors
    assert LateSessionError.__name__ in "".join(format_exception(error))


def test_a_stream_still_ends_one_on_the_server() -> None:
    who = visitor(Sessions(store=MemoryStore()))
    does(who, login)
    who.get("/late")
    assert (who.get("/see").body.decode(), who.errors) == ("{} None", [])
