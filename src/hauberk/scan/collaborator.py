"""A small server on this machine that only the scan knows: who calls it was made to do so by a probe."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import monotonic, sleep
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

WAIT = 0.5
"""Seconds that a call may take to arrive after the answer did."""
MOST = 10_000
"""Calls that are remembered."""


class Collaborator:
    """Listens on 127.0.0.1. `/WORD` is remembered; `/WORD/A/B` answers with a line of Python that multiplies."""

    def __init__(self) -> None:
        self._heard: set[str] = set()
        heard = self._heard

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                words = urlsplit(self.path).path.strip("/").split("/")
                if len(heard) < MOST:
                    heard.add(words[0])
                numbers = len(words) == 3 and words[1].isdecimal() and words[2].isdecimal()
                body = (f"print({words[1]}*{words[2]})" if numbers else f"heard {words[0]}").encode("ascii", "replace")
                self.send_response(200)
                self.send_header("content-type", "text/plain")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Nothing is written to stderr."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    def __enter__(self) -> Self:
        """Begin to listen."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def url(self, *words: object) -> str:
        """The address that a probe names."""
        return f"http://127.0.0.1:{self._server.server_port}/" + "/".join(map(str, words))

    def heard(self, word: str, *, wait: float = WAIT) -> bool:
        """Whether somebody has called with this word, or does so soon."""
        until = monotonic() + wait
        while word not in self._heard:
            if monotonic() >= until:
                return False
            sleep(0.01)
        return True
