"""Response headers, nonce, cookies and CORS on a bare ASGI application. `python -m bench.shield`

Ours, the floors, and peers. A floor is the least work that could do the job: a wrapper that appends pre-encoded tuples
to a new list (the application's own may be shared between responses). It never looks at the application's own headers
and answers no error. The one for all of it makes a nonce and joins it into the policy, looks the Origin up among those
that are known, and knows for each tail of a Set-Cookie what is missing in it; it answers no preflight.
"""

from __future__ import annotations

from binascii import b2a_base64
from os import urandom
from typing import Any

from bench import shield_peers as peers
from bench.harness import Once, added, medians, microseconds, ratio, report
from hauberk import CORS, Policy, asgi
from hauberk.adapters.asgi import App, Message, Scope
from hauberk.core.encoded import NONCED, UNREAD, encoded_bytes
from hauberk.core.exchange import held

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
ORIGIN = "https://app.example"
CROSS = {**SCOPE, "headers": [*SCOPE["headers"], (b"origin", ORIGIN.encode())]}
RECOMMENDED = Policy.recommended().replace(guard=None, csrf=None, paths=None, limits=None)
"""Headers, nonce, cookies and failures alone."""
FUSED = RECOMMENDED.replace(cors=CORS(origins=(ORIGIN,)))
BROWSER = [
    (b"host", b"testserver"),
    (b"user-agent", b"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
    (b"accept", b"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
    (b"accept-language", b"en-GB,en;q=0.5"),
    (b"accept-encoding", b"gzip, deflate, br, zstd"),
    (b"connection", b"keep-alive"),
    (b"upgrade-insecure-requests", b"1"),
    (b"sec-fetch-dest", b"document"),
    (b"sec-fetch-mode", b"navigate"),
    (b"sec-fetch-site", b"none"),
    (b"sec-fetch-user", b"?1"),
    (b"priority", b"u=0, i"),
]
"""What a browser asks a page with: no Origin, no cookie."""
BASE = {"bare", "floor"}
CONSTANTS = encoded_bytes(RECOMMENDED.plan()).tails[UNREAD]
TEMPLATES = encoded_bytes(RECOMMENDED.plan()).templates
FIXED = encoded_bytes(RECOMMENDED.plan()).tails[NONCED]
VARY = [(b"vary", b"Origin")]
ALLOWED = {ORIGIN.encode(): [(b"access-control-allow-origin", ORIGIN.encode()), *VARY]}
LACKS = {b" Path=/; Max-Age=3600": b"; Secure; HttpOnly; SameSite=Lax"}
FIELDS = [(b"content-type", b"text/html"), (b"content-length", b"5")]
COOKIE = (b"set-cookie", b"session=" + 43 * b"x" + b"; Path=/; Max-Age=3600")


async def bare(scope: Scope, receive: Any, send: Any) -> None:
    await send({**START, "headers": FIELDS.copy()})
    await send(BODY)


async def bare_page(scope: Scope, receive: Any, send: Any) -> None:
    """Reads the nonce."""
    if "hauberk" in scope:
        held(scope["hauberk"]).read_nonce()
    elif "nonce" in scope:
        scope["nonce"]()
    await send({**START, "headers": FIELDS.copy()})
    await send(BODY)


async def bare_login(scope: Scope, receive: Any, send: Any) -> None:
    """Reads the nonce and sets a cookie."""
    if "hauberk" in scope:
        held(scope["hauberk"]).read_nonce()
    elif "nonce" in scope:
        scope["nonce"]()
    await send({**START, "headers": [*FIELDS, COOKIE]})
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


def floor_cors(app: App) -> App:
    """Append what the Origin decides."""

    async def wrapped(scope: Scope, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return await app(scope, receive, send)
        fields = VARY
        for name, value in scope["headers"]:
            if name == b"origin":
                fields = ALLOWED.get(value, VARY)

        async def send_more(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = message["headers"] + fields
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


def floor_fused(app: App) -> App:
    """All of it: constants, nonce, Origin, cookies."""

    async def wrapped(scope: Scope, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return await app(scope, receive, send)
        nonce, allowed = b"", VARY
        for name, value in scope["headers"]:
            if name == b"origin":
                allowed = ALLOWED.get(value, VARY)

        def make() -> str:
            nonlocal nonce
            nonce = b2a_base64(urandom(16), newline=False)
            return nonce.decode()

        scope["nonce"] = make

        async def send_more(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = []
                for name, value in message["headers"]:
                    if name == b"set-cookie":
                        value += LACKS[value.partition(b";")[2]]
                    own.append((name, value))
                fields = [(name, nonce.join(parts)) for name, parts in TEMPLATES]
                message["headers"] = own + FIXED + fields + allowed
            await send(message)

        return await app(scope, receive, send_more)

    return wrapped


async def receive() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


async def send(message: Message) -> None:
    return None


def once(app: App, scope: dict[str, Any] = SCOPE) -> Once:
    """One request, driven without an event loop: nothing here waits."""

    def run() -> None:
        coroutine: Any = app(scope.copy(), receive, send)
        try:
            coroutine.send(None)
        except StopIteration:
            return
        raise RuntimeError("the application waited")

    return run


def row(app: App, apps: dict[str, App], scope: dict[str, Any] = SCOPE) -> dict[str, Any]:
    """Medians, what is added to the bare application, and that over what the floor adds."""
    subjects = {"bare": once(app, scope)} | {name: once(subject, scope) for name, subject in apps.items()}
    figures = microseconds(subjects)
    found: dict[str, Any] = {"median": medians(figures), "added": added(figures, "bare")}
    if "floor" in apps:
        found["over_floor"] = {name: ratio(figures, "bare", name, "floor") for name in apps if name not in BASE}
    return found


def results() -> dict[str, Any]:
    """Run it all."""
    alone = Policy(cors=FUSED.cors)
    corsed = {"floor": floor_cors(bare), "hauberk": asgi(bare, alone), **peers.cors(bare, ORIGIN)}
    found = {
        "headers": row(
            bare, {"floor": floor(bare), "hauberk": asgi(bare, RECOMMENDED), **peers.headers(bare, CONSTANTS)}
        ),
        "headers_with_nonce": row(
            bare_page, {"floor": floor_nonce(bare_page), "hauberk": asgi(bare_page, RECOMMENDED)}
        ),
        "cors_same_origin": row(bare, corsed),
        "cors_allowed_origin": row(bare, corsed, CROSS),
        "headers_nonce_cors_cookies": row(
            bare_login,
            {
                "floor": floor_fused(bare_login),
                "hauberk": asgi(bare_login, FUSED),
                **peers.fused(bare_login, ORIGIN),
            },
            CROSS,
        ),
    }
    # Last, because from here on the guard's hooks are in this process for good.
    policies = {
        "headers_alone": RECOMMENDED,
        "without_guard": Policy.recommended().replace(guard=None),
        "recommended": Policy.recommended(),
    }
    shielded = {name: asgi(bare, policy) for name, policy in policies.items()}
    found["recommended_on_a_page_request"] = row(bare, shielded, {**SCOPE, "headers": BROWSER})
    return found


if __name__ == "__main__":
    report("headers, nonce, CORS and cookies on a bare ASGI application", results())
