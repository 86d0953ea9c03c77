"""The dashboard as an application of its own: a sign-in, a page, its data, a stream, and metrics."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import msgspec

import hauberk
from hauberk.auth.passwords import Passwords
from hauberk.auth.throttle import Throttle
from hauberk.core.errors import ConfigurationError, MissingExtraError
from hauberk.core.store import Store
from hauberk.crypto.secrets import Secrets
from hauberk.dashboard import page
from hauberk.dashboard.alerts import Alerts, Webhook
from hauberk.dashboard.board import RANGES, SHOWN, Board
from hauberk.dashboard.feed import Feed
from hauberk.dashboard.last import Last
from hauberk.dashboard.living import Living
from hauberk.dashboard.metrics import exposition
from hauberk.events import Tail
from hauberk.policy import Policy
from hauberk.shield.headers import CSP
from hauberk.shield.hosts import Hosts
from hauberk.shield.sessions import Sessions
from hauberk.stores import open_store

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

OPERATOR = "operator"
STREAM = 60.0
"""Seconds that a stream lives: then the browser asks again, and the session is looked at again."""
PACE = 1.0
"""Seconds between two states on one stream."""


@dataclass(frozen=True, slots=False, kw_only=True)
class Dashboard:
    """What `hauberk dashboard` serves; `app` is the ASGI application, protected by hauberk itself."""

    store: Store
    """Where `Events` writes to."""
    password: str = field(repr=False)
    log: str = "events"
    sessions: Store | None = None
    """Where `Sessions` keeps them, to be counted; None where they are kept in `store`."""
    results: Path | None = None
    """A file that `hauberk prove --format json=FILE` wrote."""
    hosts: tuple[str, ...] = ("localhost", "127.0.0.1", "[::1]")
    metrics_token: str = field(default="", repr=False)
    """Lets monitoring read `/metrics`: `Authorization: Bearer ...`. Without one, only who has signed in can."""
    webhook: Webhook | None = None
    board: Board = field(default_factory=Board)

    def __post_init__(self) -> None:
        if len(self.password) < 12:
            fix = "write at least 12 characters, or leave it out to have one made"
            raise ConfigurationError("HAUBERK_DASHBOARD_PASSWORD", "(hidden)", "is too short", fix)
        if self.metrics_token and len(self.metrics_token) < 16:
            problem = "is shorter than 16 characters"
            raise ConfigurationError("HAUBERK_METRICS_TOKEN", "(hidden)", problem, "take what `hauberk secret` prints")

    @cached_property
    def app(self) -> Any:
        """The application. Raises MissingExtraError without Starlette."""
        try:
            from starlette.applications import Starlette
            from starlette.routing import Route
        except ModuleNotFoundError as error:
            raise MissingExtraError("starlette", "dashboard", "the dashboard") from error
        pages = _Pages(self)
        routes = [
            Route("/", pages.live),
            Route("/sign-in", pages.form, methods=["GET"]),
            Route("/sign-in", pages.sign_in, methods=["POST"]),
            Route("/sign-out", pages.sign_out, methods=["POST"]),
            Route("/api/state", pages.state),
            Route("/api/stream", pages.stream),
            Route("/api/events/{id}", pages.event),
            Route("/metrics", pages.metrics),
            Route("/style.css", pages.style),
            Route("/board.js", pages.script),
        ]
        policy = Policy.strict().replace(
            csp=replace(CSP.strict(), connect_src=("'self'",), img_src=("'self'", "data:")),
            hosts=Hosts(allow=self.hosts),
            sessions=Sessions(store="memory://"),
            hsts=None,
            coep=None,
        )
        return hauberk.protect(Starlette(routes=routes, lifespan=pages.lifespan), policy)


class _Pages:
    def __init__(self, options: Dashboard) -> None:
        self.options, self.board = options, options.board
        self.alerts = Alerts(options.webhook) if options.webhook else None
        tail = Tail(options.store, f"events:{options.log}")
        self.feed = Feed(tail, self.board, self.alerts.told if self.alerts else None)
        self.last = Last(options.results)
        self.living = Living(options.sessions or options.store)
        self.passwords = Passwords()
        self.stored = self.passwords.hash_sync(options.password)
        self.throttle = Throttle(store=open_store("memory://"), secrets=Secrets.ephemeral())

    @contextlib.asynccontextmanager
    async def lifespan(self, app: object) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(self.feed.run()), asyncio.create_task(self.living.run())]
        if self.alerts is not None:
            tasks.append(asyncio.create_task(self.alerts.run()))
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _signed_in(self, request: Request) -> bool:
        session = hauberk.session(request)
        await session
        return session.user == OPERATOR

    async def live(self, request: Request) -> Response:
        from starlette.responses import HTMLResponse, RedirectResponse

        if not await self._signed_in(request):
            return RedirectResponse("/sign-in", 303)
        return HTMLResponse(page.board(hauberk.csp_nonce(request), self.options.log))

    async def form(self, request: Request) -> Response:
        from starlette.responses import HTMLResponse

        return HTMLResponse(page.sign_in())

    async def sign_in(self, request: Request) -> Response:
        from starlette.responses import HTMLResponse, RedirectResponse

        form = parse_qs((await request.body()).decode("utf-8", "replace"), max_num_fields=10)
        given = form.get("password", [""])[0][:500]
        attempt = await self.throttle.check(OPERATOR, request.client.host if request.client else "")
        if not attempt:
            return HTMLResponse(
                page.sign_in("Too many attempts: wait a little."), attempt.status, headers=dict(attempt.headers)
            )
        if not await self.passwords.verify(given, self.stored):
            await attempt.failed()
            return HTMLResponse(page.sign_in("That is not the password."), 401)
        await attempt.succeeded()
        hauberk.session(request).login(OPERATOR)
        return RedirectResponse("/", 303)

    async def sign_out(self, request: Request) -> Response:
        from starlette.responses import RedirectResponse

        session = hauberk.session(request)
        await session
        session.logout()
        return RedirectResponse("/sign-in", 303)

    async def state(self, request: Request) -> Response:
        if not await self._signed_in(request):
            return _json({"error": "sign in first"}, 401)
        return _json(self._state(dict(request.query_params)))

    async def event(self, request: Request) -> Response:
        if not await self._signed_in(request):
            return _json({"error": "sign in first"}, 401)
        found = self.board.one(request.path_params["id"])
        return _json({"error": "no such event"}, 404) if found is None else _json(found)

    async def stream(self, request: Request) -> Response:
        from starlette.responses import StreamingResponse

        if not await self._signed_in(request):
            return _json({"error": "sign in first"}, 401)
        states = self._states(dict(request.query_params))
        return StreamingResponse(states, media_type="text/event-stream", headers={"x-accel-buffering": "no"})

    async def _states(self, wanted: dict[str, str]) -> AsyncIterator[bytes]:
        loop = asyncio.get_running_loop()
        end, version = loop.time() + STREAM, -1
        while loop.time() < end:
            if await self.feed.changed(version, 15.0):
                version = self.feed.version
                yield b"event: state\ndata: " + msgspec.json.encode(self._state(wanted)) + b"\n\n"
                await asyncio.sleep(PACE)
            else:
                yield b": still here\n\n"

    async def metrics(self, request: Request) -> Response:
        from starlette.responses import Response

        token = self.options.metrics_token
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        if not (token and hmac.compare_digest(given.encode(), token.encode())) and not await self._signed_in(request):
            return _json({"error": "a token or a sign-in is needed"}, 401)
        text, kind = exposition(self.board)
        return Response(text, headers={"content-type": kind})

    async def style(self, request: Request) -> Response:
        from starlette.responses import Response

        return Response(page.style(), media_type="text/css")

    async def script(self, request: Request) -> Response:
        from starlette.responses import Response

        return Response(page.script(), media_type="text/javascript")

    def _state(self, wanted: dict[str, str]) -> dict[str, Any]:
        board = self.board
        span = wanted.get("span", "1h")

        return {
            "held": len(board.rows),
            "stopped": board.stopped,
            "dropped": board.dropped,
            "sources_known": len(board.sources),
            "workers": len(board.workers),
            "sessions": self.living.shown(),
            "series": board.series(span if span in RANGES else "1h"),
            "classes": _top(board.classes),
            "sources": _top(board.sources),
            "routes": _top(board.routes),
            "held_back": [{**one, "name": one["source"]} for one in board.held_back()],
            "limits": board.rates(),
            "blocked": [{**one, "name": one["actor"], "count": one["left"]} for one in board.blocked()],
            "events": [row.short() for row in board.find(wanted, SHOWN)],
            "last": self.last.read(),
            "problem": self.feed.problem,
        }


def _top(counter: Any) -> list[dict[str, Any]]:
    return [{"name": name, "count": count} for name, count in counter.most_common(10)]


def _json(data: object, status: int = 200) -> Response:
    from starlette.responses import Response

    return Response(msgspec.json.encode(data), status, media_type="application/json")
