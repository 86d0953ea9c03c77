"""One request through each of the three adapters, for the `serve` fixture and for tests that need one of them."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from hauberk.adapters.asgi import ASGIShield, Message, Receive, Scope, Send
from hauberk.adapters.wsgi import Environ, StartResponse, WSGIShield, status_line
from hauberk.core.exchange import Exchange, held
from hauberk.core.plan import Plan

Pairs = list[tuple[str, str]]
urlpatterns: list[object] = []
"""Django asks for them when it makes an error page."""


@dataclass
class Answer:
    """What the application under test answers."""

    status: int = 200
    headers: Pairs = field(default_factory=lambda: [("content-type", "text/html")])
    body: bytes = b"hello"


@dataclass
class Got:
    """What a client sees."""

    status: int
    headers: Pairs
    body: bytes

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name]

    def one(self, name: str) -> str | None:
        found = self.all(name)
        assert len(found) < 2, f"{name} came {len(found)} times: {found}"
        return found[0] if found else None


App = Callable[[Exchange], Answer]


class Serve(Protocol):
    """Run one request through a Plan."""

    def __call__(
        self,
        plan: Plan,
        app: App = ...,
        /,
        *,
        method: str = ...,
        path: str = ...,
        query: str = ...,
        headers: Pairs = ...,
        scheme: str = ...,
        body: bytes = ...,
    ) -> Got: ...


def hello(ex: Exchange) -> Answer:
    return Answer()


def serve_asgi(
    plan: Plan,
    app: App = hello,
    /,
    *,
    method: str = "GET",
    path: str = "/",
    query: str = "",
    headers: Pairs | None = None,
    scheme: str = "https",
    body: bytes = b"",
) -> Got:
    sent: list[Message] = []

    async def inner(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        answer = app(held(scope["hauberk"]))
        raw = [(k.encode(), v.encode("latin-1")) for k, v in answer.headers]
        await send({"type": "http.response.start", "status": answer.status, "headers": raw})
        await send({"type": "http.response.body", "body": answer.body})

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": query.encode(),
        "scheme": scheme,
        "client": ("192.0.2.7", 40000),
        "headers": [(k.encode(), v.encode("latin-1")) for k, v in headers or []],
    }
    try:
        asyncio.run(ASGIShield(inner, plan)(scope, receive, send))
    except Exception:
        if not sent:
            raise
    start = sent[0]
    return Got(
        start["status"],
        [(k.decode(), v.decode("latin-1")) for k, v in start["headers"]],
        b"".join(m.get("body", b"") for m in sent[1:]),
    )


def handshake_asgi(plan: Plan, *, path: str = "/", headers: Pairs | None = None, scheme: str = "https") -> bool:
    """Whether a WebSocket's handshake gets through to the application."""
    reached: list[bool] = []

    async def inner(scope: Scope, receive: Receive, send: Send) -> None:
        reached.append(True)
        await send({"type": "websocket.accept"})

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        return None

    scope = {
        "type": "websocket",
        "path": path,
        "query_string": b"",
        "scheme": "wss" if scheme == "https" else "ws",
        "client": ("192.0.2.7", 40000),
        "headers": [(k.encode(), v.encode("latin-1")) for k, v in headers or []],
    }
    asyncio.run(ASGIShield(inner, plan)(scope, receive, send))
    return bool(reached)


def serve_wsgi(
    plan: Plan,
    app: App = hello,
    /,
    *,
    method: str = "GET",
    path: str = "/",
    query: str = "",
    headers: Pairs | None = None,
    scheme: str = "https",
    body: bytes = b"",
) -> Got:
    started: list[tuple[str, Pairs]] = []

    def inner(environ: Environ, start_response: StartResponse) -> list[bytes]:
        environ["wsgi.input"].read()
        answer = app(held(environ["hauberk"]))
        start_response(status_line(answer.status), list(answer.headers))
        return [answer.body]

    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "wsgi.url_scheme": scheme,
        "REMOTE_ADDR": "192.0.2.7",
        "wsgi.input": io.BytesIO(body),
        **({"CONTENT_LENGTH": str(len(body))} if body else {}),
    }
    for key, value in headers or []:
        name = key.upper().replace("-", "_")
        environ[name if name in {"CONTENT_TYPE", "CONTENT_LENGTH"} else "HTTP_" + name] = value

    def start(status: str, fields: Pairs, exc_info: object = None) -> Callable[[bytes], object]:
        started.append((status, fields))
        return lambda part: None

    parts = WSGIShield(inner, plan)(environ, start)
    body_out = b"".join(parts)
    status, fields = started[-1]
    return Got(int(status[:3]), fields, body_out)


def serve_django(
    plan: Plan,
    app: App = hello,
    /,
    *,
    method: str = "GET",
    path: str = "/",
    query: str = "",
    headers: Pairs | None = None,
    scheme: str = "https",
    body: bytes = b"",
) -> Got:
    from django.conf import settings

    if not settings.configured:
        settings.configure(
            SECRET_KEY="for tests only, 50 characters long, never used elsewhere",
            ALLOWED_HOSTS=["*"],
            ROOT_URLCONF=__name__,
            USE_TZ=True,
            TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
        )
        import django

        django.setup()
    from django.core.handlers.exception import convert_exception_to_response
    from django.http import HttpRequest, HttpResponse
    from django.test import RequestFactory

    from hauberk.integrations.protect.django import Shield

    def view(request: HttpRequest) -> HttpResponse:
        assert request.body is not None
        answer = app(held(request.META["hauberk"]))
        response = HttpResponse(answer.body, status=answer.status)
        del response.headers["content-type"]
        for key, value in answer.headers:
            if key == "set-cookie":
                response.cookies.load(value)
            else:
                response.headers[key] = value
        return response

    shield = Shield(convert_exception_to_response(view))
    shield.plan = plan
    fields = {
        k.upper().replace("-", "_")
        if k in {"content-type", "content-length"}
        else "HTTP_" + k.upper().replace("-", "_"): v
        for k, v in headers or []
    }
    request = RequestFactory().generic(
        method,
        path,
        body,
        QUERY_STRING=query,
        REMOTE_ADDR="192.0.2.7",
        secure=scheme == "https",
        **fields,
    )
    response = shield(request)
    assert isinstance(response, HttpResponse)
    pairs = [(k.lower(), v) for k, v in response.items()]
    pairs += [("set-cookie", morsel.OutputString()) for morsel in response.cookies.values()]
    return Got(response.status_code, pairs, response.content)
