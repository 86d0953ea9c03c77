"""Access tokens in six frameworks: who gets in, who does not, and what is answered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import pytest

import hauberk
from hauberk import Bearer, KeyRing, Policy, Tokens, protect, requires
from hauberk.core.errors import ConfigurationError
from hauberk.stores.memory import MemoryStore
from tests.integrations.driving import Visitor

STORE = MemoryStore()
TOKENS = Tokens(
    issuer="https://id.example", audience="https://api.example", keys=KeyRing.generate("HS256"), store=STORE
)
POLICY = Policy(tokens=Bearer(tokens=TOKENS, realm="shop"))


def told(request: object) -> str:
    found = hauberk.claims(request)
    return "nobody" if found is None else found.subject


def starlette() -> Any:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import PlainTextResponse
    from starlette.routing import Route

    async def who(request: Request) -> PlainTextResponse:
        return PlainTextResponse(told(request))

    @requires(scope="write")
    async def write(request: Request) -> PlainTextResponse:
        return PlainTextResponse("written")

    @requires(scope="write")
    def plain(request: Request) -> PlainTextResponse:
        return PlainTextResponse("written")

    return Starlette(routes=[Route("/who", who), Route("/write", write), Route("/plain", plain)])


def fastapi() -> Any:
    from fastapi import Depends, FastAPI

    app = FastAPI()
    from starlette.requests import Request

    async def who(request: Any) -> str:
        return told(request)

    who.__annotations__["request"] = Request
    app.get("/who")(who)

    @app.get("/write", dependencies=[Depends(requires(scope="write"))])
    async def write() -> str:
        return "written"

    @app.get("/plain")
    @requires(scope="write")
    def plain() -> str:
        return "written"

    return app


def flask() -> Any:
    import flask as framework
    from flask.views import MethodView

    app = framework.Flask(__name__)

    @app.get("/who")
    def who() -> str:
        return told(framework.request)

    @app.get("/write")
    @requires(scope="write")
    def write() -> str:
        return "written"

    @requires(scope="write")
    class Plain(MethodView):
        def get(self) -> str:
            return "written"

    app.add_url_rule("/plain", view_func=Plain.as_view("plain"))
    return app


def quart() -> Any:
    import quart as framework

    app = framework.Quart(__name__)

    @app.get("/who")
    async def who() -> str:
        return told(framework.request.scope)

    @app.get("/write")
    @requires(scope="write")
    async def write() -> str:
        return "written"

    @app.get("/plain")
    @requires(scope="write")
    def plain() -> str:
        return "written"

    return app


def litestar() -> Any:
    from litestar import Litestar, Request, get

    async def who(request: Any) -> str:
        return told(request)

    who.__annotations__["request"] = Request[Any, Any, Any]

    @get("/write", guards=[requires(scope="write")])
    async def write() -> str:
        return "written"

    @get("/plain", sync_to_thread=True)
    @requires(scope="write")
    def plain() -> str:
        return "written"

    return Litestar([get("/who")(who), write, plain])


FRAMEWORKS: dict[str, tuple[Callable[[], Any], Literal["asgi", "wsgi"]]] = {
    "starlette": (starlette, "asgi"),
    "fastapi": (fastapi, "asgi"),
    "flask": (flask, "wsgi"),
    "quart": (quart, "asgi"),
    "litestar": (litestar, "asgi"),
}


@pytest.fixture(params=FRAMEWORKS)
def visitor(request: pytest.FixtureRequest) -> Visitor:
    make, protocol = FRAMEWORKS[request.param]
    return Visitor(protect(make(), POLICY), protocol)


def bearer(**claims: Any) -> str:
    return "Bearer " + TOKENS.issue("ann", **claims)


@pytest.mark.parametrize("path", ["/write", "/plain"])
def test_a_route_asks_for_a_token_and_its_scope(visitor: Visitor, path: str) -> None:
    none = visitor.get(path)
    assert (none.status, none.one("www-authenticate")) == (401, 'Bearer realm="shop"')
    less = visitor.get(path, authorization=bearer(scope="read"))
    assert less.status == 403
    assert less.one("www-authenticate") == 'Bearer realm="shop", error="insufficient_scope", scope="write"'
    enough = visitor.get(path, authorization=bearer(scope="read write"))
    assert (enough.status, enough.body.strip(b'"')) == (200, b"written")


def test_a_handler_reads_the_claims(visitor: Visitor) -> None:
    assert visitor.get("/who").body.strip(b'"') == b"nobody"
    assert visitor.get("/who", authorization=bearer()).body.strip(b'"') == b"ann"
    assert visitor.get("/who", authorization="Basic YTpi").body.strip(b'"') == b"nobody"


def test_a_bad_token_is_refused_on_any_route(visitor: Visitor) -> None:
    got = visitor.get("/who", authorization=bearer() + "x")
    assert (got.status, got.one("www-authenticate")) == (401, 'Bearer realm="shop", error="invalid_token"')


def test_a_token_in_the_query_is_not_looked_at(visitor: Visitor) -> None:
    assert visitor.get("/write?access_token=" + TOKENS.issue("ann", scope="write")).status == 401


def test_a_revoked_token_is_refused(visitor: Visitor) -> None:
    token = TOKENS.issue("ann")
    assert visitor.get("/who", authorization=f"Bearer {token}").status == 200
    TOKENS.revoke_sync(token)
    assert visitor.get("/who", authorization=f"Bearer {token}").status == 401


def test_without_tokens_in_the_policy_it_is_our_error() -> None:
    app = flask()
    app.testing = True
    with pytest.raises(ConfigurationError, match=r"Policy\.tokens"):
        protect(app, Policy()).test_client().get("/write")


@pytest.mark.parametrize("scope", ['a"b', "a\\b", "é"])
def test_a_scope_that_no_token_has_is_refused(scope: str) -> None:
    with pytest.raises(ConfigurationError, match=r"requires\.scope"):
        requires(scope=scope)


def test_the_public_keys_as_a_route() -> None:
    body, fields = hauberk.jwks_route(KeyRing.generate("EdDSA"))()
    assert fields["content-type"] == "application/jwk-set+json"
    assert body.count(b'"kid"') == 2
    assert b'"d"' not in body
