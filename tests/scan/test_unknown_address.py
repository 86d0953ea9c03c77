"""The page for an address that is not there, where it is made of the address; beside pages that only repeat it."""

from __future__ import annotations

import html
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from flask import Blueprint, Flask, render_template_string, request

from hauberk.core.finding import Result
from hauberk.integrations.surface import surface, transport
from hauberk.integrations.target import Target
from hauberk.scan import scan
from hauberk.scan.surface import Operation, Surface
from tests.scan.test_outside import run, served

PAGE = "<!DOCTYPE html><title>Not here</title><p>{}"
ESCAPED = PAGE.format("{{ address }}")


def application(kind: str) -> Flask:
    app = Flask(kind)

    @app.get("/")
    def home() -> str:
        return "<!DOCTYPE html><title>Home</title><a href='/search?q=1'>search</a>"

    @app.get("/search")
    def search() -> str:
        return html.escape(request.args.get("q", ""))

    if kind == "catch-all":

        @app.get("/<path:name>")
        def every(name: str) -> str:
            return html.escape(name)

    @app.errorhandler(404)
    def missing(error: Exception) -> Any:
        match kind:
            case "template":  # the classic: a template built of the address
                return render_template_string(PAGE.format(html.escape(request.path))), 404
            case "template of the query":
                return render_template_string(PAGE.format(html.escape(unquote(request.query_string.decode())))), 404
            case "markup":
                return PAGE.format(request.path), 404
            case "escaped":
                return render_template_string(ESCAPED, address=request.url), 404
            case "plain":
                return f"no {request.path}", 404, {"content-type": "text/plain", "x-content-type-options": "nosniff"}
            case "redirect":
                return "", 302, {"location": f"/?from={html.escape(request.path)}"}
        return "not here", 404

    return app


HOLES = {
    "template": ("scan.template-injection", "path", "unknown"),
    "markup": ("scan.reflected-xss", "path", "unknown"),
}
TWINS = ("escaped", "plain", "redirect", "silent", "catch-all")
RULES = {"scan.template-injection", "scan.reflected-xss", "scan.open-redirect", "scan.header-injection"}


def inside(app: Flask) -> Result:
    target = Target(name="app", app=app, framework="flask", protocol="wsgi", root=Path(__file__).parent)
    found = surface(target)
    return scan(found, transport(target, found), target="app")


def rows(result: Result) -> set[tuple[str, str, str]]:
    found = [f.as_json() for f in result.failures if f.rule.id in RULES]
    assert all(f["location"]["path"] == "/{unknown}" for f in found)
    return {(f["rule"], f["location"]["in"], f["location"]["parameter"]) for f in found}


@pytest.mark.parametrize("kind", HOLES)
def test_in_process(kind: str) -> None:
    assert HOLES[kind] in rows(inside(application(kind)))


@pytest.mark.parametrize("kind", HOLES)
def test_from_outside(kind: str) -> None:
    with served(application(kind)) as url:
        assert HOLES[kind] in rows(run(url))


def test_the_query_of_the_address() -> None:
    app = application("template of the query")
    assert ("scan.template-injection", "query", "hauberk") in rows(inside(app))


@pytest.mark.parametrize("kind", TWINS)
def test_a_twin_in_process(kind: str) -> None:
    assert rows(inside(application(kind))) == set()


@pytest.mark.parametrize("kind", TWINS)
def test_a_twin_from_outside(kind: str) -> None:
    with served(application(kind)) as url:
        assert rows(run(url)) == set()


def test_a_folder_with_a_page_of_its_own() -> None:
    app, shop = application("silent"), Blueprint("shop", __name__, url_prefix="/shop")
    for name in "abc":
        shop.add_url_rule(f"/{name}", name, lambda: "page")
    app.register_blueprint(shop)

    @app.errorhandler(404)
    def missing(error: Exception) -> Any:
        return (PAGE.format(request.path) if request.path.startswith("/shop/") else "not here"), 404

    found = [f.as_json()["location"] for f in inside(app).failures if f.rule.id == "scan.reflected-xss"]
    assert [(at["path"], at["parameter"]) for at in found] == [("/shop/{unknown}", "unknown")]


@pytest.mark.parametrize("written", [str, html.escape], ids=["as it came", "escaped"])
def test_a_template_of_an_ordinary_input_in_process(written: Callable[[str], str]) -> None:
    """The sweep's value holds no mark of an engine: that it stays data there says nothing of one that does."""
    app = application("silent")

    @app.get("/hello")
    def hello() -> str:
        return render_template_string(PAGE.format(written(request.args.get("name", ""))))

    @app.get("/safe")
    def safe() -> str:
        return render_template_string(ESCAPED, address=request.args.get("name", ""))

    found = [f.as_json()["location"]["path"] for f in inside(app).failures if f.rule.id == "scan.template-injection"]
    assert found == ["/hello"]


def test_it_costs_one_request_where_nothing_comes_back() -> None:
    from hauberk.scan import unknown_address

    known = Surface.of([Operation(method="GET", path="/a")])
    assert [o.path for o in unknown_address.addresses(known)] == ["/{unknown}"]
    assert list(unknown_address.addresses(Surface.of([Operation(method="GET", path="/{page}")]))) == []
