"""The application called as WSGI (PEP 3333), in a thread of its own so that a call that hangs cannot stop the scan."""

from __future__ import annotations

import io
import queue
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from types import TracebackType
from typing import Any, Self

from hauberk.core.events import recording
from hauberk.scan.messages import Request, Response
from hauberk.scan.transport import Wire, all_headers, decoded_path, describe

App = Callable[..., Iterable[bytes]]
Job = tuple[Request, "Future[Response]"]


class WSGITransport:
    """Calls a WSGI application, one request after the other."""

    senses = True

    def __init__(self, app: App, wire: Wire | None = None) -> None:
        self.app, self.wire = app, wire or Wire()
        self.peer = "127.0.0.1"
        """The address that requests come from."""
        self._jobs: queue.SimpleQueue[Job | None] | None = None

    def __enter__(self) -> Self:
        """Start the thread."""
        self._start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let the thread end."""
        if self._jobs is not None:
            self._jobs.put(None)
            self._jobs = None

    def send(self, request: Request) -> Response:
        """One request, one response. After a timeout the stuck thread is left behind and a new one takes its place."""
        jobs = self._jobs or self._start()
        answer: Future[Response] = Future()
        jobs.put((request, answer))
        try:
            return answer.result(self.wire.timeout)
        except TimeoutError:
            jobs.put(None)
            self._start()
            return Response(status=500, error="TimeoutError: the application did not finish its answer in time")

    def _start(self) -> queue.SimpleQueue[Job | None]:
        jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        threading.Thread(target=self._work, args=(jobs,), name="hauberk-wsgi", daemon=True).start()
        self._jobs = jobs
        return jobs

    def _work(self, jobs: queue.SimpleQueue[Job | None]) -> None:
        while (job := jobs.get()) is not None:
            request, answer = job
            with recording() as record:
                call = _Call(self.wire.max_body)
                error = call.run(self.app, self._environ(request))
            answer.set_result(
                Response(
                    status=call.status,
                    headers=tuple(call.headers),
                    body=bytes(call.body),
                    events=tuple(record.events),
                    reads=dict(record.reads),
                    error=error,
                    truncated=call.cut,
                )
            )

    def _environ(self, request: Request) -> dict[str, Any]:
        wire = self.wire
        environ: dict[str, Any] = {
            "REQUEST_METHOD": request.method,
            "SCRIPT_NAME": "",
            # PEP 3333: octets as latin-1 text.
            "PATH_INFO": decoded_path(request).encode().decode("latin-1"),
            "QUERY_STRING": request.query,
            "REQUEST_URI": request.target,
            "RAW_URI": request.target,
            "SERVER_NAME": wire.name,
            "SERVER_PORT": str(wire.port),
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": self.peer,
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": wire.scheme,
            "wsgi.input": io.BytesIO(request.body),
            "wsgi.errors": io.StringIO(),
            "wsgi.multithread": False,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        for name, value in all_headers(wire, request):
            key = name.upper().replace("-", "_")
            key = key if key in {"CONTENT_TYPE", "CONTENT_LENGTH"} else "HTTP_" + key
            environ[key] = f"{environ[key]},{value}" if key in environ else value
        return environ


class _Call:
    """One answer as it comes."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.status = 500
        self.headers: list[tuple[str, str]] = []
        self.body = bytearray()
        self.cut = False

    def run(self, app: App, environ: dict[str, Any]) -> str:
        """Call, read, close. The exception that the application let through, in words."""
        try:
            parts = app(environ, self._start_response)
            try:
                self._read(parts)
            finally:
                close = getattr(parts, "close", None)
                if close is not None:
                    close()
        except Exception as error:
            if not self.headers:
                self.status = 500
            return describe(error)
        return ""

    def _read(self, parts: Iterable[bytes]) -> None:
        for part in parts:
            self._write(part)
            if self.cut or (self.body and self._is_event_stream()):
                self.cut = True
                return

    def _start_response(
        self, status: str, headers: list[tuple[str, str]], exc_info: object = None
    ) -> Callable[[bytes], None]:
        self.status = int(status.split(" ", 1)[0])
        self.headers = [(name.lower(), value) for name, value in headers]
        return self._write

    def _write(self, part: bytes) -> None:
        self.body += part[: self.limit + 1 - len(self.body)]
        if len(self.body) > self.limit:
            self.cut = True
            del self.body[self.limit :]

    def _is_event_stream(self) -> bool:
        return any(name == "content-type" and value.startswith("text/event-stream") for name, value in self.headers)
