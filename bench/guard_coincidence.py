"""Words of the application's own statements, typed by a user: what the guard does in a request, in block mode.

Each statement is run three times: as a constant of a function, which is what applications have; with one word filled
in, as where visitors choose the order; and put together anew by a `"".join` of its characters, where the guard has
nothing but the words to go by.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from hauberk.adapters.asgi import ASGIShield, Message, Receive, Scope, Send
from hauberk.core.errors import BlockedError
from hauberk.core.plan import Plan
from hauberk.guard import Guard
from hauberk.guard.seen import SEEN

Handler = Callable[[sqlite3.Connection], object]


def constant(sql: str) -> Handler:
    """A function with the statement in its code."""
    names: dict[str, Any] = {}
    exec(compile(f"def handler(db):\n    db.execute({sql!r})\n", "app/handlers.py", "exec"), names)
    handler: Handler = names["handler"]
    return handler


def template(sql: str) -> Handler:
    """A function that fills its last word in."""
    names: dict[str, Any] = {}
    stem, last = sql.rpartition(" ")[0::2]
    code = f"def handler(db, last):\n    db.execute({stem + ' '!r} + last + '')\n"
    exec(compile(code, "app/handlers.py", "exec"), names)
    handler: Callable[[sqlite3.Connection, str], object] = names["handler"]
    return lambda db: handler(db, last)


def dynamic(sql: str) -> Handler:
    """A function that puts it together."""
    pieces = list(sql)
    return lambda db: db.execute("".join(pieces))


def blocked(handler: Handler, value: str) -> bool:
    """Whether a request with the value is stopped, as the first one that a process sees."""
    SEEN.clear()
    stopped: list[bool] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        db = sqlite3.connect(":memory:")
        try:
            handler(db)
        except BlockedError:
            stopped.append(True)
        except sqlite3.Error:
            pass  # It has no tables.
        finally:
            db.close()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        return None

    scope = {"type": "http", "method": "GET", "path": "/", "scheme": "https", "headers": [], "client": ("192.0.2.7", 1)}
    shield = ASGIShield(app, Plan.of([Guard(mode="block")]))
    asyncio.run(shield(scope | {"query_string": b"q=" + quote(value).encode()}, receive, send))
    return bool(stopped)


def coincidences(path: Path) -> dict[str, str]:
    """How many of the coincidences are stopped."""
    log = logging.getLogger("hauberk.decisions")
    level, log.level = log.level, logging.CRITICAL
    try:
        with path.open(encoding="utf-8") as lines:
            facts = [fact for fact in map(json.loads, lines) if fact.get("cls") == "coincidence"]
        ways = {
            "a constant of the code": constant,
            "one word filled in, first run": template,
            "put together, first run": dynamic,
        }
        return {
            name: f"{sum(blocked(way(fact['sql']), fact['input']) for fact in facts)} of {len(facts)}"
            for name, way in ways.items()
        }
    finally:
        log.level = level
