"""Fields of an answer: an input that ends one begins another."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, quote

import pytest

from hauberk.core.exchange import Exchange
from hauberk.core.plan import Plan
from hauberk.guard import Guard
from tests.drivers import Answer, Serve, serve_asgi, serve_wsgi

BLOCK = Plan.of([Guard(mode="block")])


def echo(ex: Exchange) -> Answer:
    value = parse_qs(ex.query.decode(), keep_blank_values=True)["v"][0]
    return Answer(200, [("content-type", "text/plain"), ("x-name", f"name={value}")], b"")


@pytest.fixture(params=[serve_asgi, serve_wsgi])
def serve(request: pytest.FixtureRequest) -> Serve:
    """Django refuses such a field by itself."""
    serving: Serve = request.param
    return serving


def ask(serve: Serve, value: str, plan: Plan = BLOCK, app: Any = echo) -> int:
    return serve(plan, app, query="v=" + quote(value)).status


@pytest.mark.parametrize(
    "value", ["x\r\nset-cookie: a=b", "x\nset-cookie: a=b", "x\rlocation: //evil.example", "x\0y", "x\r\n\r\n<script>"]
)
def test_an_input_that_ends_the_field(serve: Serve, value: str) -> None:
    assert ask(serve, value) == 403
    assert ask(serve, value, Plan.of([Guard(mode="observe")])) == 200
    assert ask(serve, value, Plan.of([Guard(mode="block", header="off")])) == 200


def test_an_input_that_was_decoded_once_more(serve: Serve) -> None:
    def app(ex: Exchange) -> Answer:
        return Answer(200, [("x-name", "a\r\nset-cookie: b=c")], b"")

    assert ask(serve, "a%0d%0aset-cookie: b=c", app=app) == 403


@pytest.mark.parametrize("value", ["Ada", "a b\tc", "set-cookie: a=b", "50 % \\r\\n", "é", "\u00a0"])
def test_an_input_that_stays_in_the_field(serve: Serve, value: str) -> None:
    def app(ex: Exchange) -> Answer:
        text = parse_qs(ex.query.decode())["v"][0].encode().decode("latin-1")
        return Answer(200, [("content-type", "text/plain"), ("x-name", text)], b"")

    assert ask(serve, value, app=app) == 200


def test_line_breaks_in_an_input_that_is_in_no_field(serve: Serve) -> None:
    assert ask(serve, "one\ntwo", app=lambda ex: Answer(200, [("x-name", "one")], b"")) == 200


def test_a_break_of_the_application(serve: Serve) -> None:
    assert ask(serve, "two\nthree", app=lambda ex: Answer(200, [("x-name", "one\r\n fold")], b"")) == 200
