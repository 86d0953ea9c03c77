"""The surface as a value: merging, matching, and what OpenAPI says."""

import pytest

from hauberk.core.finding import Location
from hauberk.scan import Operation, Parameter, Surface, openapi


def op(method: str, path: str, *parameters: Parameter) -> Operation:
    return Operation(method=method, path=path, parameters=parameters)


def test_operations_are_merged_by_method_and_path() -> None:
    first = Operation(method="GET", path="/a", parameters=(Parameter(name="q", place="query", required=True),))
    second = Operation(
        method="GET",
        path="/a",
        parameters=(Parameter(name="q", place="query", example="x"), Parameter(name="X-A", place="header")),
        handler=Location(file="a.py", line=3),
    )
    surface = Surface.of([first, op("POST", "/a"), second])
    assert [str(o) for o in surface.operations] == ["GET /a", "POST /a"]
    merged = surface.operations[0]
    assert [(p.name, p.example, p.required) for p in merged.parameters] == [("q", "x", True), ("X-A", None, False)]
    assert merged.handler.line == 3


def test_header_names_have_no_case_and_others_have() -> None:
    merged = op("GET", "/", Parameter(name="X-A", place="header"), Parameter(name="a", place="query")).union(
        op("GET", "/", Parameter(name="x-a", place="header"), Parameter(name="A", place="query"))
    )
    assert [p.name for p in merged.parameters] == ["X-A", "a", "A"]


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/items/7", {"id": "7"}),
        ("/items/a b", {"id": "a b"}),
        ("/items/", None),
        ("/items/7/8", None),
        ("/items.7", None),
    ],
)
def test_a_template_matches_one_segment(path: str, found: dict[str, str] | None) -> None:
    assert op("GET", "/items/{id}").match(path) == found


def test_a_path_parameter_takes_slashes() -> None:
    files = op("GET", "/f/{p}", Parameter(name="p", place="path", schema={"format": "path"}))
    assert files.match("/f/a/b.txt") == {"p": "a/b.txt"}


def test_the_most_literal_operation_is_found() -> None:
    surface = Surface.of([op("GET", "/{page}"), op("GET", "/about"), op("POST", "/about")])
    assert [str(found[0]) for p in ("/about", "/x") if (found := surface.find("GET", p))] == [
        "GET /about",
        "GET /{page}",
    ]
    assert surface.find("GET", "/a/b") is None


DOCUMENT = {
    "openapi": "3.1.0",
    "paths": {
        "/users/{id}": {
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}],
            "put": {
                "parameters": [{"$ref": "#/components/parameters/Trace"}],
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/User"}}}},
            },
            "x-other": {},
        },
        "/upload": {
            "post": {
                "requestBody": {
                    "content": {
                        "multipart/form-data": {
                            "schema": {
                                "properties": {
                                    "file": {"type": "string", "format": "binary"},
                                    "more": {"type": "array", "items": {"type": "string", "format": "binary"}},
                                    "note": {"type": "string"},
                                },
                                "required": ["file"],
                            }
                        }
                    }
                }
            }
        },
        "/broken": {"get": None, "post": {"parameters": [None, {"in": "query"}], "requestBody": {"content": 3}}},
    },
    "components": {
        "parameters": {"Trace": {"name": "X-Trace", "in": "header", "schema": {"type": "string"}}},
        "schemas": {
            "Base": {"properties": {"name": {"type": "string"}}, "required": ["name"]},
            "User": {
                "allOf": [{"$ref": "#/components/schemas/Base"}],
                "properties": {
                    "age": {"anyOf": [{"type": "null"}, {"type": "integer", "minimum": 18}]},
                    "tags": {"type": "array", "items": {"type": "string"}},
                    "friend": {"$ref": "#/components/schemas/User"},
                },
            },
        },
    },
}


def test_openapi_gives_operations_with_leaves() -> None:
    user, upload, broken = openapi.operations(DOCUMENT, prefix="/api")
    names = {(p.place, p.name) for p in user.parameters if not p.name.startswith("friend")}
    assert str(user) == "PUT /api/users/{id}"
    assert names == {("path", "id"), ("header", "X-Trace"), ("json", "name"), ("json", "age"), ("json", "tags[]")}
    schemas = {p.name: p.schema for p in user.parameters}
    assert schemas["age"] == {"type": "integer", "minimum": 18}
    assert any(p.name == "friend.friend.name" for p in user.parameters)
    assert max(p.name.count(".") for p in user.parameters) <= openapi.DEPTH
    assert [(p.place, p.name, p.required) for p in upload.parameters] == [
        ("upload", "file", True),
        ("upload", "more", False),
        ("form", "note", False),
    ]
    assert str(broken) == "POST /api/broken"
    assert broken.parameters == ()


@pytest.mark.parametrize("document", [{}, {"paths": []}, {"paths": {"/": None}}, {"paths": {"/": {"get": 1}}}])
def test_a_document_of_another_shape_gives_nothing(document: dict[str, object]) -> None:
    assert openapi.operations(document) == []


def test_a_reference_that_leads_nowhere_or_in_a_circle_is_empty() -> None:
    document = {"a": {"$ref": "#/a"}}
    assert openapi.flatten(document, {"$ref": "#/none/there"}) == {}
    assert "type" not in openapi.flatten(document, {"$ref": "#/a"})
