"""A visitor: sends requests to an ASGI or WSGI callable as a server would, and keeps its cookies."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable, Coroutine, Iterable
from typing import Any, Literal
from urllib.parse import unquote, unquote_to_bytes
from wsgiref.validate import validator

from hauberk.wire.set_cookie import SetCookie
from tests.drivers import Got

Pairs = list[tuple[str, str]]


class Visitor:
    """Like a browser, without a screen. `errors` are what the server would have logged."""

    def __init__(self, app: Any, protocol: Literal["asgi", "wsgi"], scheme: str = "https") -> None:
        self.app, self.protocol, self.scheme = app, protocol, scheme
        self.cookies: dict[str, str] = {}
        self.errors: list[Exception] = []
        self.run: Callable[[Coroutine[Any, Any, Any]], Any] = asyncio.run
        """One event loop a request, unless somebody has one that goes on."""

    def get(self, target: str, **headers: str) -> Got:
        return self.request("GET", target, **headers)

    def request(self, method: str, target: str, **headers: str) -> Got:
        """One request; header names with an underscore for each dash."""
        path, _, query = target.partition("?")
        fields = [(name.replace("_", "-"), value) for name, value in {"host": "shop.example", **headers}.items()]
        if self.cookies:
            fields.append(("cookie", "; ".join(f"{name}={value}" for name, value in self.cookies.items())))
        send = self._asgi if self.protocol == "asgi" else self._wsgi
        got = send(method, path, query, fields)
        for line in got.all("set-cookie"):
            cookie = SetCookie.parse(line)
            if cookie.attribute("max-age") == "0" or not cookie.value.strip('"'):
                self.cookies.pop(cookie.name, None)
            else:
                self.cookies[cookie.name] = cookie.value
        return got

    def _asgi(self, method: str, path: str, query: str, fields: Pairs) -> Got:
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": method,
            "path": unquote(path),
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": query.encode(),
            "scheme": self.scheme,
            "client": ("192.0.2.7", 40000),
            "server": ("shop.example", 443),
            "headers": [(name.encode(), value.encode()) for name, value in fields],
        }
        sent = self.run(self._converse(scope))
        assert [m["type"] for m in sent[:1]] == ["http.response.start"], sent
        pairs = [(k.decode().lower(), v.decode("latin-1")) for k, v in sent[0]["headers"]]
        return Got(sent[0]["status"], pairs, b"".join(m.get("body", b"") for m in sent[1:]))

    async def _converse(self, scope: dict[str, Any]) -> list[Any]:
        sent: list[Any] = []
        asked = 0

        async def receive() -> Any:
            nonlocal asked
            asked += 1
            if asked > 1:
                await asyncio.sleep(5)
                return {"type": "http.disconnect"}
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        try:
            await self.app(scope, receive, send)
        except Exception as error:  # as a server: logged, and the next request is served
            self.errors.append(error)
        return sent

    def _wsgi(self, method: str, path: str, query: str, fields: Pairs) -> Got:
        environ: dict[str, Any] = {
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
            "QUERY_STRING": query,
            "SERVER_NAME": "shop.example",
            "SERVER_PORT": "443",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "192.0.2.7",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": self.scheme,
            "wsgi.input": io.BytesIO(),
            "wsgi.errors": io.StringIO(),
            "wsgi.multithread": False,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        environ |= {"HTTP_" + name.upper().replace("-", "_"): value for name, value in fields}
        started: list[tuple[str, Pairs]] = []

        def start(status: str, headers: Pairs, exc_info: object = None) -> Any:
            started.append((status, headers))
            return lambda part: None

        # The standard library's own judge of PEP 3333 stands between us and the application.
        parts: Iterable[bytes] = validator(self.app)(environ, start)
        try:
            body = b"".join(parts)
        finally:
            parts.close()  # type: ignore[attr-defined]
        status, headers = started[-1]
        return Got(int(status[:3]), [(k.lower(), v) for k, v in headers], body)
