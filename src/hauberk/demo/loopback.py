"""The twins on loopback, for as long as a block runs."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from hauberk.core.errors import HauberkError, MissingExtraError


@contextmanager
def served(app: Any, *, port: int = 0) -> Iterator[str]:
    """Serve an ASGI application on 127.0.0.1 in a thread; gives out its address. Stops it at the end."""
    try:
        import uvicorn
    except ModuleNotFoundError as error:
        raise MissingExtraError("uvicorn", "demo", "the demo") from error
    try:
        listening = socket.create_server(("127.0.0.1", port))
    except OSError:  # somebody else has that port; any other will do
        listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_level="critical", server_header=False, lifespan="on")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        _wait(server, thread)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        listening.close()


def _wait(server: Any, thread: threading.Thread) -> None:
    end = time.monotonic() + 20
    while not server.started:
        if not thread.is_alive() or time.monotonic() > end:
            raise HauberkError("the demo's shop did not start on 127.0.0.1")
        time.sleep(0.02)
