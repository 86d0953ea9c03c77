"""Response headers on a bare ASGI application: ours, the floor, and peers. `python -m bench.shield`

The floor is the least work that could do the job: a wrapper that appends pre-encoded tuples to a new list (the
application's own may be shared between responses). It never looks at the application's own headers, answers no error
and hardens no cookie. `floor_nonce` makes a nonce and joins it into the policy.
"""

from __future__ import annotations

from binascii import b2a_base64
from importlib import import_module
from os import urandom
from typing import Any

from bench.harness import Once, added, medians, microseconds, ratio, report
from hauberk import Policy, asgi
from hauberk.adapters.asgi import App, Message, Scope
from hauberk.core.exchange import held
from hauberk.core.plan import encoded_bytes

START = {"type": "http.response.start", "status": 200}
BODY = {"type": "http.response.body", "body": b"hello"}
SCOPE: dict[str, Any] = {
    "type": "http",
    "method": "GET",
    "path": "/",
    "raw_path": b"/",
    "query_string": b"",
    "scheme": "https",
    "http_version": "1.1",
    "server": ("testserver", 443),
    "client": ("192.0.2.1", 4000),
    "root_path": "",
    "headers": [(b"host", b"testserver"), (b"accept", b"text/html"), (b"user-agent", b"bench")],
}
RECOMMENDED = Policy.recommended().replace(guard=None, csrf=None, paths=None, limits=None)
"""Headers, nonce, cookies and failures alone."""
BASE = {"bare", "floor"}
CONSTANTS = list(encoded_bytes(RECOMMENDED.plan()).unread)
TEMPLATES = encoded_bytes(RECOMMENDED.plan()).templates
FIXED = list(encoded_bytes(RECOMMENDED.plan()).with_nonce)


async def bare(scope: Scope, receive: Any, send: Any) -> None:
    await send({**START, "headers": [(b"content-type", b"text/html"), (b"content-length", b"5")]})
    await send(BODY)


async def bare_reading_nonce(scope: Scope, receive: Any, send: Any) -> None:
    if "hauberk" in scope:
        held(scope["hauberk"]).read_nonce()
    elif "nonce" in scope:
        scope["nonce"]()
    await send({**START, "headers": [(b"content-type", b"text/html"), (b"content-length", b"5")]})
    await send(BODY)


def floor(app: App) -> App:
    """Append what was encoded once."""

    async def wrapped(scope: Scope, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return await app(scope, receive, send)

        async def send_more(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = message["headers"] + CONSTANTS
            await send(message)

        return await app(scope, receive, send_more)

    return wrapped


def floor_nonce(app: App) -> App:
    """Append what was encoded once, and the fields with a fresh nonce in them."""

    async def wrapped(scope: Scope, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return await app(scope, receive, send)
        nonce = b""

        def make() -> str:
            nonlocal nonce
            nonce = b2a_base64(urandom(16), newline=False)
            return nonce.decode()

        scope["nonce"] = make

        async def send_more(message: Message) -> None:
            if message["type"] == "http.response.start":
                fields = [(name, nonce.join(parts)) for name, parts in TEMPLATES]
                message["headers"] = message["headers"] + FIXED + fields
            await send(message)

        return await app(scope, receive, send_more)

    return wrapped


async def receive() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


async def send(message: Message) -> None:
    return None


def once(app: App) -> Once:
    """One request, driven without an event loop: nothing here waits."""

    def run() -> None:
        coroutine: Any = app(SCOPE.copy(), receive, send)
        try:
            coroutine.send(None)
        except StopIteration:
            return
        raise RuntimeError("the application waited")

    return run


def peers(app: App) -> dict[str, Once]:
    """The same job as the peers do it, as their documentation shows."""
    Secweb: Any = import_module("Secweb")
    secure: Any = import_module("secure")
    middleware: Any = import_module("secure.middleware")
    from starlette.datastructures import MutableHeaders
    from starlette.middleware.cors import CORSMiddleware

    chosen: Any = app

    class Collect:
        """Secweb adds its middleware to an application object; this one stacks what it is given."""

        def __init__(self) -> None:
            self.app = chosen

        def add_middleware(self, kind: Any, *args: Any, **options: Any) -> None:
            self.app = kind(self.app, *args, **options)

    class EachHeader:
        """As Starlette's documentation of pure ASGI middleware sets a header."""

        async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
            async def send_more(message: Any) -> None:
                if message["type"] == "http.response.start":
                    headers = MutableHeaders(scope=message)
                    for name, value in texts:
                        headers.append(name, value)
                await send(message)

            await chosen(scope, receive, send_more)

    texts = [(name.decode(), value.decode()) for name, value in CONSTANTS]
    balanced = secure.Secure.from_preset(secure.Preset.BALANCED)
    collected = Collect()
    Secweb.SecWeb(app=collected)
    return {
        "secure": once(middleware.SecureASGIMiddleware(chosen, secure=balanced)),
        "secweb": once(collected.app),
        "starlette_headers": once(EachHeader()),
        "starlette_cors": once(CORSMiddleware(chosen, allow_origins=["https://app.example"])),
    }


def results() -> dict[str, Any]:
    """Run it all."""
    headers = microseconds(
        {
            "bare": once(bare),
            "floor": once(floor(bare)),
            "hauberk": once(asgi(bare, RECOMMENDED)),
            **peers(bare),
        }
    )
    nonce = microseconds(
        {
            "bare": once(bare_reading_nonce),
            "floor": once(floor_nonce(bare_reading_nonce)),
            "hauberk": once(asgi(bare_reading_nonce, RECOMMENDED)),
        }
    )
    # Last, because from here on the guard's hooks are in this process for good.
    guarded = microseconds({"bare": once(bare), "hauberk": once(asgi(bare, Policy.recommended()))})
    return {
        "headers": {
            "median": medians(headers),
            "added": added(headers, "bare"),
            "over_floor": {name: ratio(headers, "bare", name, "floor") for name in headers if name not in BASE},
        },
        "headers_with_nonce": {
            "median": medians(nonce),
            "added": added(nonce, "bare"),
            "over_floor": {"hauberk": ratio(nonce, "bare", "hauberk", "floor")},
        },
        "headers_with_guard_observing": {"median": medians(guarded), "added": added(guarded, "bare")},
    }


if __name__ == "__main__":
    report("recommended response headers on a bare ASGI application", results())
