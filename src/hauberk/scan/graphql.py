"""A GraphQL endpoint as operations: one for each field of its query and mutation types, asked for by introspection.

Source: GraphQL, October 2021, section 4; GraphQL over HTTP (draft), section 5.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from hauberk.scan.client import Client
from hauberk.scan.messages import Request
from hauberk.scan.surface import JSON, Operation, Parameter, Surface

USUAL = "/graphql"
ASK = (
    "query{__schema{queryType{name}mutationType{name}types{kind name possibleTypes{name} "
    "fields(includeDeprecated:true){name args{name defaultValue type{...T}}type{...T}}"
    "inputFields{name type{...T}}enumValues{name}}}}"
    "fragment T on __Type{kind name ofType{kind name ofType{kind name ofType{kind name}}}}"
)
SCALARS = {"Int": "integer", "Float": "number", "Boolean": "boolean", "String": "string", "ID": "string"}
FIELDS = 200
"""Fields of a schema that become operations."""
DEPTH = 2
"""How deep what comes back is selected, and input objects are filled in."""
Types = Mapping[str, Mapping[str, Any]]


def discover(client: Client, surface: Surface, asked: set[str]) -> list[Operation]:
    """The fields of every endpoint: where a path says so; where no routes are known, at the usual place as well.

    What was `asked` is not asked again.
    """
    paths = dict.fromkeys(o.path for o in surface.operations if o.path.rstrip("/").lower().endswith("graphql"))
    known = {o.path for o in surface.operations if o.source == "graphql"}
    todo = [path for path in paths if path not in asked | known]
    asked.update(paths)
    guess = f"{USUAL} (a guess)"  # it is asked again where a page shows it
    if not paths and guess not in asked and all(o.source in {"crawl", "form"} for o in surface.operations):
        asked.add(guess)
        todo.append(USUAL)
    return [field for path in todo for field in _fields(client, path)]


def _fields(client: Client, path: str) -> list[Operation]:
    asked = json.dumps({"query": ASK}).encode()
    answer = client.send(Request(method="POST", target=path, headers=(("content-type", JSON),), body=asked))
    try:
        document = json.loads(answer.body)
    except ValueError:
        return []
    data = document.get("data") if isinstance(document, dict) else None
    return operations(data, path) if isinstance(data, dict) else []


def operations(data: Mapping[str, Any], path: str) -> list[Operation]:
    """The operations of an introspection's answer; what has not the shape that the standard gives it is left out."""
    schema = data.get("__schema")
    if not isinstance(schema, dict):
        return []
    types: Types = {t["name"]: t for t in _list(schema.get("types")) if isinstance(t, dict) and "name" in t}
    found = []
    for word, member in (("query", "queryType"), ("mutation", "mutationType")):
        root = schema.get(member)
        owner = types.get(str(root.get("name"))) if isinstance(root, dict) else None
        fields = [one for one in _list(owner.get("fields")) if isinstance(one, dict)] if owner else []
        found += [_operation(types, path, word, one) for one in fields if isinstance(one.get("name"), str)]
    return found[:FIELDS]


def _operation(types: Types, path: str, word: str, field: Mapping[str, Any]) -> Operation:
    arguments = [one for one in _list(field.get("args")) if isinstance(one, dict) and isinstance(one.get("name"), str)]
    declared = ", ".join(f"${one['name']}: {written(one.get('type'))}" for one in arguments)
    passed = ", ".join(f"{one['name']}: ${one['name']}" for one in arguments)
    document = word + (f"({declared})" if declared else "") + " { " + field["name"]
    document += (f"({passed})" if passed else "") + _selection(types, field.get("type"), DEPTH) + " }"
    leaves = [leaf for one in arguments for leaf in _leaves(types, one.get("type"), f"variables.{one['name']}", DEPTH)]
    return Operation(
        method="POST",
        path=path,
        parameters=(Parameter(name="query", place="json", schema={"const": document}, example=document), *leaves),
        body=JSON,
        source="graphql",
        variant=f"{word}.{field['name']}",
    )


def _leaves(types: Types, kind: object, name: str, depth: int) -> Iterator[Parameter]:
    """The values that an argument takes, as leaves of the body."""
    named, listed, required = _unwrapped(kind)
    name += "[]" if listed else ""
    described = types.get(named, {})
    inner = _list(described.get("inputFields"))
    if inner and depth:
        for one in inner:
            if isinstance(one, dict) and isinstance(one.get("name"), str):
                yield from _leaves(types, one.get("type"), f"{name}.{one['name']}", depth - 1)
        return
    choices = [str(v.get("name")) for v in _list(described.get("enumValues")) if isinstance(v, dict)]
    schema: dict[str, Any] = {"type": SCALARS.get(named, "string")}
    yield Parameter(name=name, place="json", schema=schema | ({"enum": choices} if choices else {}), required=required)


def _selection(types: Types, kind: object, depth: int) -> str:
    """What is asked of the answer: its plain fields, and those of what it holds; nothing of a plain value.

    Of a union, the fields of one of its types: fields of the same name may differ from one to the other (5.3.2).
    """
    described = types.get(_unwrapped(kind)[0], {})
    fields = _list(described.get("fields"))
    if not fields:
        if described.get("kind") != "UNION":
            return ""
        one = next((t for t in _list(described.get("possibleTypes")) if isinstance(t, dict) and t.get("name")), None)
        inner = _selection(types, {"name": one["name"]}, 1) if one and depth else ""
        return f" {{ __typename ... on {one['name']}{inner} }}" if one and inner else " { __typename }"
    chosen = []
    for field in fields:
        if not isinstance(field, dict) or any("NON_NULL" in str(one.get("type")) for one in _list(field.get("args"))):
            continue
        inner = _selection(types, field.get("type"), depth - 1) if depth > 1 else ""
        target = types.get(_unwrapped(field.get("type"))[0], {})
        plain = not _list(target.get("fields")) and target.get("kind") != "UNION"
        if plain or inner:
            chosen.append(f"{field['name']}{inner}")
    return " { " + " ".join(chosen[:30] or ["__typename"]) + " }"


def _unwrapped(kind: object) -> tuple[str, bool, bool]:
    """The name of a type, whether it is a list, and whether it must be given."""
    required = isinstance(kind, dict) and kind.get("kind") == "NON_NULL"
    listed = False
    while isinstance(kind, dict) and isinstance(kind.get("ofType"), dict):
        listed = listed or kind.get("kind") == "LIST"
        kind = kind["ofType"]
    return (str(kind.get("name")) if isinstance(kind, dict) else ""), listed, required


def written(kind: object) -> str:
    """A type as a document writes it: `[Int!]!`."""
    if not isinstance(kind, dict):
        return "String"
    if kind.get("kind") == "NON_NULL":
        return written(kind.get("ofType")) + "!"
    if kind.get("kind") == "LIST":
        return f"[{written(kind.get('ofType'))}]"
    return str(kind.get("name"))


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
