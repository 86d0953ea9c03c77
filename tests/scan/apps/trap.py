"""An application that is sound, and looks vulnerable to whoever judges by words. For tests only."""

import html
import itertools
import random
from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.requests import Request
from starlette.responses import (
    HTMLResponse,
    JSONResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
    StreamingResponse,
)
from starlette.routing import Route

COUNTER = itertools.count()
HEADERS = {
    "content-security-policy": "default-src 'self'; frame-ancestors 'none'; object-src 'none'; base-uri 'none'",
    "strict-transport-security": "max-age=31536000",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}


async def harden(request: Request, call_next: RequestResponseEndpoint) -> Response:
    response = await call_next(request)
    response.headers.update(HEADERS)
    return response


def echo(request: Request) -> Response:
    """Every encoding that is right for its place."""
    q = request.query_params.get("q", "")
    in_script = html.escape(q).replace("\\", "\\\\").replace("\n", "")
    return HTMLResponse(
        f'<title>{html.escape(q)}</title><p>{html.escape(q)}</p><input value="{html.escape(q)}">'
        f"<!-- {html.escape(q)} --><textarea>{html.escape(q)}</textarea><a href='?q={html.escape(q)}'>x</a>"
        f"<script type='application/json'>{in_script}</script>"
    )


def plain(request: Request) -> Response:
    """Raw, but as text."""
    return PlainTextResponse("You asked for <b>" + request.query_params.get("q", ""))


def as_json(request: Request) -> Response:
    return JSONResponse({"q": request.query_params.get("q", "")})


def firewall(request: Request) -> Response:
    q = request.query_params.get("q", "")
    if any(character in q for character in "'\"<>;"):
        return HTMLResponse("<h1>Forbidden</h1> SQL syntax error near your request was blocked", 403)
    return HTMLResponse("<p>ok</p>")


def limited(request: Request) -> Response:
    request.query_params.get("q")
    return PlainTextResponse("slow down", 429) if next(COUNTER) % 3 else PlainTextResponse("ok")


def noise(request: Request) -> Response:
    """Another answer each time, sometimes an error, whatever the input is."""
    request.query_params.get("q")
    body = f"<p>{random.random()}</p>" + "<b>x</b>" * random.randrange(9)
    return HTMLResponse(body, random.choice([200, 200, 500, 302]), {"location": "/"})


def prose(request: Request) -> Response:
    request.query_params.get("q")
    return HTMLResponse(
        "<p>How to read a Traceback (most recent call last): look at the last line. You have an error in your SQL "
        "syntax; root:x:0:0:root:/root:/bin/sh is a line of /etc/passwd. The Werkzeug debugger shows a stack trace.</p>"
        '<pre>Traceback (most recent call last):\n  File "x.py", line 1, in &lt;module&gt;\nZeroDivisionError</pre>'
    )


def onward(request: Request) -> Response:
    """The input is in the address, but not in its host."""
    return RedirectResponse("/login?next=" + html.escape(request.query_params.get("next", "")))


def prefixed(request: Request) -> Response:
    return RedirectResponse("/to/" + request.query_params.get("url", "").lstrip("/"))


def script(request: Request) -> Response:
    """A script that holds other people's quotes."""
    return HTMLResponse(
        "<script>var a = 'it\\'s', b = \"<b>\", c = /'/;</script>" + html.escape(request.query_params.get("q", ""))
    )


async def events(request: Request) -> Response:
    request.query_params.get("q")

    async def forever() -> AsyncIterator[str]:
        while True:
            yield "data: x\n\n"

    return StreamingResponse(forever(), media_type="text/event-stream")


def anything(request: Request) -> Response:
    """A single-page application: the same page for every path."""
    return HTMLResponse("<div id=app></div>")


app = Starlette(
    routes=[
        *(
            Route("/" + view.__name__, view)
            for view in (echo, plain, as_json, firewall, limited, noise, prose, onward, prefixed, script)
        ),
        Route("/events", events),
        Route("/{path:path}", anything),
    ],
    middleware=[Middleware(BaseHTTPMiddleware, dispatch=harden)],
)
