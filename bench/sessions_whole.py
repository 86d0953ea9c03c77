"""The whole shield with a session that is read, against a stack of peers that does less. Part of `bench.sessions`.

One page that is asked for by another origin of ours: host check, CORS, CSRF check, headers with a nonce that the page
reads, one cookie that is made safe, and a session that is looked into. The peers are Starlette's CORS, `secure`,
Starlette's signed session and starlette-csrf, as their documentation stacks them: no nonce, no host check, no cookie
made safe. The floor does each by the least that could do it, in one wrapper: for a session in memory a hash and a look
into a dict, for one in a cookie AES-256-GCM; for both it finds the cookie, sees that it has not ended, and unpacks it.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from binascii import a2b_base64, b2a_base64
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from importlib import import_module
from os import urandom
from time import time
from typing import Any

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bench.harness import Once, added, medians, microseconds
from bench.shield import ALLOWED, COOKIE, FIELDS, FIXED, LACKS, ORIGIN, SCOPE, START, TEMPLATES, VARY, receive, send
from hauberk import CORS, CSRF, CookieSessions, Hosts, Policy, Sessions, asgi
from hauberk.adapters.asgi import App, Message, Scope
from hauberk.core.exchange import held
from hauberk.stores.memory import MemoryStore

SECRET = "q9vJ2mX7cT4bL8wZ1rN6kY3pD5hF0sGa-xUe"
DATA: dict[str, Any] = {"user": "4711", "cart": [17, 23, 42], "lang": "en", "seen": 0}
TOKEN = urlsafe_b64encode(b"t" * 32).rstrip(b"=")
NAME = b"__Host-session="
ENDS = time() + 43_200
KEPT = {sha256(TOKEN).digest(): (msgspec.msgpack.encode(DATA), ENDS)}
AEAD = AESGCM(b"k" * 32)
SEALED = b2a_base64(
    (nonce := urandom(12)) + AEAD.encrypt(nonce, msgspec.msgpack.encode({**DATA, "ends": ENDS}), NAME), newline=False
)
Open = Callable[[bytes], dict[str, Any]]
OWN = frozenset({b"testserver"})
SENT = [*SCOPE["headers"], (b"origin", ORIGIN.encode()), (b"sec-fetch-site", b"same-site")]
BODY = {"type": "http.response.body", "body": b"hello"}


async def page(scope: Scope, receive: Any, send: Any) -> None:
    """Reads the nonce, sets a cookie, looks into the session, each where there is one."""
    if "hauberk" in scope:
        held(scope["hauberk"]).read_nonce()
    elif "nonce" in scope:
        scope["nonce"]()
    session = scope.get("session")
    if session is not None:
        session.get("user")
    await send({**START, "headers": [*FIELDS, COOKIE]})
    await send(BODY)


async def begin(scope: Scope, receive: Any, send: Any) -> None:
    """Gives the visitor his session."""
    scope["session"].update(DATA)
    await send({**START, "headers": FIELDS.copy()})
    await send(BODY)


def open_kept(cookie: bytes) -> dict[str, Any]:
    """The least that finds a session on the server."""
    at = cookie.find(NAME) + len(NAME)
    packed, ends = KEPT[sha256(cookie[at : at + len(TOKEN)]).digest()]
    if ends <= time():
        raise RuntimeError("over")
    session: dict[str, Any] = msgspec.msgpack.decode(packed)
    return session


def open_sealed(cookie: bytes) -> dict[str, Any]:
    """The least that opens a session in a cookie."""
    at = cookie.find(NAME) + len(NAME)
    stop = cookie.find(b";", at)
    raw = a2b_base64(cookie[at:] if stop < 0 else cookie[at:stop])
    session: dict[str, Any] = msgspec.msgpack.decode(AEAD.decrypt(raw[:12], raw[12:], NAME))
    if session["ends"] <= time():
        raise RuntimeError("over")
    return session


def floor(app: App, opened: Open = open_kept) -> App:
    """All of it, in one wrapper; nothing is refused but by an error, and nothing is logged."""

    async def wrapped(scope: Scope, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return await app(scope, receive, send)
        nonce, allowed, cookie = b"", VARY, b""
        for name, value in scope["headers"]:
            if name == b"origin":
                allowed = ALLOWED.get(value, VARY)
            elif name == b"cookie":
                cookie = value
            elif (name == b"host" and value not in OWN) or (
                name == b"sec-fetch-site" and scope["method"] != "GET" and value != b"same-origin"
            ):
                raise RuntimeError("refused")
        scope["session"] = opened(cookie)

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


def ours(sessions: Sessions | CookieSessions, app: App) -> App:
    policy = Policy.recommended().replace(guard=None, paths=None, limits=None)
    hosts = Hosts(allow=("testserver",))
    return asgi(app, policy.replace(hosts=hosts, cors=CORS(origins=(ORIGIN,)), csrf=CSRF(), sessions=sessions))


def peers(app: App) -> App:
    from starlette.middleware.cors import CORSMiddleware
    from starlette.middleware.sessions import SessionMiddleware

    secure: Any = import_module("secure")
    with_headers: Any = import_module("secure.middleware").SecureASGIMiddleware
    with_tokens: Any = import_module("starlette_csrf").CSRFMiddleware
    inner = SessionMiddleware(with_tokens(app, secret=SECRET), SECRET, https_only=True)
    preset = secure.Secure.from_preset(secure.Preset.BALANCED)
    made: Any = CORSMiddleware(with_headers(inner, secure=preset), allow_origins=[ORIGIN])
    return made  # type: ignore[no-any-return]


def once(app: App, cookie: bytes = b"") -> Once:
    scope = {**SCOPE, "headers": [*SENT, (b"cookie", cookie)] if cookie else SENT}

    def run() -> None:
        coroutine: Any = app(scope.copy(), receive, send)
        try:
            coroutine.send(None)
        except StopIteration:
            return
        raise RuntimeError("the application waited")

    return run


def cookies_of(app: App) -> bytes:
    """What a first answer asks the browser to keep."""
    got: list[bytes] = []

    async def keep(message: Message) -> None:
        got.extend(value.partition(b";")[0] for name, value in message.get("headers", ()) if name == b"set-cookie")

    coroutine: Any = app({**SCOPE, "headers": SENT}, receive, keep)
    with suppress(StopIteration):
        coroutine.send(None)
    return b"; ".join(got)


def results() -> dict[str, Any]:
    """What each adds, and the two ratios."""
    memory, sealed = Sessions(store=MemoryStore()), CookieSessions(keys=(b"k" * 32,))
    subjects = {
        "bare": once(page),
        "floor": once(floor(page), NAME + TOKEN),
        "floor_in_a_cookie": once(floor(page, open_sealed), NAME + SEALED),
        "hauberk_session_in_memory": once(ours(memory, page), cookies_of(ours(memory, begin))),
        "hauberk_session_in_a_cookie": once(ours(sealed, page), cookies_of(ours(sealed, begin))),
        "hauberk_without_session": once(ours(memory, page)),
        "peers": once(peers(page), cookies_of(peers(begin))),
    }
    figures = microseconds(subjects, rounds=21, calls=500)
    cost = added(figures, "bare")
    floors = {
        "hauberk_session_in_memory": "floor",
        "hauberk_session_in_a_cookie": "floor_in_a_cookie",
        "hauberk_without_session": "floor",
    }
    return {
        "bare": medians(figures)["bare"],
        "added": cost,
        "of_what_the_peers_add": {name: round(cost[name] / cost["peers"], 2) for name in floors},
        "over_the_floor": {name: round(cost[name] / cost[least], 2) for name, least in floors.items()},
    }
