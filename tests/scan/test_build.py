"""From an operation and values to a request."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hauberk.core.finding import Place
from hauberk.scan import Operation, Parameter, build
from hauberk.scan.surface import FORM, JSON, MULTIPART, Media


@pytest.mark.parametrize(
    ("name", "schema", "value"),
    [
        ("q", {}, "hauberk"),
        ("id", {}, "1"),
        ("user_id", {}, "1"),
        ("email", {}, "hauberk@example.com"),
        ("user.email", {}, "hauberk@example.com"),
        ("x", {"type": "integer"}, 1),
        ("x", {"type": "integer", "minimum": 18}, 18),
        ("x", {"type": "integer", "maximum": -3}, -3),
        ("x", {"type": "number", "exclusiveMinimum": 5}, 6),
        ("x", {"type": "boolean"}, True),
        ("x", {"type": "string", "format": "uuid"}, "123e4567-e89b-42d3-a456-426614174000"),
        ("x", {"type": "string", "enum": ["red", "blue"]}, "red"),
        ("x", {"type": "string", "enum": ["red", "blue"], "default": "blue"}, "blue"),
        ("x", {"type": "string", "minLength": 9}, "hauberkkk"),
        ("x", {"type": "string", "maxLength": 3}, "hau"),
        ("x", {"type": "string", "pattern": "^[0-9]{4}$"}, "1234"),
        ("x", {"type": "string", "pattern": "("}, "hauberk"),
        ("x", {"type": "array", "items": {"type": "integer"}}, [1]),
        ("x", {"const": 4}, 4),
    ],
)
def test_examples_are_what_an_application_takes(name: str, schema: dict[str, Any], value: object) -> None:
    assert build.example(Parameter(name=name, place="query", schema=schema)) == value


def test_what_the_application_showed_wins() -> None:
    assert build.example(Parameter(name="x", place="form", schema={"enum": ["a"]}, example="seen")) == "seen"


def one(place: Place, name: str = "p", body: Media = "", path: str = "/x", **schema: object) -> Operation:
    return Operation(
        method="POST", path=path, body=body, parameters=(Parameter(name=name, place=place, schema=schema),)
    )


def test_query_path_and_header_are_encoded_for_their_place() -> None:
    sent = build.request(one("query"), {("query", "p"): "a b&c'\"<é"})
    assert sent.target == "/x?p=a%20b%26c%27%22%3C%C3%A9"
    assert build.request(one("path", path="/x/{p}/y"), {("path", "p"): "a/b?c"}).target == "/x/a%2Fb%3Fc/y"
    assert build.request(one("path", path="/x/{p}", format="path"), {("path", "p"): "../a"}).target == "/x/../a"
    assert build.request(one("header", "X-P"), {("header", "x-p"): "v'"}).headers == (("x-p", "v'"),)


def test_the_transports_own_fields_are_not_sent_twice() -> None:
    assert build.request(one("header", "Host"), {}).headers == ()


def test_forms_and_uploads() -> None:
    form = build.request(one("form", body=FORM), {("form", "p"): "a b&"})
    assert (form.header("content-type"), form.body) == (FORM, b"p=a+b%26")
    upload = build.request(one("upload", body=MULTIPART), {("upload", "p"): '../"x'})
    assert b'name="p"; filename="../%22x"' in upload.body
    assert (upload.header("content-type") or "").startswith(MULTIPART + "; boundary=")


def test_a_json_document_from_its_leaves() -> None:
    names = ("user.name", "user.tags[]", "rows[].id", "rows[].no")
    operation = Operation(
        method="POST", path="/", body=JSON, parameters=tuple(Parameter(name=n, place="json") for n in names)
    )
    sent = build.request(operation, {("json", n): n for n in names})
    assert json.loads(sent.body) == {
        "user": {"name": "user.name", "tags": ["user.tags[]"]},
        "rows": [{"id": "rows[].id", "no": "rows[].no"}],
    }


@pytest.mark.parametrize(("name", "document"), [("", "v"), ("[]", ["v"]), ("a", {"a": "v"}), ("[].a", [{"a": "v"}])])
def test_the_body_may_be_anything(name: str, document: object) -> None:
    assert build.document({name: "v"}) == document


@given(st.text())
def test_a_cookies_value_survives_pythons_reader(value: str) -> None:
    from http.cookies import _unquote

    assert ";" not in build.cookie(value)
    latin = value.encode("latin-1", "ignore").decode("latin-1")
    assert _unquote(build.cookie(latin)) == latin or set(latin) & {chr(i) for i in range(32)} | {'"', "\\"}
