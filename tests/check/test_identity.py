"""A class is what it does, or whose it is; never what it is called."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.check.conftest import Judge

APP = """
import os
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.sessions import SessionMiddleware


class {name}:
    def __init__(self, app, **options):
        self.app = app

    async def __call__(self, scope, receive, send):
        {body}
        await self.app(scope, receive, send)


app = Starlette(middleware=[
    Middleware({name}{options}),
    Middleware(SessionMiddleware, secret_key=os.urandom(32).hex()),
])
"""
LOOKS = 'assert dict(scope["headers"]).get(b"origin") != b"null"'
STOPS = 'await send({"type": "http.response.start", "status": 429, "headers": []})'
COUNTS = 'assert int(dict(scope["headers"]).get(b"content-length", 0)) < 1000'


@pytest.mark.parametrize(
    ("name", "rule", "body", "options", "passes"),
    [
        ("CSRFMiddleware", "csrf-off", "pass", "", False),
        ("CSRFMiddleware", "csrf-off", LOOKS, "", True),
        ("OriginCheck", "csrf-off", LOOKS, "", True),
        ("TrustedHostMiddleware", "hosts", "pass", ', allowed_hosts=["shop.example"]', False),
        ("HTTPSRedirectMiddleware", "https-redirect", "pass", "", False),
        ("RateLimitMiddleware", "rate-limit", "pass", "", False),
        ("RateLimitMiddleware", "rate-limit", STOPS, "", True),
        ("LimitBodySize", "body-limit", "pass", ", max_body_size=1000", False),
        ("LimitBodySize", "body-limit", COUNTS, ", max_body_size=1000", True),
    ],
)
def test_own_middleware_counts_by_what_it_does(
    judge: Judge, name: str, rule: str, body: str, options: str, *, passes: bool
) -> None:
    judged = judge(APP.replace("{name}", name).replace("{body}", body).replace("{options}", options))
    assert (rule in judged.passed) is passes


def test_a_class_that_is_made_of_a_known_one_is_known(judge: Judge) -> None:
    source = APP.replace("{name}", "Own").replace("{body}", "pass").replace("{options}", "")
    derived = source.replace("class Own:", "class Own(CORSMiddleware):").replace(
        "Middleware(Own)", 'Middleware(Own, allow_origins=["*"])'
    )
    assert [one.origins for one in judge(derived).facts.cors or ()] == [("*",)]
