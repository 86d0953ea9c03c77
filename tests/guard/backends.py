"""An HTTP server on loopback that counts who asks it: the internal service that a request must not reach."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Backend:
    """The server, and the paths that it was asked for. `/to?URL` redirects there."""

    def __init__(self) -> None:
        asked: list[str] = []

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                asked.append(self.path)
                moved = self.path.startswith("/to?")
                self.send_response(302 if moved else 200)
                if moved:
                    self.send_header("Location", self.path.removeprefix("/to?"))
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"in")

            def log_message(self, *args: Any) -> None:
                pass

        self.asked = asked
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def start(self) -> Backend:
        self._thread.start()
        return self

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def backend() -> Iterator[Backend]:
    server = Backend().start()
    try:
        yield server
    finally:
        server.stop()
