"""What a session adds to one request: untouched, read, changed. `python -m bench.sessions`

Everything runs in this process, without sockets but those of a store's server on loopback. Each subject stands on the
bare application of its own kind (ASGI, Flask, Django), so that frameworks are not counted. `floor` is the least that
could be called a session on the server: find the cookie, look its hash up in a dict, see that it has not ended, unpack
it, and pack it again. `floor_sealed` is the same for one in the cookie: base64, AES-256-GCM, its end, unpack, and back.
`step_of_nothing` is our adapter with a feature that does nothing: what any policy has already.
"""

from __future__ import annotations

import asyncio
import tempfile
from binascii import a2b_base64, b2a_base64
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from importlib import import_module
from itertools import count
from os import urandom
from pathlib import Path
from time import time
from typing import Any

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bench import sessions_node, sessions_whole
from bench.harness import Once, added, medians, microseconds, report
from bench.hosts import BROWSER, Nothing
from bench.shield import BODY, START, receive, send
from hauberk.adapters.asgi import App, ASGIShield, Message, Scope
from hauberk.core.plan import Feature, Plan
from hauberk.core.store import Store
from hauberk.shield.sessions import CookieSessions, Sessions
from hauberk.stores.memory import MemoryStore
from hauberk.stores.sqlite import SQLiteStore

SECRET = "q9vJ2mX7cT4bL8wZ1rN6kY3pD5hF0sGa-xUe"
HEADERS = [(b"content-type", b"text/html"), (b"content-length", b"5")]
DATA: dict[str, Any] = {"user": "4711", "cart": [17, 23, 42], "lang": "en", "seen": 0}
NUMBERS = count(1)

Act = Callable[[Any], None]


def nothing(session: Any) -> None:
    """Handlers of most requests."""


def read(session: Any) -> None:
    assert session["user"] == "4711"


def change(session: Any) -> None:
    session["seen"] = next(NUMBERS)


def begin(session: Any) -> None:
    for key, value in DATA.items():
        session[key] = value


ACTS: dict[str, Act] = {"untouched": nothing, "read": read, "changed": change}


def handler(act: Act) -> App:
    """An application that does this with its session, if there is one."""

    async def app(scope: Scope, receive: Any, send: Any) -> None:
        session = scope.get("session")
        if session is not None and act is not nothing:
            act(session)
        await send({**START, "headers": list(HEADERS)})
        await send(BODY)

    return app


async def bare(scope: Scope, receive: Any, send: Any) -> None:
    await send({**START, "headers": list(HEADERS)})
    await send(BODY)


# The floor.


NAME = b"__Host-floor="
LIFE = 43_200


def floor(act: Act) -> App:
    """A hash, a look into a dict, msgpack."""
    token = b"t" * 43
    kept = {sha256(token).hexdigest(): (msgspec.msgpack.encode(DATA), time() + LIFE)}
    cookie = (b"cookie", NAME + token)

    async def app(scope: Scope, receive: Any, send: Any) -> None:
        if act is not nothing:
            for name, value in [*scope["headers"], cookie]:
                if name == b"cookie" and (at := value.find(NAME)) >= 0:
                    at += len(NAME)
                    key = sha256(value[at : at + 43]).hexdigest()
                    packed, ends = kept[key]
                    if ends <= time():
                        raise RuntimeError("over")
                    session = msgspec.msgpack.decode(packed)
                    act(session)
                    if act is change:
                        kept[key] = (msgspec.msgpack.encode(session), ends)
        await send({**START, "headers": list(HEADERS)})
        await send(BODY)

    return app


