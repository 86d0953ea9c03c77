"""The nonce reaches templates wherever an application keeps its engine, made before or after `protect`."""

from __future__ import annotations

import asyncio
import functools
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import jinja2
import pytest
from fastapi import APIRouter, FastAPI
from starlette.applications import Starlette
from starlette.endpoints import HTTPEndpoint
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.templating import Jinja2Templates
from starlette.testclient import TestClient

import hauberk
from hauberk import CSP, LateNonceError, Policy, protect
from tests.drivers import Got
from tests.integrations.driving import Visitor
from tests.integrations.shop.engine import make
from tests.integrations.shop.views import pages

in_this_module = make()


def same(got: Got) -> None:
    nonces = re.findall(r'nonce="([^"]*)"', got.body.decode())
    assert len(nonces) == 2
    assert len(set(nonces)) == 1
    assert len(nonces[0]) == 24
    assert f"'nonce-{nonces[0]}'" in (got.one("content-security-policy") or "")


async def module_page(request: Request) -> Response:
    return in_this_module.TemplateResponse(request, "page")


def closure() -> Starlette:
    mine = make()

    async def page(request: Request) -> Response:
        return mine.TemplateResponse(request, "page")

    return Starlette(routes=[Route("/", page)])


def decorated() -> Starlette:
    mine = make()

    def logged(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        async def wrapper(*args: Any) -> Any:
            return await function(*args)

        return wrapper

    @logged
    async def page(request: Request) -> Response:
        return mine.TemplateResponse(request, "page")

    return Starlette(routes=[Route("/", page)])


def method() -> Starlette:
    class Pages:
        def __init__(self) -> None:
            self.engine = make()

        async def page(self, request: Request) -> Response:
            return self.engine.TemplateResponse(request, "page")

    return Starlette(routes=[Route("/", Pages().page)])


def endpoint_class() -> Starlette:
    class Page(HTTPEndpoint):
        engine = make()

        async def get(self, request: Request) -> Response:
            return self.engine.TemplateResponse(request, "page")

    return Starlette(routes=[Route("/", Page)])


def partial() -> Starlette:
    async def page(request: Request, *, engine: Jinja2Templates) -> Response:
        return engine.TemplateResponse(request, "page")

    return Starlette(routes=[Route("/", functools.partial(page, engine=make()))])


def state() -> Starlette:
    async def page(request: Request) -> Response:
        engine: Jinja2Templates = request.app.state.engine
        return engine.TemplateResponse(request, "page")

    app = Starlette(routes=[Route("/", page)])
    app.state.engine = make()
    return app


def mounted() -> Starlette:
    return Starlette(routes=[Mount("/", app=closure())])


def router() -> FastAPI:
    mine = make()
    inner, outer = APIRouter(), APIRouter()

    @inner.get("/")
    def page(request: Request) -> Response:
        return mine.TemplateResponse(request, "page")

    outer.include_router(inner)
    app = FastAPI()
    app.include_router(outer)
    return app


def error_page() -> Starlette:
    mine = make()

    async def broken(request: Request) -> Response:
        raise HTTPException(503)

    async def sorry(request: Request, error: Exception) -> Response:
        return mine.TemplateResponse(request, "page", status_code=503)

    return Starlette(routes=[Route("/", broken)], exception_handlers={503: sorry})


PLACES: tuple[Callable[[], Starlette], ...] = (
    closure, decorated, method, endpoint_class, partial, state, mounted, router, error_page,
    lambda: Starlette(routes=[Route("/", module_page)]),
    lambda: Starlette(routes=[Route("/", pages.page)]),
    lambda: Starlette(routes=[Route("/", pages.macro)]),
)  # fmt: skip


@pytest.mark.parametrize("make_app", PLACES)
def test_an_engine_is_found(make_app: Callable[[], Starlette]) -> None:
    same(Visitor(protect(make_app()), "asgi").get("/"))


def test_an_engine_and_a_route_made_after_protect() -> None:
    app = protect(Starlette())
    mine = make()

    async def page(request: Request) -> Response:
        return mine.TemplateResponse(request, "page")

    app.add_route("/", page)
    same(Visitor(app, "asgi").get("/"))


@pytest.mark.parametrize("where", ["application", "request"])
def test_an_engine_made_when_the_application_starts(where: str) -> None:
    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[dict[str, Any]]:
        if where == "application":
            app.state.engine = make()
            yield {}
        else:
            yield {"engine": make()}

    async def page(request: Request) -> Response:
        engine: Jinja2Templates = getattr(request, "app" if where == "application" else "self", request).state.engine
        return engine.TemplateResponse(request, "page")

    app = protect(Starlette(routes=[Route("/", page)], lifespan=lifespan))
    with TestClient(app) as client:
        reply = client.get("/")
    same(Got(reply.status_code, list(reply.headers.items()), reply.content))


def test_an_engine_out_of_sight_is_shown_by_hand() -> None:
    environments: list[Any] = []

    async def page(request: Request) -> Response:
        environments.append(hauberk.templates(jinja2.Environment(autoescape=True)))
        return Response(
            environments[-1].from_string('<script nonce="{{ csp_nonce }}" data-nonce="{{ csp_nonce }}">').render()
        )

    same(Visitor(protect(Starlette(routes=[Route("/", page)])), "asgi").get("/"))


def test_the_applications_own_name_wins() -> None:
    app = state()
    app.state.engine.env.globals["csp_nonce"] = lambda: "mine"
    app.state.engine.env.loader.mapping["page"] = "{{ csp_nonce() }}"
    assert Visitor(protect(app), "asgi").get("/").body == b"mine"


def test_lazy_objects_of_the_application_stay_lazy() -> None:
    def no_class(self: object) -> Any:
        raise AssertionError("asked for its class")

    def no_attribute(self: object, name: str) -> Any:
        raise AssertionError(f"asked for {name}")

    app = closure()
    app.state.lazy = type("Lazy", (), {"__class__": property(no_class), "__getattr__": no_attribute})()
    app.state.library = type("Lib", (), {"__class__": property(lambda self: type(jinja2))})()
    same(Visitor(protect(app), "asgi").get("/"))


def test_a_nonce_read_in_a_stream_is_late() -> None:
    async def page(request: Request) -> Response:
        async def parts() -> AsyncIterator[str]:
            yield "begin"
            yield hauberk.csp_nonce(request)

        return StreamingResponse(parts())

    with pytest.raises(LateNonceError):
        TestClient(protect(Starlette(routes=[Route("/", page)]))).get("/")


def test_no_protection_no_nonce() -> None:
    async def page(request: Request) -> Response:
        with pytest.raises(hauberk.ConfigurationError, match=r"call hauberk.protect\(app\) first"):
            hauberk.csp_nonce(request)
        return PlainTextResponse("fine")

    assert Visitor(Starlette(routes=[Route("/", page)]), "asgi").get("/").body == b"fine"


def test_many_requests_at_once_each_with_its_own() -> None:
    async def page(request: Request) -> Response:
        first = hauberk.csp_nonce(request)
        await asyncio.sleep(0.001)
        return PlainTextResponse(f"{first} {hauberk.csp_nonce(request)}")

    app = protect(Starlette(routes=[Route("/", page)]))
    visitor = Visitor(app, "asgi")

    async def one() -> list[str]:
        scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": [], "scheme": "https"}
        sent = await visitor._converse(scope)
        nonces = sent[1]["body"].decode().split()
        policy = dict(sent[0]["headers"])[b"content-security-policy"].decode()
        assert nonces[0] == nonces[1]
        assert f"'nonce-{nonces[0]}'" in policy
        return list(nonces)

    async def all_of_them() -> list[list[str]]:
        return list(await asyncio.gather(*[one() for _ in range(50)]))

    assert len({nonces[0] for nonces in asyncio.run(all_of_them())}) == 50


def test_without_csp_a_template_still_works() -> None:
    got = Visitor(protect(closure(), Policy.recommended().replace(csp=None)), "asgi").get("/")
    assert got.status == 200
    assert got.one("content-security-policy") is None
    assert CSP is hauberk.CSP


def test_starlettes_test_client_sees_template_and_context() -> None:
    reply: Any = TestClient(protect(closure())).get("/")
    assert reply.template.name == "page"
    assert reply.context["request"].url.path == "/"
