"""What scripts of pages lead to and send, read without running them."""

import sqlite3

import pytest
from flask import Flask, Response, request

from hauberk.scan.html import offer
from hauberk.scan.scripted import Call, calls, leads
from hauberk.scan.surface import FORM, JSON, MULTIPART
from tests.scan.test_outside import run, served


@pytest.mark.parametrize(
    ("code", "addresses"),
    [
        ("window.location.href='/lab'", ["/lab"]),
        ('location = "/a?b=1"; document.location.assign("/c")', ["/a?b=1", "/c"]),
        ("window.open(`/items/${id}`)", ["/items/1"]),
        ("if (location.href == '/x') stay()", []),
        ("location.href = '/items/' + id", []),
        ("location.href = base", []),
        ("say('/lab')", []),
    ],
)
def test_where_a_script_leads(code: str, addresses: list[str]) -> None:
    assert list(leads(code)) == addresses


FETCH = """
function other() { data.append("no", 1) }
function send() {
  const headers = new Headers(); headers.append("X-Kind", "1");
  const data = new FormData(); data.append("ip", value);
  const options = {method: "POST", body: data, headers};
  fetch("/scan", options).then(show);
}"""
XHR = (
    """const x = new XMLHttpRequest(); x.open("PUT", "/me", true); x.send(JSON.stringify({name, "mail": mail.value}))"""
)


@pytest.mark.parametrize(
    ("code", "made"),
    [
        (FETCH, [Call(method="POST", address="/scan", fields=("ip",), media=MULTIPART)]),
        (XHR, [Call(method="PUT", address="/me", fields=("name", "mail"), media=JSON)]),
        ("fetch('/api/items')", [Call(method="GET", address="/api/items")]),
        ("fetch(`/api/items/${id}?q=${q}`)", [Call(method="GET", address="/api/items/1?q=1")]),
        ("$.get('/find?q=' + text)", [Call(method="GET", address="/find?q=")]),
        ("$.post('/add', {a: 1, 'b-c': x})", [Call(method="POST", address="/add", fields=("a", "b-c"), media=FORM)]),
        ("axios.post('/add', {a: 1, b})", [Call(method="POST", address="/add", fields=("a", "b"), media=JSON)]),
        (
            "$.ajax({url: '/save', type: 'POST', data: {title: t}})",
            [Call(method="POST", address="/save", fields=("title",), media=FORM)],
        ),
        (
            "fetch('/a', {method: 'DELETE'}); fetch('/b')",
            [Call(method="DELETE", address="/a"), Call(method="GET", address="/b")],
        ),
        ("fetch('/items/' + id, {method: 'PUT'})", []),
        ("fetch(address)", []),
        ("open('read me')", []),
    ],
)  # fmt: skip
def test_what_a_script_sends(code: str, made: list[Call]) -> None:
    assert list(calls(code)) == made


def test_a_page_offers_what_its_scripts_do() -> None:
    button, other = "<button onclick=\"location.href='lab'\">x</button>", "<script src=/x.js>fetch('/no')</script>"
    page = f"{button}<script>{FETCH}</script>{other}"
    found = offer(page, "http://shop.example/labs/")
    assert found.links == ("http://shop.example/labs/lab",)
    assert [(form.method, form.action) for form in found.forms] == [("POST", "http://shop.example/scan")]


def site(*, open_: bool) -> Flask:
    app = Flask("site")

    def page(content: str) -> Response:
        return Response(f"<!DOCTYPE html><title>x</title>{content}", content_type="text/html; charset=utf-8")

    @app.get("/")
    def home() -> Response:
        return page("<button onclick=\"window.location.href='/lab'\">Lab</button><script src=/code.js></script>")

    @app.get("/lab")
    def lab() -> Response:
        return page("<script>" + FETCH.replace("/scan", "/query") + "</script>")

    @app.get("/code.js")
    def code() -> Response:
        return Response("fetch('/greet?name=' + n)", content_type="text/javascript")

    @app.post("/query")
    def query() -> Response:
        text = request.form.get("ip", "")
        with sqlite3.connect(":memory:") as connection:
            try:
                connection.execute(f"SELECT '{text}'") if open_ else connection.execute("SELECT ?", (text,))
            except sqlite3.Error as error:
                return Response(f"sqlite3.OperationalError: {error}", 500, content_type="text/plain")
        return page("Done")

    @app.get("/greet")
    def greet() -> Response:
        name = request.args.get("name", "")
        return page(name if open_ else name.replace("<", "&lt;"))

    return app


HOLES = {("scan.sql-injection", "/query", "ip"), ("scan.reflected-xss", "/greet", "name")}


@pytest.mark.parametrize("open_", [True, False])
def test_what_only_scripts_show_is_attacked(open_: bool) -> None:
    with served(site(open_=open_)) as url:
        failed = [f.as_json() for f in run(url).failures if f.rule.id in {rule for rule, *_ in HOLES}]
    found = {(f["rule"], f["location"]["path"], f["location"]["parameter"]) for f in failed}
    assert found == (HOLES if open_ else set())
