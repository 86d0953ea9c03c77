"""Which inputs a handler asks for, seen while it runs."""

from collections.abc import Callable

import pytest
from flask import Flask, request

from hauberk.core.events import recording
from hauberk.integrations.surface.asked import watch
from hauberk.scan.client import MARK


class Wrapped:
    """What a source reader can't follow."""

    def __init__(self, inner: object) -> None:
        self.inner = inner

    def named(self, name: str) -> object:
        return self.inner.form.get(name)  # type: ignore[attr-defined]


def app() -> Flask:
    made = Flask("asked")

    @made.route("/", methods=["GET", "POST"])
    def index() -> str:
        getattr(Wrapped(request), "named")("wrapped")  # noqa: B009 - so that nobody can tell from the source
        request.args.get("q")
        request.args.getlist("several")
        "c" in request.cookies  # noqa: B015
        request.headers.get("X-Thing")
        request.values.get("either")
        ((request.get_json(silent=True) or {}).get("user") or {}).get("name")
        for name in request.form:
            "wanted" in request.form.getlist(name)  # noqa: B015
        return "x"

    watch()
    return made


@pytest.mark.parametrize(
    ("sent", "asked"),
    [
        ({"data": {"any": "1"}}, {("form", "wrapped"), ("form", "either"), ("form", "wanted"), ("form", "any")}),
        ({"json": {"user": {"name": "ada"}}}, {("json", "user"), ("json", "user.name")}),
        ({}, {("query", "q"), ("query", "several"), ("query", "either"), ("cookie", "c"), ("header", "X-Thing")}),
    ],
)
def test_names_that_are_looked_up_are_noted(sent: dict[str, object], asked: set[tuple[str, str]]) -> None:
    with recording() as record:
        app().test_client().post("/", **sent)
    assert asked <= set(record.reads)


def test_where_in_the_code_is_noted() -> None:
    with recording() as record:
        app().test_client().get("/")
    assert all(place.startswith(__file__) for place in record.reads.values())


def test_without_a_recording_the_mappings_are_the_frameworks_own() -> None:
    made = app()

    @made.get("/kind")
    def kind() -> str:
        return type(request.args).__qualname__ + ("noting" if hasattr(request.args, "__hauberk_asked__") else "")

    assert made.test_client().get("/kind").text == "ImmutableMultiDict"


@pytest.mark.parametrize("way", ["items", "keys", "iter", "dict"])
def test_who_goes_through_all_fields_asks_for_the_scans_own(way: str) -> None:
    made = Flask("walking")

    @made.get("/")
    def index() -> str:
        walks: dict[str, Callable[[], object]] = {
            "items": lambda: [name for name, _ in request.headers.items()],
            "keys": lambda: [*request.headers.keys()],
            "iter": lambda: [name for name, _ in request.headers],
            "dict": lambda: dict(request.headers),
        }
        return str(walks[way]())

    watch()
    with recording() as record:
        made.test_client().get("/", headers={MARK: "1"})
    assert MARK in {name.lower() for place, name in record.reads if place == "header"}


def test_who_asks_for_one_field_does_not() -> None:
    with recording() as record:
        app().test_client().get("/", headers={MARK: "1"})
    assert MARK not in {name.lower() for _, name in record.reads}
