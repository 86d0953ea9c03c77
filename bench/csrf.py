"""What the CSRF check costs a request by its header fields: ours, the floor, and peers. `python -m bench.csrf`

The floor is the least work that could do the job: look at the method, and where it is unsafe scan the fields for
Sec-Fetch-Site. It asks no Origin, exempts nothing and logs nothing. Peers check tokens, which they find in a header.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from bench.harness import Once, added, medians, microseconds, report
from bench.shield import SCOPE, bare, receive, send
from hauberk import CSRF, Policy, asgi
from hauberk.adapters.asgi import App, Scope

SAFE = {"GET", "HEAD", "OPTIONS", "TRACE"}
SENT = [*SCOPE["headers"], (b"sec-fetch-site", b"same-origin"), (b"origin", b"https://testserver")]
ALONE = Policy(csrf=CSRF())


def floor(app: App) -> App:
    """Method and one field."""

    async def wrapped(scope: Scope, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and scope["method"] not in SAFE:
            for name, value in scope["headers"]:
                if name == b"sec-fetch-site" and value not in {b"same-origin", b"none"}:
                    raise RuntimeError("refused")
        await app(scope, receive, send)

    return wrapped


def once(app: App, method: str) -> Once:
    """One request, driven without an event loop: nothing here waits."""
    scope = {**SCOPE, "method": method, "headers": SENT}

    def run() -> None:
        coroutine: Any = app(scope.copy(), receive, send)
        try:
            coroutine.send(None)
        except StopIteration:
            return
        raise RuntimeError("the application waited")

    return run


def peers(app: App) -> dict[str, App]:
    """Token checkers, as their documentation shows."""
    asgi_csrf: Any = import_module("asgi_csrf")
    starlette_csrf: Any = import_module("starlette_csrf")
    return {
        "asgi_csrf": asgi_csrf.asgi_csrf(app, signing_secret="s" * 32),
        "starlette_csrf": starlette_csrf.CSRFMiddleware(app, secret="s" * 32),
    }


def results() -> dict[str, Any]:
    """GET with all; POST with those that take it without a token."""
    subjects: dict[str, App] = {
        "bare": bare,
        "shield_without_csrf": asgi(bare, Policy()),
        "floor": floor(bare),
        "hauberk": asgi(bare, ALONE),
    }
    figures: dict[str, Any] = {}
    for method, apps in (("GET", subjects | peers(bare)), ("POST", subjects)):
        rows = microseconds({name: once(app, method) for name, app in apps.items()})
        figures[method.lower()] = {"median": medians(rows), "added": added(rows, "bare")}
    return figures


if __name__ == "__main__":
    report("the CSRF check on a bare ASGI application", results())
