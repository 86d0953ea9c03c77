"""One request over WSGI from any address."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from typing import Any

from hauberk.adapters.wsgi import Environ, StartResponse, WSGIShield
from hauberk.core.plan import Plan


def ask(
    plan: Plan, client: str, *, path: str = "/", headers: Mapping[str, str] | None = None, status: str = "200 OK"
) -> int:
    """The status that a client at this address is answered; the application answers `status`."""
    started: list[str] = []

    def app(environ: Environ, start_response: StartResponse) -> list[bytes]:
        start_response(status, [("content-type", "text/plain")])
        return [b"hello"]

    def start(line: str, fields: object, exc_info: object = None) -> Callable[[bytes], object]:
        started.append(line)
        return lambda part: None

    environ: dict[str, Any] = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "wsgi.url_scheme": "https",
        "REMOTE_ADDR": client,
        "wsgi.input": io.BytesIO(b""),
    }
    environ |= {"HTTP_" + name.upper().replace("-", "_"): value for name, value in (headers or {}).items()}
    list(WSGIShield(app, plan)(environ, start))
    return int(started[-1][:3])