def floor_sealed(act: Act) -> App:
    """AES-256-GCM with a random nonce, base64, msgpack; a change sets the cookie again."""
    aead = AESGCM(b"k" * 32)

    def seal(session: dict[str, Any]) -> bytes:
        nonce = urandom(12)
        return b2a_base64(nonce + aead.encrypt(nonce, msgspec.msgpack.encode(session), NAME), newline=False)

    cookie = (b"cookie", NAME + seal({**DATA, "ends": time() + LIFE}))

    async def app(scope: Scope, receive: Any, send: Any) -> None:
        fields = list(HEADERS)
        if act is not nothing:
            for name, value in [*scope["headers"], cookie]:
                if name == b"cookie" and (at := value.find(NAME)) >= 0:
                    stop = value.find(b";", at)
                    raw = a2b_base64(value[at + len(NAME) :] if stop < 0 else value[at + len(NAME) : stop])
                    session = msgspec.msgpack.decode(aead.decrypt(raw[:12], raw[12:], NAME))
                    if session["ends"] <= time():
                        raise RuntimeError("over")
                    act(session)
                    if act is change:
                        line = NAME + seal(session) + b"; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=7200"
                        fields += [(b"set-cookie", line), (b"cache-control", b"private, no-store")]
        await send({**START, "headers": fields})
        await send(BODY)

    return app


# Driving.


def once(app: App, cookie: str = "", loop: asyncio.AbstractEventLoop | None = None) -> Once:
    """One request; with an event loop where something waits."""
    headers = [pair for pair in BROWSER["headers"] if pair[0] != b"cookie"]
    scope = {**BROWSER, "headers": [*headers, (b"cookie", cookie.encode())] if cookie else headers}

    def inline() -> None:
        coroutine: Any = app(scope.copy(), receive, send)
        try:
            coroutine.send(None)
        except StopIteration:
            return
        raise RuntimeError("the application waited")

    def looped() -> None:
        assert loop is not None
        loop.run_until_complete(app(scope.copy(), receive, send))

    return inline if loop is None else looped


def cookie_of(app: App, loop: asyncio.AbstractEventLoop | None = None) -> str:
    """The cookie that a first request gets."""
    got: list[str] = []

    async def keep(message: Message) -> None:
        for name, value in message.get("headers", ()):
            if name == b"set-cookie":
                got.append(value.decode().partition(";")[0])

    coroutine = app({**BROWSER, "headers": [(b"host", b"app.example")]}, receive, keep)
    asyncio.run(coroutine) if loop is None else loop.run_until_complete(coroutine)  # type: ignore[arg-type]
    return got[-1]


def subject(wrap: Callable[[App], App], act: Act, loop: asyncio.AbstractEventLoop | None = None) -> Once:
    """A session that has data, and a request of its owner."""
    return once(wrap(handler(act)), cookie_of(wrap(handler(begin)), loop), loop)


def ours(feature: Feature) -> Callable[[App], App]:
    plan = Plan.of([feature])
    return lambda app: ASGIShield(app, plan).run


def on(store: Store) -> Callable[[App], App]:
    return ours(Sessions(store=store))


# Peers.


def starlette_signed(app: App) -> App:
    from starlette.middleware.sessions import SessionMiddleware

    return SessionMiddleware(app, SECRET, https_only=True)


def starsessions_on(store: Any) -> Callable[[App], App]:
    from starsessions import SessionAutoloadMiddleware, SessionMiddleware

    return lambda app: SessionMiddleware(SessionAutoloadMiddleware(app), store=store, lifetime=3_600)


def flask(act: Act, sessions: bool) -> Once:
    """Flask with its own WSGI environment; Flask-Session on a cache in memory."""
    from cachelib import SimpleCache
    from flask import Flask, session
    from werkzeug.test import EnvironBuilder

    app = Flask("bench")
    app.config.update(
        SECRET_KEY=SECRET, SESSION_TYPE="cachelib", SESSION_CACHELIB=SimpleCache(), SESSION_PERMANENT=True
    )
    if sessions:
        import_module("flask_session").Session(app)

    @app.get("/begin")
    def first() -> str:
        begin(session)
        return "hello"

    @app.get("/")
    def page() -> str:
        if sessions and act is not nothing:
            act(session)
        return "hello"

    cookie = ""
    if sessions:
        lines = app.test_client().get("/begin").headers.getlist("set-cookie")
        cookie = lines[0].partition(";")[0]
    environ = EnvironBuilder("/", headers=[("Cookie", cookie)] if cookie else []).get_environ()

    def start_response(status: str, headers: list[tuple[str, str]], info: Any = None) -> Callable[[bytes], object]:
        return len

    return lambda: list(app.wsgi_app(environ.copy(), start_response))


