"""What pages lead to."""

from typing import Any

import pytest

from hauberk.scan import Budget, Operation, Parameter, Surface, WSGITransport
from hauberk.scan.care import ends_session
from hauberk.scan.client import Client
from hauberk.scan.crawl import ALIKE, Crawled, crawl
from hauberk.scan.html import offer

URL = "https://testserver/shop/page?x=1"


def test_links_are_resolved_and_unique() -> None:
    page = """<base href=/b/><a href=one>1</a><a href="one#x">1</a><a href="?q=a b">2</a><area href=//o.example/x>
    <iframe src=/f></iframe><a href="mailto:a@b"></a><a href="javascript:x()"></a><a>none</a><a href="http://[bad">b</a>"""
    assert offer(page, URL).links == (
        "https://testserver/b/one",
        "https://testserver/b/?q=a b",
        "https://o.example/x",
        "https://testserver/f",
    )


def test_forms_as_a_browser_sends_them() -> None:
    page = """<form method=POST enctype=multipart/form-data action=/up>
      <input name=a value=1><input type=hidden name=t value=tok><input type=checkbox name=c>
      <input type=radio name=r value=x>
      <input type=radio name=r value=y><select name=s><option value="">-<option value=v>V</select>
      <textarea name=n>text</textarea><input type=file name=f required><input type=submit value=go>
      <button name=b value=1>x</button><input name=off value=1 disabled><input value=nameless>
      <input type=number name=k min=4>
      </form><form><input type=password name=p></form>"""
    up, own = offer(page, URL).forms
    assert (up.method, up.action, up.media) == ("POST", "https://testserver/up", "multipart/form-data")
    assert {f.name: f.example for f in up.fields} == {
        "a": "1", "t": "tok", "c": "on", "r": "x", "s": "v", "n": "text", "f": None, "k": "4", "b": "1",
    }  # fmt: skip
    assert {f.place for f in up.fields if f.name == "f"} == {"upload"}
    assert (own.method, own.action, own.has_password) == ("GET", URL, True)
    assert [f.place for f in own.fields] == ["query"]


@pytest.mark.parametrize("path", ["/logout", "/user/log-out", "/Sign_Out", "/auth/signout/", "/logoff"])
def test_what_ends_a_session(path: str) -> None:
    assert ends_session(path)


@pytest.mark.parametrize("path", ["/login", "/blog/outlook", "/signup", "/log/9/output", "/logo", "/checkout"])
def test_what_does_not(path: str) -> None:
    assert not ends_session(path)


def run(pages: dict[str, str], surface: Surface | None = None) -> tuple[list[str], Crawled]:
    asked: list[str] = []

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        query = environ["QUERY_STRING"]
        target = environ["PATH_INFO"] + ("?" + query if query else "")
        asked.append(target)
        body = pages.get(target, pages.get(environ["PATH_INFO"], pages.get("*")))
        if body is not None and body.startswith("->"):
            start_response("302 Found", [("Location", body[2:])])
            return []
        start_response("200 OK" if body is not None else "404 X", [("Content-Type", "text/html")])
        return [(body or "").encode()]

    with WSGITransport(app) as transport:
        start = surface or Surface.of([Operation(method="GET", path="/")])
        return asked, crawl(Client(transport, Budget()), start)


def table(found: Crawled) -> dict[str, dict[str, Any]]:
    return {str(o): {p.name: p.example for p in o.parameters} for o in found.surface.operations}


def test_links_and_forms_become_operations() -> None:
    asked, found = run(
        {
            "/": "<a href='/list?page=2'>l</a><a href=/logout>o</a><a href=https://other.example/>x</a>",
            "/list": "<form method=post action='/save?mode=a'><input name=title value=t></form><a href=/moved>m</a>",
            "/moved": "->/there",
            "/there": "<form action=/find><input name=q></form>",
        }
    )
    assert asked == ["/", "/list?page=2", "/moved", "/there", "/find?q=hauberk"]
    assert table(found) == {
        "GET /": {},
        "GET /list": {"page": "2"},
        "GET /logout": {},
        "POST /save": {"title": "t", "mode": "a"},
        "GET /moved": {},
        "GET /there": {},
        "GET /find": {"q": None},
    }


def test_examples_reach_the_operations_that_the_framework_knows() -> None:
    surface = Surface.of(
        [
            Operation(method="GET", path="/"),
            Operation(
                method="GET", path="/items/{id}", parameters=(Parameter(name="id", place="path", required=True),)
            ),
        ]
    )
    _, found = run({"/": "<a href=/items/17?v=2>x</a>", "*": "<p>"}, surface)
    assert table(found) == {"GET /": {}, "GET /items/{id}": {"id": "17", "v": "2"}}
    assert found.surface.operations[1].source == "routes"


def test_pages_of_one_shape_are_not_read_without_end() -> None:
    many = "".join(f"<a href='/cal?day={day}'>x</a>" for day in range(100))
    asked, _ = run({"/": many, "/cal": many})
    assert len(asked) == 1 + ALIKE


def test_an_endless_site_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hauberk.scan.crawl.PAGES", 60)
    links = "".join(f"<a href=/{n}x{m}>x</a>" for n in range(6) for m in range(15))
    asked, found = run({"/": links, "*": links})
    assert len(asked) == 60
    assert found.truncated


def test_an_endless_redirect_ends() -> None:
    asked, found = run({"/": "->/", "*": "->/"})
    assert asked == ["/"]
    assert not found.truncated


def test_login_forms_are_remembered() -> None:
    _, found = run({"/": "<form method=post action=/in><input type=password name=p></form>"})
    assert found.logins == {"POST /in": "/"}
