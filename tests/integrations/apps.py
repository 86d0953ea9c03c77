"""The same small application in every framework; nothing of hauberk in it but the nonce where it is asked for."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from inspect import isawaitable
from pathlib import Path
from typing import Any, Literal

import hauberk

HERE = Path(__file__).parent
STATIC = HERE / "static"
PAGE = '<script nonce="{{ csp_nonce }}">1</script><script nonce="{{ csp_nonce() }}">2</script>'
"""As an author would write it; both forms give the same nonce."""


class TeapotError(Exception):
    """The application has a handler for this one."""


@dataclass(frozen=True)
class Framework:
    name: str
    protocol: Literal["asgi", "wsgi"]
    make: Callable[[], Any]


def fastapi() -> Any:
    from fastapi import FastAPI

    return _starlette(FastAPI())


def starlette() -> Any:
    from starlette.applications import Starlette

    return _starlette(Starlette())


def _starlette(app: Any) -> Any:
    import jinja2
    from starlette.middleware import sessions
    from starlette.requests import Request
    from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response, StreamingResponse
    from starlette.staticfiles import StaticFiles
    from starlette.templating import Jinja2Templates

    pages = Jinja2Templates(env=jinja2.Environment(loader=jinja2.DictLoader({"page": PAGE}), autoescape=True))

    async def home(request: Request) -> Response:
        return PlainTextResponse("home")

    async def boom(request: Request) -> Response:
        raise RuntimeError("hunter2")

    async def teapot(request: Request) -> Response:
        raise TeapotError

    async def handled(request: Request, error: Exception) -> Response:
        return JSONResponse({"tea": True}, status_code=418)

    async def away(request: Request) -> Response:
        return RedirectResponse("/", status_code=302)

    async def stream(request: Request) -> Response:
        async def parts() -> AsyncIterator[str]:
            for number in range(3):
                yield f"part {number};"

        return StreamingResponse(parts(), media_type="text/plain")

    async def page(request: Request) -> Response:
        return pages.TemplateResponse(request, "page")

    def nonce(request: Request) -> Response:
        return PlainTextResponse(f"{hauberk.csp_nonce(request)} {hauberk.csp_nonce(request)}")

    async def cookie(request: Request) -> Response:
        response = PlainTextResponse("set")
        response.set_cookie("plain", "1", samesite=None)
        response.set_cookie("own", "2", samesite="strict", httponly=True)
        return response

    async def forget(request: Request) -> Response:
        response = PlainTextResponse("gone")
        response.delete_cookie("plain")
        return response

    async def session(request: Request) -> Response:
        request.session["n"] = request.session.get("n", 0) + 1
        return PlainTextResponse(str(request.session["n"]))

    async def framed(request: Request) -> Response:
        return PlainTextResponse("framed", headers={"X-Frame-Options": "DENY"})

    for view in (home, boom, teapot, away, stream, page, nonce, cookie, forget, session, framed):
        app.add_route("/" if view is home else f"/{view.__name__}", view, methods=["GET"])
    app.add_exception_handler(TeapotError, handled)
    app.add_middleware(sessions.SessionMiddleware, secret_key="x" * 32)
    app.mount("/static", StaticFiles(directory=STATIC))
    return app


def litestar() -> Any:
    import litestar as web
    from litestar.middleware.session.client_side import CookieBackendConfig
    from litestar.plugins.jinja import JinjaTemplateEngine
    from litestar.response import Redirect, Stream, Template
    from litestar.static_files import create_static_files_router
    from litestar.template import TemplateConfig

    @web.get("/", media_type="text/plain", sync_to_thread=False)
    def home() -> str:
        return "home"

    @web.get("/boom", sync_to_thread=False)
    def boom() -> str:
        raise RuntimeError("hunter2")

    @web.get("/teapot", sync_to_thread=False)
    def teapot() -> str:
        raise TeapotError

    def handled(request: Any, error: TeapotError) -> web.Response[Any]:
        return web.Response({"tea": True}, status_code=418)

    @web.get("/away", status_code=302, sync_to_thread=False)
    def away() -> web.Response[Any]:
        return Redirect("/", status_code=302)

    @web.get("/stream", sync_to_thread=False)
    def stream() -> web.Response[Any]:
        return Stream([f"part {number};" for number in range(3)], media_type="text/plain")

    @web.get("/page", sync_to_thread=False)
    def page() -> web.response.Template:
        return Template("page.html")

    @web.get("/nonce", media_type="text/plain", sync_to_thread=True)
    def nonce(request: web.Request[Any, Any, Any]) -> str:
        return f"{hauberk.csp_nonce(request)} {hauberk.csp_nonce(request)}"

    @web.get("/cookie", media_type="text/plain", sync_to_thread=False)
    def cookie() -> web.Response[str]:
        response = web.Response("set")
        response.set_cookie("plain", "1", samesite="lax")
        response.set_cookie("own", "2", samesite="strict", httponly=True)
        return response

    @web.get("/forget", media_type="text/plain", sync_to_thread=False)
    def forget() -> web.Response[str]:
        response = web.Response("gone")
        response.delete_cookie("plain")
        return response

    @web.get("/session", media_type="text/plain", sync_to_thread=False)
    def session(request: web.Request[Any, Any, Any]) -> str:
        request.session["n"] = request.session.get("n", 0) + 1
        return str(request.session["n"])

    @web.get("/framed", media_type="text/plain", sync_to_thread=False)
    def framed() -> web.Response[str]:
        return web.Response("framed", headers={"X-Frame-Options": "DENY"})

    views = [home, boom, teapot, away, stream, page, nonce, cookie, forget, session, framed]
    return web.Litestar(
        [*views, create_static_files_router("/static", [STATIC])],
        exception_handlers={TeapotError: handled},
        template_config=TemplateConfig(directory=HERE / "templates", engine=JinjaTemplateEngine),
        middleware=[CookieBackendConfig(secret=b"x" * 32).middleware],
        openapi_config=None,
        logging_config=None,
        signature_namespace={"web": web},
    )


def flask() -> Any:
    from flask import Flask, redirect, render_template_string, request, session

    return _flask(Flask(__name__), redirect, render_template_string, request, session)


def _flask(app: Any, redirect: Any, render: Any, request: Any, session: Any) -> Any:
    app.secret_key = "x" * 32

    @app.get("/")
    def home() -> Any:
        return "home", {"Content-Type": "text/plain"}

    @app.get("/boom")
    def boom() -> str:
        raise RuntimeError("hunter2")

    @app.get("/teapot")
    def teapot() -> str:
        raise TeapotError

    @app.errorhandler(TeapotError)
    def handled(error: TeapotError) -> Any:
        return {"tea": True}, 418

    @app.get("/away")
    def away() -> Any:
        return redirect("/")

    @app.get("/stream")
    def stream() -> Any:
        def parts() -> Iterator[str]:
            for number in range(3):
                yield f"part {number};"

        return parts(), {"Content-Type": "text/plain"}

    async def page() -> Any:
        return await made if isawaitable(made := render(PAGE)) else made

    def sync_page() -> Any:
        return render(PAGE)

    app.add_url_rule("/page", "page", page if type(app).__name__ == "Quart" else sync_page)

    @app.get("/nonce")
    def nonce() -> str:
        return f"{hauberk.csp_nonce(request)} {hauberk.csp_nonce(request)}"

    @app.get("/framed")
    def framed() -> Any:
        return "framed", {"X-Frame-Options": "DENY"}

    @app.get("/session")
    def count() -> str:
        session["n"] = session.get("n", 0) + 1
        return str(session["n"])

    @app.get("/cookie")
    @app.get("/forget")
    def cookie() -> Any:
        return {"set": request.path == "/cookie"}

    @app.after_request
    def cookies(response: Any) -> Any:
        if request.path == "/cookie":
            response.set_cookie("plain", "1")
            response.set_cookie("own", "2", samesite="Strict", httponly=True)
        if request.path == "/forget":
            response.delete_cookie("plain")
        return response

    return app


def quart() -> Any:
    from quart import Quart, redirect, render_template_string, request, session

    return _flask(Quart(__name__), redirect, render_template_string, request, session)


FRAMEWORKS = (
    Framework("fastapi", "asgi", fastapi),
    Framework("starlette", "asgi", starlette),
    Framework("litestar", "asgi", litestar),
    Framework("quart", "asgi", quart),
    Framework("flask", "wsgi", flask),
)
