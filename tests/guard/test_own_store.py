"""hauberk's own statements bind every value: what a request happens to hold is never taken for an attack on them."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

import hauberk
from hauberk import Guard, Sessions


@pytest.mark.parametrize("words", ["?1", "hauberk_records WHERE", "?1, ?2", "ends > ?", "SELECT"])
def test_a_session_in_sqlite_with_words_of_its_statements(tmp_path: Path, words: str) -> None:
    async def page(request: Request) -> PlainTextResponse:
        session = await hauberk.session(request)
        session["seen"] = session.get("seen", 0) + 1
        return PlainTextResponse(str(session["seen"]))

    app = hauberk.protect(
        Starlette(routes=[Route("/", page)]),
        sessions=Sessions(store=f"sqlite:///{tmp_path}/s.db"),
        guard=Guard(mode="block"),
    )
    with TestClient(app, base_url="https://localhost", headers={"sec-fetch-user": words}) as client:
        assert [client.get("/", params={"q": words}).text for _ in range(3)] == ["1", "2", "3"]
