"""Which inputs a handler reads, from its code."""

import json
from collections.abc import Callable
from functools import partial, wraps
from pathlib import Path
from typing import Any

import pytest

from hauberk.integrations.surface import django, rules
from hauberk.integrations.surface.assembly import ACCESSORS
from hauberk.integrations.surface.reads import Accessors, reads
from hauberk.integrations.surface.source import innermost, locate

NAME = "from_a_constant"
Found = set[tuple[str, str]]


def found(function: Any, accessors: Accessors) -> Found:
    return {(p.place, p.name) for p in reads(function, accessors)}


def plain_get(request: Any) -> Any:
    return request.args.get("q"), request.args["r"], request.form.getlist("s"), "t" in request.args


def aliases(request: Any) -> Any:
    args = request.args
    data = request.get_json() or {}
    user = data["user"]
    return args["q"], user["name"], user.get("mail"), data["tags"][0], data["rows"][0]["id"]


def names(request: Any) -> Any:
    return request.args[NAME], request.headers.get("X-Trace"), request.cookies.get("theme"), request.files["doc"]


def helper(source: Any, key: str) -> Any:
    return source.args.get("deep")


def form_helper(form: Any) -> Any:
    return form["inner"]


def through(request: Any) -> Any:
    return helper(request, "x"), form_helper(request.form)


def walrus(request: Any) -> Any:
    if (value := request.values) and value.get("v"):
        return value
    return None


def raw_json(request: Any) -> Any:
    return json.loads(request.data)["a"]["b"], json.loads(request.get_data().decode("utf-8"))["c"]


def environ(request: Any) -> Any:
    return request.environ.get("HTTP_X_TOKEN"), request.environ["PATH_INFO"]


def other_things(request: Any) -> Any:
    settings = {"args": {"no": 1}}
    return settings["args"]["no"], request.method, request.args.get(request.method), open.__name__


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (plain_get, {("query", "q"), ("query", "r"), ("form", "s"), ("query", "t")}),
        (aliases, {("query", "q"), *(("json", n) for n in ("user.name", "user.mail", "tags[]", "rows[].id"))}),
        (names, {("query", NAME), ("header", "x-trace"), ("cookie", "theme"), ("upload", "doc")}),
        (through, {("query", "deep"), ("form", "inner")}),
        (walrus, {("query", "v")}),
        (raw_json, {("json", "a.b"), ("json", "c")}),
        (environ, {("header", "x-token")}),
        (other_things, set()),
        (partial(plain_get), {("query", "q"), ("query", "r"), ("form", "s"), ("query", "t")}),
        (lambda request: request.args["q"], set()),
        (len, set()),
    ],
)
def test_flask_and_quart(function: Any, expected: Found) -> None:
    assert found(function, rules.ACCESSORS) == expected


def django_view(request: Any) -> Any:
    body = json.loads(request.body)
    return request.GET.get("a"), request.POST["b"], request.COOKIES["c"], request.META.get("HTTP_X_D"), body["e"]


async def starlette_view(request: Any) -> Any:
    form = await request.form()
    return (
        request.query_params["a"],
        form["b"],
        (await request.json())["c"],
        request.path_params["d"],
        json.loads(await request.body())["e"],
    )


class Endpoint:
    request: Any

    async def get(self, request: Any) -> Any:
        return request.query_params.get("g")

    async def act(self) -> Any:
        return self.request.query_params["h"]


def test_django() -> None:
    assert found(django_view, django.ACCESSORS) == {
        ("query", "a"),
        ("form", "b"),
        ("cookie", "c"),
        ("header", "x-d"),
        ("json", "e"),
    }


def test_starlette() -> None:
    names = {("query", "a"), ("form", "b"), ("json", "c"), ("path", "d"), ("json", "e")}
    assert found(starlette_view, ACCESSORS) == names
    assert found(Endpoint.get, ACCESSORS) == {("query", "g")}
    assert found(Endpoint().act, ACCESSORS) == {("query", "h")}


def decorated(view: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(view)
    def wrapper(request: Any) -> Any:
        return request.headers["X-Key"] and view(request)

    return wrapper


@decorated
def guarded(request: Any) -> Any:
    return request.args["q"]


def test_decorators_are_read_and_seen_through(tmp_path: Path) -> None:
    assert found(guarded, rules.ACCESSORS) == {("header", "x-key"), ("query", "q")}
    inner = innermost(guarded)
    assert inner is not None
    assert inner.__name__ == "guarded"
    where = locate(guarded, tmp_path)
    source = Path(__file__).read_text().splitlines()
    assert where.line is not None
    assert source[where.line - 1] == "def guarded(request: Any) -> Any:"


def numbers(request: Any) -> Any:
    return (
        int(request.args["a"]),
        request.args.get("b", type=int),
        request.args.get("c", "old"),
        float(request.form["d"]),
    )


def test_types_and_defaults() -> None:
    schemas = {p.name: (dict(p.schema), p.example) for p in reads(numbers, rules.ACCESSORS)}
    assert schemas == {
        "a": ({"type": "integer"}, None),
        "b": ({"type": "integer"}, None),
        "c": ({}, "old"),
        "d": ({"type": "number"}, None),
    }
