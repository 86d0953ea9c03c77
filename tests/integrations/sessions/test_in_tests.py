"""What the tests of an application do with its session: `session_transaction()` and `test_request_context()`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import flask as f
import pytest
import quart as q

from hauberk import CookieSessions, Sessions, protect
from hauberk.integrations.sessions.flask import UnprotectedSessionError
from hauberk.stores.memory import MemoryStore

KINDS: dict[str, Callable[[], Sessions | CookieSessions]] = {
    "store": lambda: Sessions(store=MemoryStore()),
    "cookie": lambda: CookieSessions(keys=(b"k" * 32,)),
}
BASES = ["http://localhost", "https://app.example"]


def by_flask(sessions: Any, *, testing: bool = True) -> f.Flask:
    app = f.Flask(__name__)
    app.testing = testing
    app.add_url_rule("/", "index", lambda: f.jsonify(dict(f.session)))

    @app.get("/put")
    def put() -> str:
        f.session["n"] = f.session.get("n", 0) + 1
        return ""

    return protect(app, sessions=sessions, https=None, hosts=None)


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_test_of_flask_sets_and_reads_the_session(kind: str, base: str) -> None:
    with by_flask(KINDS[kind]()).test_client() as client:
        with client.session_transaction(base_url=base) as session:
            session["n"] = 1
            session["cart"] = ["a"]
        client.get("/put", base_url=base)
        assert client.get("/", base_url=base).json == {"n": 2, "cart": ["a"]}
        with client.session_transaction(base_url=base) as session:
            assert session["n"] == 2
            session["cart"].append("b")
        assert client.get("/", base_url=base).json == {"n": 2, "cart": ["a", "b"]}
        with client.session_transaction(base_url=base) as session:
            session.clear()
        assert client.get("/", base_url=base).json == {}


@pytest.mark.parametrize("kind", KINDS)
def test_a_test_of_quart_sets_and_reads_the_session(kind: str) -> None:
    app = q.Quart(__name__)
    app.testing = True

    @app.get("/")
    async def index() -> dict[str, Any]:
        return dict(q.session)

    protect(app, sessions=KINDS[kind](), https=None, hosts=None)

    async def run() -> None:
        client = app.test_client()
        for number in (1, 2):
            async with client.session_transaction() as session:
                session["n"] = session.get("n", 0) + 1
            got = await client.get("/")
            assert await got.get_json() == {"n": number}

    asyncio.run(run())


def test_a_handler_is_called_without_a_request() -> None:
    app = by_flask(KINDS["store"]())
    with app.test_request_context("/"):
        f.session["a"] = 1
        assert f.session["a"] == 1


def test_past_its_protection_it_says_why_there_is_none() -> None:
    app = by_flask(KINDS["store"](), testing=False)
    with app.test_request_context("/"):
        assert "a" not in f.session
        with pytest.raises(UnprotectedSessionError, match="past its protection"):
            f.session["a"] = 1
