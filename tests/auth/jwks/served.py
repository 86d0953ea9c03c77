"""A key set on a real server with TLS, which answers as it is told."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from hauberk import JWKS, KeyRing, Tokens

RING = KeyRing.generate("ES256")
TOKENS = Tokens(issuer="https://id.example", audience="api", keys=RING)
Reply = Callable[[BaseHTTPRequestHandler], None]


def answer(body: bytes, status: int = 200, **fields: str) -> Reply:
    def reply(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in {"content-length": str(len(body)), **fields}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return reply


def good(**fields: str) -> Reply:
    return answer(json.dumps(RING.jwks()).encode(), 200, **fields)


class Server:
    """Answers as it is told, and counts."""

    def __init__(self, signed: Path) -> None:
        self.reply: Reply = good()
        self.asked: list[str] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.asked.append(self.path)
                server.reply(self)

            def log_message(self, *args: Any) -> None: ...

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.handle_error = lambda *args: None  # type: ignore[method-assign]
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(signed)
        self.http.socket = context.wrap_socket(self.http.socket, server_side=True)
        threading.Thread(target=self.http.serve_forever, args=(0.02,), daemon=True).start()
        self.url = f"https://localhost:{self.http.server_address[1]}/jwks.json"
        self.trusting = ssl.create_default_context(cafile=str(signed))


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


def client(server: Server, clock: Clock, **options: Any) -> JWKS:
    settings: dict[str, Any] = {"verify": server.trusting, "clock": clock, "timeout": 2.0} | options
    return JWKS(url=server.url, **settings)
