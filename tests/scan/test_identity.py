"""Logging in where the answer holds a token."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask import Flask, request

from hauberk.scan import Operation, Parameter, Request, Response, Surface, WSGITransport, scan
from hauberk.scan.identity import bearer


@pytest.mark.parametrize(
    ("document", "found"),
    [
        ({"access_token": "abcdefgh.ij", "token_type": "bearer"}, "abcdefgh.ij"),
        ({"data": {"token": "abcdefghij"}}, "abcdefghij"),
        ({"auth_token": "abcdefghij", "status": "success"}, "abcdefghij"),
        ({"token": "with space in it"}, ""),
        ({"token": 12345678}, ""),
        ({"token": "short"}, ""),
        ([{"token": "abcdefghij"}], ""),
    ],
)
def test_where_the_token_is(document: object, found: str) -> None:
    assert bearer(Response(status=200, body=json.dumps(document).encode())) == found


def test_what_needs_the_token_is_reached() -> None:
    app = Flask("api")

    @app.post("/login")
    def login() -> Any:
        good = request.get_json() == {"user": "ada", "password": "pw"}
        return ({"access_token": "abcdefghijkl"}, 200) if good else ({}, 401)

    @app.get("/me")
    def me() -> Any:
        if request.headers.get("authorization") != "Bearer abcdefghijkl":
            return {}, 401
        return {"q": request.args.get("q")}

    surface = Surface.of(
        [Operation(method="GET", path="/me", parameters=(Parameter(name="q", place="query"),), source="routes")]
    )
    body = json.dumps({"user": "ada", "password": "pw"}).encode()
    given = Request(method="POST", target="/login", headers=(("content-type", "application/json"),), body=body)
    result = scan(surface, WSGITransport(app), target="api", login=[given])
    assert result.complete
    assert result.stats["operations"] == {"known": 1, "reached": 1, "attacked": 1}
    assert "abcdefghijkl" not in json.dumps([f.as_json() for f in result.findings])
