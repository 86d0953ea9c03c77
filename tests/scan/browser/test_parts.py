"""What needs no browser: payloads, routes in scripts, shapes of messages, where values go in, how Chromium starts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hauberk.core.errors import InputError
from hauberk.scan.browser import chromium
from hauberk.scan.browser.dom import Source, few, with_values
from hauberk.scan.browser.explore import routes_in, template
from hauberk.scan.browser.payloads import fitting, messages, value


@pytest.mark.parametrize(
    ("page", "kind", "name", "expected"),
    [
        ("http://x/a?q=1", "query", "q", "http://x/a?q=a%3Cb"),
        ("http://x/a", "query", "n", "http://x/a?n=a%3Cb"),
        ("http://x/a", "fragment", "", "http://x/a#a<b"),
        ("http://x/a", "fragment", "n", "http://x/a#n=a%3Cb"),
        ("http://x/items/1", "path", "1", "http://x/items/a%3Cb"),
        ("http://x/#/find", "query", "q", "http://x/#/find?q=a%3Cb"),
        ("http://x/#/items/1?v=2", "path", "1", "http://x/#/items/a%3Cb?v=2"),
        ("http://x/#!/find?q=1", "query", "q", "http://x/#!/find?q=a%3Cb"),
    ],
)
def test_where_a_value_goes_in(page: str, kind: str, name: str, expected: str) -> None:
    assert with_values({Source(page=page, kind=kind, name=name): "a<b"}) == expected


@pytest.mark.parametrize(
    ("url", "route"),
    [
        ("http://x/", "/"),
        ("http://x/items/17?v=1#top", "/items/{items}"),
        ("http://x/#/items/17?v=1", "/#/items/{items}"),
        ("http://x/app#!/find", "/app#!/find"),
    ],
)
def test_the_route_of_an_address(url: str, route: str) -> None:
    assert template(url) == route


@pytest.mark.parametrize(
    ("code", "routes"),
    [
        ('[{path:"people",component:A},{path:"**",component:B}]', ["people"]),
        ("{ path: '/items/:id', component: Item }", ["/items/:id"]),
        ('{path:"embed/widget",element:x}', ["embed/widget"]),
        ('this.route("archive", { path: "/old/archive" }); this.route("search")', ["/old/archive", "search"]),
        ('/* this.route("example") */ x.path="/no"; {mypath:"no"}', []),
        ('{path:"a.b.js"}', []),
    ],
)
def test_routes_in_scripts(code: str, routes: list[str]) -> None:
    assert list(routes_in(code)) == routes


@pytest.mark.parametrize(
    ("listener", "sent"),
    [
        ("(e) => { x.innerHTML = e.data; }", ["P"]),
        ("(e) => { x.innerHTML = e.data.html; }", ["P", {"html": "P"}, '{"html": "P"}']),
        ("e=>{e.data.type==='note'&&f(e.data.text)}", ["P", {"type": "note", "text": "P"}]),
        ("e=>{const{type:t,body}=e.data;if('go'===t)eval(body)}", ["P", {"type": "P", "body": "P"}]),
        ('e=>{switch(e.data.op){case"run":eval(e.data.code)}}', ["P", {"op": "run", "code": "P"}]),
    ],
)
def test_shapes_of_messages(listener: str, sent: list[object]) -> None:
    got = list(messages(listener, "P"))
    for shape in sent:
        wanted = json.loads(shape) if isinstance(shape, str) and shape != "P" else shape
        held = [json.loads(one) if isinstance(one, str) and one != "P" else one for one in got]
        assert any(
            one == wanted or (isinstance(wanted, dict) and wanted.items() <= dict(one).items())
            for one in held
            if isinstance(one, dict) == isinstance(wanted, dict)
        )


def test_payloads_call_with_their_number() -> None:
    assert value("url", "f", "7", "a.example") == "javascript:f(7)"
    assert value("away", "f", "7", "a.example") == "https://7.a.example/7"
    for quote in "'\"`":
        text = f"x({quote}{value('string', 'f', '7', '')}{quote})"
        assert text.count("f(7)") == 3


@pytest.mark.parametrize(
    ("sinks", "templates", "first"),
    [([], False, "html"), (["navigation"], False, "url"), (["eval"], False, "url"), (["innerHTML"], True, "html")],
)
def test_the_likeliest_comes_first(sinks: list[str], templates: bool, first: str) -> None:
    kinds = fitting(sinks, templates=templates)
    assert kinds[0] == first
    assert ("template" in kinds) == templates


def test_where_everything_is_written_one_stands_for_all() -> None:
    reached: dict[Source, list[str]] = {Source(page="/", kind="query", name=str(n)): ["x"] for n in range(40)}
    assert len(few(reached)) == 1


@pytest.mark.parametrize(("root", "without"), [(True, True), (False, False)])
def test_the_sandbox_stays_but_for_root(root: bool, without: bool) -> None:
    assert ("--no-sandbox" in chromium.flags(root=root)) == without


def test_a_chromium_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is no program"):
        chromium.executable({"CHROMIUM": str(tmp_path / "none")})
