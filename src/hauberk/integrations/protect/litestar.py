"""Litestar."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from litestar import Litestar, Response
from litestar.exceptions import HTTPException
from litestar.exceptions.responses import create_exception_response

from hauberk.adapters.asgi import App, ASGIShield, Message, Receive, Scope, Send
from hauberk.adapters.asgi import answer as send_reply
from hauberk.core.exchange import Exchange
from hauberk.core.plan import Plan
from hauberk.integrations.failing import answers, reported
from hauberk.integrations.override import Variants
from hauberk.integrations.protect.docs_pages import DocsPage, replaced
from hauberk.integrations.protect.variants import asgi
from hauberk.integrations.request import exchange_of, templates
from hauberk.integrations.resolve import litestar as resolve
from hauberk.integrations.sessions.litestar import adopting
from hauberk.integrations.sessions.sockets import watched

if TYPE_CHECKING:
    from litestar import Request
    from litestar.types import ExceptionHandler

    from hauberk.integrations.protect import Protection


def install(app: Litestar, protection: Protection) -> None:
    """Wrap the handler that Litestar built, its exception handling included, and its `before_send` hooks."""
    if answers(protection.policy, app):
        app.exception_handlers.setdefault(500, _answer_failures(protection.plan))
    handler: Any = _with_hooks(app.asgi_handler, app.before_send) if app.before_send else app.asgi_handler
    app.before_send = []
    handler = _with_docs(app, handler, replaced(protection.policy))
    handler = watched(adopting(handler, protection.policy), protection.policy)

    def make(plan: Plan) -> App:
        return ASGIShield(handler, plan, context=True).run

    run = make(protection.plan)
    variants = Variants(protection.policy, protection.assembly, resolve.endpoints(app))
    if variants:
        run = asgi(run, make, variants, lambda scope: resolve.endpoint(app, scope))
    app.asgi_handler = run  # type: ignore[assignment]
    engine = getattr(app.template_engine, "engine", None)
    if hasattr(engine, "globals"):
        templates(engine)


def _answer_failures(plan: Plan) -> ExceptionHandler[Any]:
    """In place of Litestar's own answer; what the application raised with that status on purpose stays as it is."""

    def answer(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
        ex = exchange_of(request)
        if isinstance(error, HTTPException) or reported(ex, error):
            return create_exception_response(request, error)
        return _Failure(plan, ex, error)

    return answer


class _Failure(Response[bytes]):
    """The policy's answer, which may wait; Litestar waits for no exception handler, but for what its response sends."""

    def __init__(self, plan: Plan, ex: Exchange, error: Exception) -> None:
        super().__init__(b"", status_code=500)
        self._plan, self._ex, self._error = plan, ex, error

    def to_asgi_response(self, *args: Any, **kwargs: Any) -> Any:
        """See Litestar's Response."""

        async def send_answer(scope: Scope, receive: Receive, send: Send) -> None:
            await send_reply(self._ex, await self._plan.fail(self._ex, self._error), send)

        return send_answer


def _with_docs(app: Litestar, handler: Any, policies: tuple[bytes, ...]) -> App:
    """Documentation pages load from a CDN: each has a policy of its own, made from the page."""
    modules = ("litestar.openapi", "litestar._openapi")
    paths = {
        route.path
        for route in app.routes
        for one in getattr(route, "route_handlers", ())
        if str(one.fn.__module__).startswith(modules) and "{" not in route.path
    }
    if not paths or not policies:
        return handler  # type: ignore[no-any-return]
    page = DocsPage(handler, policies)

    async def run(scope: Scope, receive: Receive, send: Send) -> None:
        documented = scope["type"] == "http" and (scope["path"].rstrip("/") or "/") in paths
        await (page if documented else handler)(scope, receive, send)

    return run


def _with_hooks(handler: Any, hooks: list[Any]) -> App:
    """Litestar runs these around its handler, where a cookie that they set would go out as it is."""

    async def run(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_hooked(message: Message) -> None:
            for hook in hooks:
                await hook(message, scope)
            await send(message)

        await handler(scope, receive, send_hooked)

    return run


def _protection(app: Any) -> Protection:
    found: Protection = app.asgi_handler.__hauberk__
    return found


def _mark(app: Any, protection: Protection) -> None:
    app.asgi_handler.__hauberk__ = protection


# A Litestar has slots and takes no attribute that it does not know; the handler that we gave it does.
setattr(Litestar, "__hauberk__", property(_protection, _mark))  # noqa: B010
