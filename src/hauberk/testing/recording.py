"""Recording what an application's own tests send: the best seeds for a scan, as they work, logins among them.

    pytest --hauberk-record seeds.har
    hauberk scan main:app --seeds seeds.har

The test clients of Starlette, FastAPI, Litestar (httpx), Flask (Werkzeug), Django and Quart are listened to; nothing
that they send or get is changed.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from hauberk.core.errors import InputError
from hauberk.scan.har import BODY, Exchange, written
from hauberk.scan.messages import Request, Response

MOST = 5_000
"""Exchanges that are kept."""
LARGEST = 1 << 20
"""Octets of a request's body above which an exchange is no seed."""


class Recorder:
    """Listens to the test clients that have been imported; `attach` again finds those that came later."""

    def __init__(self) -> None:
        self.exchanges: list[Exchange] = []
        self._attached: list[tuple[Any, str, Any]] = []
        self._seen: set[str] = set()

    def attach(self) -> None:
        """Begin to listen to every known client."""
        for module, listen in LISTENERS.items():
            if module in sys.modules and module not in self._seen:
                self._seen.add(module)
                listen(self, sys.modules[module])

    def detach(self) -> None:
        """Leave every client as it was."""
        for owner, name, was in reversed(self._attached):
            setattr(owner, name, was)
        self._attached.clear()
        self._seen.clear()

    def wrap(self, owner: Any, name: str, make: Callable[[Any], Any]) -> None:
        """Put a listener around a method."""
        was = getattr(owner, name)
        self._attached.append((owner, name, was))
        setattr(owner, name, wraps(was)(make(was)))

    def keep(self, url: str, request: Request, response: Response) -> None:
        """Remember an exchange."""
        split = urlsplit(url)
        if len(self.exchanges) < MOST and len(request.body) <= LARGEST:
            origin = f"{split.scheme or 'http'}://{split.netloc or 'testserver'}".lower()
            self.exchanges.append(Exchange(origin=origin, request=request, response=response))

    def write(self, path: Path) -> None:
        """Write the archive, readable for its owner alone: it holds the passwords of the tests. Raises InputError."""
        try:
            with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
                file.write(written(self.exchanges))
        except OSError as error:
            raise InputError(str(path), f"cannot be written: {error.strerror}", "name another file") from error


# --- httpx, and so Starlette, FastAPI and Litestar ---------------------------------------------------------------


def _httpx(recorder: Recorder, module: Any) -> None:
    def heard(request: Any, response: Any) -> None:
        try:
            body = bytes(request.content)
        except Exception:
            return
        content = response.content if getattr(response, "is_closed", False) and hasattr(response, "_content") else b""
        recorder.keep(
            str(request.url),
            Request(
                method=request.method,
                target=request.url.raw_path.decode("ascii"),
                headers=tuple((name.lower(), value) for name, value in request.headers.multi_items()),
                body=body,
            ),
            Response(
                status=response.status_code,
                headers=tuple((name.lower(), value) for name, value in response.headers.multi_items()),
                body=content[:BODY],
            ),
        )

    def plain(was: Any) -> Any:
        def send(self: Any, request: Any, *given: Any, **named: Any) -> Any:
            response = was(self, request, *given, **named)
            for one in (*response.history, response):
                heard(one.request, one)
            return response

        return send

    def waiting(was: Any) -> Any:
        async def send(self: Any, request: Any, *given: Any, **named: Any) -> Any:
            response = await was(self, request, *given, **named)
            for one in (*response.history, response):
                heard(one.request, one)
            return response

        return send

    recorder.wrap(module.Client, "send", plain)
    recorder.wrap(module.AsyncClient, "send", waiting)


# --- Werkzeug, and so Flask --------------------------------------------------------------------------------------


def _werkzeug(recorder: Recorder, module: Any) -> None:
    def make(was: Any) -> Any:
        def run(self: Any, environ: dict[str, Any], *given: Any, **named: Any) -> Any:
            answer = was(self, environ, *given, **named)
            status, headers = answer[1], answer[2]
            recorder.keep(
                *_of_environ(environ),
                Response(status=int(str(status).split(" ", 1)[0]), headers=tuple((n.lower(), v) for n, v in headers)),
            )
            return answer

        return run

    recorder.wrap(module.Client, "run_wsgi_app", make)


