"""A GraphQL endpoint without limits is found, limit by limit; one with them is not."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from hauberk.scan import ASGITransport, Operation, Surface, scan
from tests.scan.test_graphql import SCHEMA

ALL = {"introspection", "aliases", "batch", "depth"}


def app(limits: set[str]) -> Starlette:
    def one(asked: Any) -> dict[str, Any]:
        text = asked["query"]
        deep = max(text[:at].count("{") - text[:at].count("}") for at in range(len(text)))
        if ("aliases" in limits and text.count(":__typename") > 15) or ("depth" in limits and deep > 15):
            return {"errors": [{"message": "too much"}]}
        if "introspection" in limits and text.startswith("{__schema{queryType{name"):
            return {"errors": [{"message": "not told"}]}
        if "ofType{" * 15 in text:
            return {"data": {"__schema": {"queryType": {"ofType": None}}}}
        if "__schema" in text:
            return {"data": {"__schema": SCHEMA}}
        names = re.findall(r"(?:\w+(?=:__typename)|(?<!:)__typename)", text)
        return {"data": dict.fromkeys(names, "Query")}

    async def answer(request: Request) -> JSONResponse:
        asked = json.loads(await request.body())
        if isinstance(asked, list):
            return JSONResponse([one(o) for o in asked]) if "batch" not in limits else JSONResponse({}, 400)
        return JSONResponse(one(asked))

    return Starlette(routes=[Route("/graphql", answer, methods=["POST"])])


@pytest.mark.parametrize("limits", [set(), *({name} for name in sorted(ALL)), ALL], ids=lambda s: "+".join(sorted(s)))
def test_what_has_no_limit(limits: set[str]) -> None:
    known = Surface.of([Operation(method="POST", path="/graphql")])
    result = scan(known, ASGITransport(app(limits)), target="app")
    found = {f.key: f for f in result.failures if f.rule.id == "scan.graphql-abuse"}
    assert set(found) == ALL - limits
    for key, finding in found.items():
        json.dumps(finding.as_json())
        assert {"request", "response", "control"} <= set(finding.evidence)
        assert (finding.severity, finding.confidence) == (
            ("info", "certain") if key == "introspection" else ("low", "tentative")
        )
