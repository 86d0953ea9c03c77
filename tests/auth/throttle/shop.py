"""A shop's login as an application writes it: throttle, password, cookie; asked as a server would ask it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from hauberk import HTTPS, Passwords, Policy, protect
from hauberk.auth.throttle import Throttle
from hauberk.core.errors import BusyError

PASSWORD = "correct horse battery staple"


@dataclass
class Answer:
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


class Shop:
    """`ann` and `mallory` have accounts; `hashed` counts how often a password was looked at."""

    def __init__(self, throttle: Throttle, passwords: Passwords) -> None:
        from starlette.applications import Starlette
        from starlette.requests import Request
        from starlette.responses import PlainTextResponse, Response
        from starlette.routing import Route

        self.throttle, self.passwords, self.hashed = throttle, passwords, 0
        self.peers: list[str] = []
        stored = passwords.hash_sync(PASSWORD)
        self.users = {"ann": stored, "mallory": stored}

        async def page(request: Request) -> Response:
            return PlainTextResponse("log in")

        async def login(request: Request) -> Response:
            form = dict(part.split("=", 1) for part in (await request.body()).decode().split("&"))
            name, password = form["name"], form["password"].replace("+", " ")
            peer = request.client.host if request.client else ""
            self.peers.append(peer)
            attempt = await throttle.check(name, peer, request.cookies.get("device", ""))
            if not attempt:
                return PlainTextResponse("later", attempt.status, dict(attempt.headers))
            self.hashed += 1
            try:
                found = await passwords.verify(password, self.users.get(name))
            except BusyError as busy:
                return PlainTextResponse("busy", 503, {"retry-after": str(busy.retry_after)})
            if not found.ok:
                await attempt.failed()
                return PlainTextResponse("no", 401)
            response = PlainTextResponse("yes")
            response.set_cookie("device", await attempt.succeeded(), httponly=True, secure=True, samesite="lax")
            return response

        routes = [Route("/login", page, methods=["GET"]), Route("/login", login, methods=["POST"])]
        self.app: Any = protect(
            Starlette(routes=routes), Policy().replace(https=HTTPS(redirect=False, proxies=("10.0.0.0/8",)))
        )

    async def ask(self, method: str, peer: str, body: bytes = b"", **headers: str) -> Answer:
        answer = Answer()
        pairs = [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in headers.items()]
        scope = {
            "type": "http", "http_version": "1.1", "method": method, "path": "/login", "raw_path": b"/login",
            "query_string": b"", "scheme": "https", "headers": [(b"host", b"shop.example"), *pairs],
            "client": (peer, 4711), "server": ("127.0.0.1", 443), "root_path": "",
        }  # fmt: skip

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                answer.status = message["status"]
                answer.headers = {name.decode().lower(): value.decode() for name, value in message["headers"]}
            else:
                answer.body += message.get("body", b"")

        await self.app(scope, receive, send)
        return answer

    def post(self, name: str, password: str, peer: str, **headers: str) -> Answer:
        body = urlencode({"name": name, "password": password}).encode()
        return asyncio.run(self.ask("POST", peer, body, **headers))
