"""Starlette and FastAPI."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from hauberk.adapters.asgi import App, ASGIShield, Message, Receive, Scope, Send
from hauberk.core.plan import Plan
from hauberk.integrations.failing import answers, reported
from hauberk.integrations.override import Variants
from hauberk.integrations.protect.docs_pages import give_policies
from hauberk.integrations.protect.engines import engines
from hauberk.integrations.protect.variants import asgi
from hauberk.integrations.request import exchange_of, templates
from hauberk.integrations.resolve import starlette as resolve
from hauberk.integrations.sessions.sockets import watched

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp

    from hauberk.integrations.protect import Protection


def install(app: Starlette, protection: Protection) -> None:
    """Wrap the whole middleware stack, Starlette's own error page included.

    `add_middleware` would put us inside of ServerErrorMiddleware, whose answer to an unhandled error then lacks every
    header; and the stack is built at the first request, so routes and middleware may still be added after `protect`.
    """
    if answers(protection.policy, app):
        _answer_failures(app, protection.plan)
    build = app.build_middleware_stack

    def build_shielded() -> ASGIApp:
        _teach(app)
        give_policies(app, protection.policy)
        stack = watched(build(), protection.policy)
        base = StarletteShield(app, stack, protection.plan).run
        variants = Variants(protection.policy, protection.assembly, resolve.endpoints(app))
        if not variants:
            return base

        def make(plan: Plan) -> App:
            return StarletteShield(app, stack, plan).run

        return asgi(base, make, variants, lambda scope: resolve.endpoint(app, scope))

    app.build_middleware_stack = build_shielded  # type: ignore[method-assign]
    if app.middleware_stack is not None:
        app.middleware_stack = build_shielded()


def _answer_failures(app: Starlette, plan: Plan) -> None:
    """In place of "Internal Server Error"; a handler that the application registers, even later, wins."""
    from starlette.responses import Response

    async def answer(request: Request, error: Exception) -> Response:
        ex = exchange_of(request)
        if reported(ex, error):
            return Response(status_code=500)
        reply = await plan.fail(ex, error)
        return Response(reply.body, reply.status, dict(reply.headers))

    handlers = app.exception_handlers
    if not {500, Exception}.intersection(handlers):
        # First, as Starlette takes the last one that it finds.
        app.exception_handlers = {Exception: answer, **handlers}


class StarletteShield(ASGIShield):
    """An ASGIShield that looks for template engines again when the application has started: many are made there."""

    def __init__(self, owner: Starlette, stack: App, plan: Plan) -> None:
        self._owner = owner
        super().__init__(stack, plan, context=True)

    async def _other(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            return await super()._other(scope, receive, send)

        async def send_started(message: Message) -> None:
            if message["type"] == "lifespan.startup.complete":
                _teach(self._owner, scope.get("state", {}).values())
            await send(message)

        return await self.app(scope, receive, send_started)


def _teach(app: Starlette, also: Iterable[Any] = ()) -> None:
    for engine in engines(app, also):
        templates(engine)
