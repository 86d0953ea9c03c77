"""What is particular to one framework: hooks, macros, names that the application has itself, engines made early."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import jinja2
import pytest
from flask import Flask, render_template, render_template_string

from hauberk import Policy, protect
from tests.integrations.driving import Visitor

NAMES = [name for name, _ in Policy.recommended().plan().constants(None)]
MACROS = {
    "page": '{% from "macros" import script %}{{ script(1) }}{{ script(2) }}',
    "macros": '{% macro script(n) %}<script nonce="{{ csp_nonce }}">{{ n }}</script>{% endmacro %}',
}


def flask_app() -> Flask:
    app = Flask(__name__)
    app.jinja_loader = jinja2.DictLoader(MACROS)
    app.add_url_rule("/", "home", lambda: render_template("page"))
    app.add_url_rule("/own", "own", lambda: render_template_string("{{ csp_nonce }}"))
    return app


@pytest.mark.parametrize("early", [True, False])
def test_flasks_imported_macros_see_the_nonce(early: bool) -> None:
    app = flask_app()
    if early:
        assert app.jinja_env.globals
    got = Visitor(protect(app), "wsgi").get("/")
    first, second = re.findall(r'nonce="([^"]+)"', got.body.decode())
    assert first == second
    assert f"'nonce-{first}'" in (got.one("content-security-policy") or "")


def test_flasks_own_context_processor_wins() -> None:
    app = flask_app()
    app.context_processor(lambda: {"csp_nonce": "mine"})
    assert Visitor(protect(app), "wsgi").get("/own").body == b"mine"


def test_flasks_options_for_templates_may_still_be_set() -> None:
    app = protect(flask_app())
    app.jinja_options = {"variable_start_string": "[[", "variable_end_string": "]]"}
    app.add_url_rule("/later", "later", lambda: render_template_string("[[ 1 + 1 ]]"))
    assert Visitor(app, "wsgi").get("/later").body == b"2"


def test_flasks_template_outside_of_a_request_has_no_nonce() -> None:
    app = protect(flask_app())
    with app.app_context():
        assert render_template_string("[{{ csp_nonce }}]") == "[]"


def test_quarts_imported_macros_see_the_nonce_and_its_own_names_win() -> None:
    from quart import Quart
    from quart import render_template as render

    app = Quart(__name__)
    app.jinja_loader = jinja2.DictLoader(MACROS | {"own": "{{ csp_nonce }}"})

    @app.get("/")
    async def home() -> str:
        return await render("page")

    @app.get("/own")
    async def own() -> str:
        return await render("own", csp_nonce="mine")

    visitor = Visitor(protect(app), "asgi")
    got = visitor.get("/")
    first, second = re.findall(r'nonce="([^"]+)"', got.body.decode())
    assert first == second
    assert f"'nonce-{first}'" in (got.one("content-security-policy") or "")
    assert visitor.get("/own").body == b"mine"


def test_litestars_hooks_run_before_the_header_is_finished() -> None:
    from litestar import Litestar, get
    from litestar.datastructures import MutableScopeHeaders

    seen: list[str] = []

    @get("/", media_type="text/plain", sync_to_thread=False)
    def home() -> str:
        return "home"

    async def hook(message: Any, scope: Any) -> None:
        seen.append(message["type"])
        if message["type"] == "http.response.start":
            headers = MutableScopeHeaders.from_message(message)
            headers.add("set-cookie", "late=1")
            headers["x-frame-options"] = "DENY"
            headers["x-powered-by"] = "Litestar"

    got = Visitor(protect(Litestar([home], before_send=[hook], openapi_config=None)), "asgi").get("/")
    assert got.all("set-cookie") == ["late=1; Secure; HttpOnly; SameSite=Lax"]
    assert got.one("x-frame-options") == "DENY"
    assert got.one("x-powered-by") is None
    assert all(got.one(name) for name in NAMES)
    assert seen == ["http.response.start", "http.response.body"]


def test_litestars_documents_and_errors() -> None:
    from litestar import Litestar, get
    from litestar.exceptions import NotAuthorizedException

    @get("/in", sync_to_thread=False)
    def closed() -> None:
        raise NotAuthorizedException("no")

    visitor = Visitor(protect(Litestar([closed])), "asgi")
    for target, status in (("/in", 401), ("/schema/openapi.json", 200), ("/schema", 200), ("/nothing", 404)):
        got = visitor.get(target)
        assert got.status == status
        assert all(got.one(name) for name in NAMES)


def test_quarts_page_for_developers_is_its_own() -> None:
    from quart import Quart

    app = protect(Quart(__name__))
    app.testing = True

    @app.get("/boom")
    async def boom() -> str:
        raise RuntimeError("hunter2")

    async def ask() -> None:
        client = app.test_client()
        assert (await client.get("/missing")).headers["X-Frame-Options"] == "SAMEORIGIN"
        page = await client.get("/boom")
        assert page.status_code == 500
        assert b"<h1>RuntimeError <span>hunter2</span></h1>" in await page.get_data()
        assert all(page.headers[name] for name in NAMES)

    asyncio.run(ask())
