"""What `bench.load` drives: a bare ASGI application with sessions, behind the recommended policy. Run by uvicorn.

The store is named by HAUBERK_LOAD_STORE. Every answer says who is logged in and how often the session was changed, so
that the client can tell a lost change, somebody else's session, and one that came back after its end.
"""

from __future__ import annotations

import os
from typing import Any

from hauberk import Policy, asgi
from hauberk.adapters.asgi import Scope
from hauberk.core.exchange import held
from hauberk.shield.sessions import Session, Sessions


async def answered(session: Session, path: str) -> bytes:
    """What this path does with its session, and what is said of it."""
    if path == "/nothing":
        return b"-"
    if path == "/worker":
        return b"%d" % os.getpid()
    await session
    if path.startswith("/login/"):
        session.login(path.removeprefix("/login/"))
        session["n"] = 0
    elif path == "/change":
        session["n"] = session.get("n", 0) + 1
    elif path == "/logout":
        session.logout()
    return f"{session.user} {session.get('n')}".encode()


async def handle(scope: Scope, receive: Any, send: Any) -> None:
    """One request; nothing else is asked for."""
    if scope["type"] != "http":
        raise RuntimeError("requests only")
    body = await answered(held(scope["hauberk"]).session, scope["path"])
    headers = [(b"content-type", b"text/plain"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def make() -> Any:
    """For `uvicorn --factory`."""
    sessions = Sessions(store=os.environ["HAUBERK_LOAD_STORE"])
    return asgi(handle, Policy.recommended().replace(sessions=sessions, https=None, limits=None))