def django(act: Act, sessions: bool) -> Once:
    """Django's own middleware on its cache in memory, around one view."""
    from django.conf import settings

    if not settings.configured:
        engine = "django.contrib.sessions.backends.cache"
        settings.configure(SECRET_KEY=SECRET, SESSION_ENGINE=engine, ALLOWED_HOSTS=["*"], SESSION_COOKIE_SECURE=True)
        import django as framework

        framework.setup()
    from django.contrib.sessions.middleware import SessionMiddleware
    from django.http import HttpResponse
    from django.test import RequestFactory

    def view(request: Any) -> HttpResponse:
        if sessions and act is not nothing:
            act(request.session)
        return HttpResponse("hello")

    def first(request: Any) -> HttpResponse:
        begin(request.session)
        return HttpResponse("hello")

    factory = RequestFactory()
    if not sessions:
        return lambda: view(factory.get("/"))
    made = SessionMiddleware(first)(factory.get("/"))
    factory.cookies["sessionid"] = made.cookies["sessionid"].value
    middleware = SessionMiddleware(view)
    return lambda: middleware(factory.get("/"))


@contextmanager
def valkey(folder: Path) -> Iterator[str]:
    from tests.stores.servers import Valkey

    server = Valkey(folder / "valkey").start()
    try:
        yield server.url
    finally:
        server.stop()


# Results.


def by_asgi(act: Act, sqlite: Store) -> dict[str, Once]:
    from starsessions import InMemoryStore

    sealed = CookieSessions(keys=(b"k" * 32,))
    return {
        "bare": once(bare),
        "floor": once(floor(act)),
        "floor_sealed": once(floor_sealed(act)),
        "step_of_nothing": once(ours(Nothing())(bare)),
        "memory": subject(on(MemoryStore()), act),
        "sqlite": subject(on(sqlite), act),
        "cookie_sealed": subject(ours(sealed), act),
        "peer_starlette_signed_cookie": subject(starlette_signed, act),
        "peer_starsessions_memory": subject(starsessions_on(InMemoryStore()), act),
    }


def by_valkey(act: Act, url: str, loop: asyncio.AbstractEventLoop) -> dict[str, Once]:
    """Everything that waits, and its bare application, in the same loop. CPU of this process alone."""
    from starsessions.stores.redis import RedisStore

    from hauberk.stores import open_store

    subjects = {"bare": once(bare, "", loop), "valkey": subject(on(open_store(url)), act, loop)}
    peer = RedisStore(url.replace("valkey://", "redis://"))
    return subjects | {"peer_starsessions_redis": subject(starsessions_on(peer), act, loop)}


def results() -> dict[str, Any]:
    """Run it all."""
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as name, valkey(Path(name)) as url:
        sqlite = SQLiteStore(str(Path(name) / "bench.db"))
        loop = asyncio.new_event_loop()
        for title, act in ACTS.items():
            figures = microseconds(by_asgi(act, sqlite), rounds=15, calls=500)
            waiting = microseconds(by_valkey(act, url, loop), rounds=9, calls=200)
            with_flask = {"bare": flask(act, False), "peer_flask_session": flask(act, True)}
            with_django = {"bare": django(act, False), "peer_django_cache": django(act, True)}
            cost = added(figures, "bare")
            cost |= added(waiting, "bare")
            cost |= added(microseconds(with_flask, rounds=9, calls=200), "bare")
            cost |= added(microseconds(with_django, rounds=9, calls=200), "bare")
            over = round(cost["memory"] - cost["step_of_nothing"], 3)
            least = {"memory": "floor", "sqlite": "floor", "cookie_sealed": "floor_sealed"}
            floors = {name: round(cost[name] / cost[floor], 2) for name, floor in least.items()}
            ratios = {} if act is nothing else {"over_the_floor": floors}
            found[title] = {"bare": medians(figures)["bare"], "added": cost, "memory_over_a_step": over, **ratios}
        loop.close()
    return found | {"whole_shield": sessions_whole.results(), "under_node": sessions_node.results()}


if __name__ == "__main__":
    report("sessions", results())
