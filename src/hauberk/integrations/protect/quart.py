"""Quart."""

from __future__ import annotations

from inspect import isawaitable
from typing import TYPE_CHECKING, Any

from hauberk.adapters.asgi import App, ASGIShield
from hauberk.core.exchange import CURRENT
from hauberk.core.plan import Plan
from hauberk.integrations.failing import answers, bare_page, reported, write
from hauberk.integrations.override import Variants
from hauberk.integrations.protect.variants import asgi, at_first
from hauberk.integrations.request import templates
from hauberk.integrations.resolve import werkzeug as resolve
from hauberk.integrations.sessions.flask import QuartSessions
from hauberk.integrations.sessions.sockets import watched

if TYPE_CHECKING:
    from quart import Quart, Response
    from werkzeug import Response as WerkzeugResponse

    from hauberk.integrations.protect import Protection


def install(app: Quart, protection: Protection) -> None:
    """Wrap `app.asgi_app`, as Quart's documentation says, and give templates the names that hauberk provides."""
    if protection.policy.sessions is not None:
        app.session_interface = QuartSessions(protection.plan.session)  # type: ignore[assignment]
    if answers(protection.policy, app):
        _answer_failures(app, protection.plan)
    own: Any = app.asgi_app
    inner = watched(own, protection.policy)

    def make(plan: Plan) -> App:
        return ASGIShield(inner, plan, context=True).run

    base = make(protection.plan)

    def choose() -> App:
        variants = Variants(protection.policy, protection.assembly, resolve.endpoints(app))
        return asgi(base, make, variants, lambda scope: resolve.endpoint_asgi(app, scope)) if variants else base

    app.asgi_app = at_first(app, "asgi_app", base, choose)  # type: ignore[method-assign]
    # Globals, not a context processor: imported macros see them, and the application's own processors win.
    create = app.create_jinja_environment
    app.create_jinja_environment = lambda: templates(create())  # type: ignore[method-assign]
    if "jinja_env" in vars(app):
        templates(app.jinja_env)


def _answer_failures(app: Quart, plan: Plan) -> None:
    """In place of Werkzeug's own page; one that the application registered, or makes in a subclass, is left alone."""
    handle = app.handle_exception

    async def handle_exception(*given: Any) -> Response | WerkzeugResponse:
        ex, error = CURRENT.get(), given[-1]  # from Quart 0.23 on, its context comes before it
        wanted: Any = app.config["PROPAGATE_EXCEPTIONS"]
        propagates = app.testing or app.debug if wanted is None else wanted
        if ex is None or propagates or reported(ex, error):
            return await handle(*given)
        reply = await plan.fail(ex, error)
        response = await handle(*given)
        if response.content_length == len(bare_page()):
            data = response.get_data(as_text=False)
            if (await data if isawaitable(data) else data) == bare_page():
                write(response, reply)
        return response

    app.handle_exception = handle_exception  # type: ignore[method-assign, assignment]