def _of_environ(environ: dict[str, Any]) -> tuple[str, Request]:
    """The request of a WSGI environment (PEP 3333): its URL, and itself."""
    stream = environ.get("wsgi.input")
    stream = getattr(stream, "_FakePayload__content", stream)
    read: Callable[[], bytes] = getattr(stream, "getvalue", bytes)
    body = read()
    path = quote((environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")).encode("latin-1"))
    query = environ.get("QUERY_STRING", "")
    fields = [(n[5:].lower().replace("_", "-"), str(v)) for n, v in environ.items() if n.startswith("HTTP_")]
    if environ.get("CONTENT_TYPE"):
        fields.append(("content-type", str(environ["CONTENT_TYPE"])))
    host = environ.get("HTTP_HOST") or environ.get("SERVER_NAME") or "testserver"
    target = (path or "/") + (f"?{query}" if query else "")
    request = Request(method=str(environ["REQUEST_METHOD"]), target=target, headers=tuple(fields), body=body)
    return f"{environ.get('wsgi.url_scheme', 'http')}://{host}{target}", request


# --- Django ------------------------------------------------------------------------------------------------------


def _django(recorder: Recorder, module: Any) -> None:
    def heard(url: str, request: Request, response: Any) -> None:
        body = b"" if response.streaming else bytes(response.content)[:BODY]
        cookies = [("set-cookie", cookie.OutputString()) for cookie in response.cookies.values()]
        fields = tuple((name.lower(), str(value)) for name, value in response.items())
        recorder.keep(url, request, Response(status=response.status_code, headers=(*fields, *cookies), body=body))

    def plain(was: Any) -> Any:
        def call(self: Any, environ: dict[str, Any]) -> Any:
            response = was(self, environ)
            heard(*_of_environ(environ), response)
            return response

        return call

    def waiting(was: Any) -> Any:
        async def call(self: Any, scope: dict[str, Any]) -> Any:
            stream = getattr(scope.get("_body_file"), "_FakePayload__content", None)
            response = await was(self, scope)
            heard(*_of_scope(scope, stream.getvalue() if stream is not None else b""), response)
            return response

        return call

    recorder.wrap(module.ClientHandler, "__call__", plain)
    recorder.wrap(module.AsyncClientHandler, "__call__", waiting)


# --- Quart -------------------------------------------------------------------------------------------------------


def _of_scope(scope: dict[str, Any], body: bytes) -> tuple[str, Request]:
    """The request of an ASGI scope (ASGI HTTP 2.4): its URL, and itself."""
    fields = tuple(
        (bytes(n).decode("latin-1").lower(), bytes(v).decode("latin-1")) for n, v in scope.get("headers", ())
    )
    query = scope.get("query_string", b"")
    query = query.decode("ascii", "replace") if isinstance(query, bytes) else str(query)
    target = quote(scope.get("path") or "/") + (f"?{query}" if query else "")
    host = next((value for name, value in fields if name == "host"), "testserver")
    request = Request(method=str(scope.get("method", "GET")), target=target, headers=fields, body=body)
    return f"{scope.get('scheme', 'http')}://{host}{target}", request


def _quart(recorder: Recorder, module: Any) -> None:
    def make(was: Any) -> Any:
        async def call(self: Any, scope: Any, receive: Any, send: Any) -> None:
            if scope.get("type") != "http":
                await was(self, scope, receive, send)
                return
            body, said = bytearray(), bytearray()
            head: dict[str, Any] = {}

            async def hear() -> Any:
                message = await receive()
                body.extend(message.get("body", b"")[:LARGEST])
                return message

            async def say(message: Any) -> None:
                if message["type"] == "http.response.start":
                    head.update(message)
                said.extend(message.get("body", b"")[: max(BODY - len(said), 0)])
                await send(message)

            await was(self, scope, hear, say)
            if head:
                fields = tuple(
                    (bytes(n).decode("latin-1").lower(), bytes(v).decode("latin-1")) for n, v in head["headers"]
                )
                answer = Response(status=int(head["status"]), headers=fields, body=bytes(said))
                recorder.keep(*_of_scope(scope, bytes(body)), answer)

        return call

    recorder.wrap(module.Quart, "__call__", make)


LISTENERS: dict[str, Callable[[Recorder, Any], None]] = {
    "httpx": _httpx,
    "httpx2": _httpx,
    "werkzeug.test": _werkzeug,
    "django.test.client": _django,
    "quart.app": _quart,
}
"""By the module that has to be there."""
