"""One small application in each of six frameworks: its handlers do with their session what the test says.

`/act` does it and answers what came out, `/nothing` looks into no session, `/stream` does it and then streams, and does
`LATE` between two parts. The session is the framework's own: `request.session`, `flask.session`, `quart.session`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from typing import Any, Literal, NamedTuple

import fastapi as fa
import litestar as ls
from litestar.response import Stream

from hauberk import Policy, protect
from hauberk.core.plan import Plan
from tests.drivers import serve_django
from tests.integrations.driving import Visitor

Act = Callable[[Any], object]
DOING: list[Act] = []
"""What the next request's handler does."""
LATE: list[Act] = []
"""What it does in a stream, after the first part."""


class Made(NamedTuple):
    """A protected application, and how it is spoken to."""

    app: Any
    protocol: Literal["asgi", "wsgi"]


def done(session: Any) -> str:
    return repr(DOING[0](session))


def parts(session: Any) -> Iterator[bytes]:
    yield b"one;"
    for act in LATE:
        act(session)
    yield b"two"


async def parts_async(session: Any) -> AsyncIterator[bytes]:
    for part in parts(session):
        yield part


def starlette(policy: Policy, stack: ExitStack) -> Made:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import PlainTextResponse, StreamingResponse
    from starlette.routing import Route

    async def act(request: Request) -> PlainTextResponse:
        return PlainTextResponse(done(request.session))

    async def nothing(request: Request) -> PlainTextResponse:
        return PlainTextResponse("-")

    async def stream(request: Request) -> StreamingResponse:
        done(request.session)
        return StreamingResponse(parts_async(request.session))

    routes = [Route("/act", act), Route("/nothing", nothing), Route("/stream", stream)]
    return Made(protect(Starlette(routes=routes), policy), "asgi")


def fastapi(policy: Policy, stack: ExitStack) -> Made:
    from fastapi.responses import PlainTextResponse, StreamingResponse

    app = fa.FastAPI(openapi_url=None)

    @app.get("/act", response_class=PlainTextResponse)
    async def act(request: fa.Request) -> str:
        return done(request.session)

    @app.get("/nothing", response_class=PlainTextResponse)
    async def nothing() -> str:
        return "-"

    @app.get("/stream")
    async def stream(request: fa.Request) -> StreamingResponse:
        done(request.session)
        return StreamingResponse(parts_async(request.session))

    return Made(protect(app, policy), "asgi")


def litestar(policy: Policy, stack: ExitStack) -> Made:
    @ls.get("/act", media_type="text/plain")
    async def act(request: ls.Request[Any, Any, Any]) -> str:
        return done(request.session)

    @ls.get("/nothing", media_type="text/plain")
    async def nothing() -> str:
        return "-"

    @ls.get("/stream")
    async def stream(request: ls.Request[Any, Any, Any]) -> Stream:
        done(request.session)
        return Stream(parts_async(request.session))

    return Made(protect(ls.Litestar([act, nothing, stream], openapi_config=None, logging_config=None), policy), "asgi")


def quart(policy: Policy, stack: ExitStack) -> Made:
    from quart import Quart, session

    app = Quart("shop")

    @app.get("/act")
    async def act() -> str:
        return done(session)

    @app.get("/nothing")
    async def nothing() -> str:
        return "-"

    @app.get("/stream")
    async def stream() -> Any:
        done(session)
        return parts_async(session._get_current_object())  # type: ignore[attr-defined]

    return Made(protect(app, policy), "asgi")


def flask(policy: Policy, stack: ExitStack) -> Made:
    from flask import Flask, session

    app = Flask("shop")

    @app.get("/act")
    def act() -> str:
        return done(session)

    @app.get("/nothing")
    def nothing() -> str:
        return "-"

    @app.get("/stream")
    def stream() -> Any:
        done(session)
        return parts(session._get_current_object())  # type: ignore[attr-defined]

    return Made(protect(app, policy), "wsgi")


def django_by_wsgi(policy: Policy, stack: ExitStack) -> Made:
    return _django(policy, stack, "wsgi")


def django_by_asgi(policy: Policy, stack: ExitStack) -> Made:
    return _django(policy, stack, "asgi")


def _django(policy: Policy, stack: ExitStack, protocol: Literal["asgi", "wsgi"]) -> Made:
    """Settings are of the process: these hold until the stack is left."""
    serve_django(Plan.of([]))  # configures Django, where nobody has yet
    from django.core.asgi import get_asgi_application
    from django.core.wsgi import get_wsgi_application
    from django.http import HttpResponse, StreamingHttpResponse
    from django.test import override_settings
    from django.urls import path

    def act(request: Any) -> HttpResponse:
        return HttpResponse(done(request.session))

    def nothing(request: Any) -> HttpResponse:
        return HttpResponse("-")

    def stream(request: Any) -> StreamingHttpResponse:
        done(request.session)
        made = parts if protocol == "wsgi" else parts_async
        return StreamingHttpResponse(made(request.session))

    class Places:
        urlpatterns = (path("act", act), path("nothing", nothing), path("stream", stream))

    settings: dict[str, Any] = {"MIDDLEWARE": ["hauberk.django.Shield"], "HAUBERK": policy, "ROOT_URLCONF": Places}
    stack.enter_context(override_settings(**settings))
    return Made(get_asgi_application() if protocol == "asgi" else get_wsgi_application(), protocol)


FRAMEWORKS: dict[str, Callable[[Policy, ExitStack], Made]] = {
    "starlette": starlette,
    "fastapi": fastapi,
    "litestar": litestar,
    "quart": quart,
    "flask": flask,
    "django-wsgi": django_by_wsgi,
    "django-asgi": django_by_asgi,
}


class Browser(Visitor):
    """Tells handlers what to do, and keeps cookies."""

    def do(self, act: Act, *, path: str = "/act", cookies: dict[str, str] | None = None) -> str:
        """What came out of it, as text; with other cookies than its own, which it keeps then."""
        DOING[:] = [act]
        kept = dict(self.cookies)
        if cookies is not None:
            self.cookies = dict(cookies)
        self.got = self.get(path)
        if cookies is not None:
            self.cookies = kept
        assert (self.got.status, self.errors) == (200, []), self.got.body
        return self.got.body.decode()
