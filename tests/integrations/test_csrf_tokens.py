"""Tokens that a handler takes for its scripts: one for every form, or for one form alone."""

from __future__ import annotations

import json

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route

import hauberk
from hauberk import CSRF, Policy, protect
from tests.integrations.driving import Visitor

KEYS = (b"k" * 32,)


async def tokens(request: Request) -> JSONResponse:
    made = {
        "any": hauberk.csrf_token(request),
        "a": hauberk.csrf_token(request, "/a"),
        "a by name": hauberk.csrf_token(request, action="/a", method="POST"),
        "delete a": hauberk.csrf_token(request, "/a", "DELETE"),
    }
    return JSONResponse(made)


async def changed(request: Request) -> PlainTextResponse:
    return PlainTextResponse("changed")


@pytest.mark.parametrize(
    ("per_form", "token", "method", "path", "status"),
    [
        (False, "any", "POST", "/a", 200),
        (False, "any", "DELETE", "/b", 200),
        (False, "a", "POST", "/a", 200),
        (False, "a", "POST", "/b", 403),
        (True, "any", "POST", "/a", 403),
        (True, "a", "POST", "/a", 200),
        (True, "a by name", "POST", "/a", 200),
        (True, "a", "POST", "/b", 403),
        (True, "a", "DELETE", "/a", 403),
        (True, "delete a", "DELETE", "/a", 200),
        (True, "delete a", "POST", "/a", 403),
    ],
)
def test_a_script_sends_what_a_handler_gave_it(per_form: bool, token: str, method: str, path: str, status: int) -> None:
    routes = [Route("/", tokens), Route("/{path}", changed, methods=["POST", "DELETE"])]
    policy = Policy(csrf=CSRF(mode="strict", per_form=per_form, keys=KEYS))
    who = Visitor(protect(Starlette(routes=routes), policy), "asgi")
    given = json.loads(who.get("/").body)
    assert who.request(method, path, x_csrf_token=given[token]).status == status
