"""A GraphQL endpoint becomes operations, one a field; its arguments are inputs, and what is behind them is found."""

from __future__ import annotations

import json
import re
import sqlite3
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from hauberk.guard import install
from hauberk.scan import ASGITransport, Operation, Surface, scan
from hauberk.scan.build import request
from hauberk.scan.graphql import operations, written


def named(kind: str, name: str) -> dict[str, Any]:
    return {"kind": kind, "name": name, "ofType": None}


def required(inner: dict[str, Any]) -> dict[str, Any]:
    return {"kind": "NON_NULL", "name": None, "ofType": inner}


def listed(inner: dict[str, Any]) -> dict[str, Any]:
    return {"kind": "LIST", "name": None, "ofType": inner}


STRING, INT = named("SCALAR", "String"), named("SCALAR", "Int")
SCHEMA: dict[str, Any] = {
    "queryType": {"name": "Query"},
    "mutationType": {"name": "Mutation"},
    "types": [
        {
            "kind": "OBJECT",
            "name": "Query",
            "fields": [
                {
                    "name": "person",
                    "args": [{"name": "name", "type": required(STRING)}],
                    "type": named("OBJECT", "Person"),
                },
                {"name": "version", "args": [], "type": STRING},
            ],
        },
        {
            "kind": "OBJECT",
            "name": "Mutation",
            "fields": [
                {"name": "add", "args": [{"name": "person", "type": named("INPUT_OBJECT", "New")}], "type": INT}
            ],
        },
        {
            "kind": "OBJECT",
            "name": "Person",
            "fields": [
                {"name": "name", "args": [], "type": STRING},
                {"name": "friends", "args": [], "type": listed(named("OBJECT", "Person"))},
            ],
        },
        {
            "kind": "INPUT_OBJECT",
            "name": "New",
            "inputFields": [{"name": "name", "type": required(STRING)}, {"name": "age", "type": INT}],
        },
    ],
}


def test_fields_are_operations() -> None:
    found = operations({"__schema": SCHEMA}, "/graphql")
    assert [str(o) for o in found] == [
        "POST /graphql query.person",
        "POST /graphql query.version",
        "POST /graphql mutation.add",
    ]
    sent = json.loads(request(found[0], {("json", "variables.name"): "ada"}).body)
    assert sent == {
        "query": "query($name: String!) { person(name: $name) { name friends { name } } }",
        "variables": {"name": "ada"},
    }
    sent = json.loads(request(found[2]).body)
    assert sent["variables"] == {"person": {"name": "hauberk", "age": 1}}
    assert len({o.key for o in Surface.of(found).operations}) == 3


def test_a_union_is_asked_for_one_of_its_types() -> None:
    found = {"name": "found", "args": [], "type": listed(named("UNION", "Thing"))}
    members = [{"name": "Person"}, {"name": "Place"}]
    union = {"kind": "UNION", "name": "Thing", "fields": None, "possibleTypes": members}
    nothing = union | {"name": "None", "possibleTypes": []}
    query = {"kind": "OBJECT", "name": "Query", "fields": [found, found | {"type": named("UNION", "None")}]}
    schema = {"queryType": {"name": "Query"}, "types": [query, union, nothing, SCHEMA["types"][2]]}
    documents = [json.loads(request(o).body)["query"] for o in operations({"__schema": schema}, "/graphql")]
    assert documents == [
        "query { found { __typename ... on Person { name } } }",
        "query { found { __typename } }",
    ]


@pytest.mark.parametrize(
    "data", [{}, {"__schema": 3}, {"__schema": {"types": [1, {}]}}, {"__schema": {"queryType": {}}}]
)
def test_what_has_another_shape_is_left_out(data: dict[str, Any]) -> None:
    assert operations(data, "/graphql") == []


@pytest.mark.parametrize(
    ("kind", "text"),
    [(INT, "Int"), (required(STRING), "String!"), (listed(required(INT)), "[Int!]"), (required(listed(INT)), "[Int]!")],
)
def test_types_as_a_document_writes_them(kind: dict[str, Any], text: str) -> None:
    assert written(kind) == text


def app(*, safe: bool) -> Starlette:
    database = sqlite3.connect(":memory:", check_same_thread=False)
    database.execute("CREATE TABLE people (name TEXT)")

    async def graphql(asked: Request) -> JSONResponse:
        document = await asked.json()
        text, variables = str(document.get("query")), document.get("variables") or {}
        if "__schema" in text:
            return JSONResponse({"data": {"__schema": SCHEMA}})
        if re.search(r"\bperson\(", text) and isinstance(variables.get("name"), str):
            if safe:
                database.execute("SELECT name FROM people WHERE name = ?", (variables["name"],)).fetchall()
            else:
                database.execute(f"SELECT name FROM people WHERE name = '{variables['name']}'").fetchall()
        return JSONResponse({"data": {}})

    return Starlette(routes=[Route("/graphql", graphql, methods=["POST"])])


@pytest.mark.parametrize("safe", [False, True])
def test_an_argument_that_reaches_sql(safe: bool) -> None:
    install()
    known = Surface.of([Operation(method="POST", path="/graphql")])
    result = scan(known, ASGITransport(app(safe=safe)), target="app")
    found = [f.location.key() for f in result.failures if f.rule.id == "scan.sql-injection"]
    assert found == ([] if safe else ["POST /graphql json variables.name"])
    assert result.stats["operations"]["known"] == 4
