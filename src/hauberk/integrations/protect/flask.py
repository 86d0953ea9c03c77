"""Flask."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from hauberk.adapters.wsgi import App, WSGIShield
from hauberk.core.exchange import CURRENT
from hauberk.core.plan import Plan, run_inline
from hauberk.integrations.failing import answers, bare_page, reported, write
from hauberk.integrations.override import Variants
from hauberk.integrations.protect.variants import at_first, wsgi
from hauberk.integrations.request import templates
from hauberk.integrations.resolve import werkzeug as resolve
from hauberk.integrations.sessions.flask import FlaskSessions

if TYPE_CHECKING:
    from flask import Flask, Response

    from hauberk.integrations.protect import Protection


def install(app: Flask, protection: Protection) -> None:
    """Wrap `app.wsgi_app`, as Flask's documentation says, and give templates the names that hauberk provides."""

    def propagates() -> bool:
        # As Flask decides it: in tests and in development the exception itself is wanted.
        wanted: Any = app.config["PROPAGATE_EXCEPTIONS"]
        return bool(app.testing or app.debug) if wanted is None else bool(wanted)

    if protection.policy.sessions is not None:
        app.session_interface = FlaskSessions(protection.plan.session)  # type: ignore[assignment]
    if answers(protection.policy, app):
        _answer_failures(app, protection.plan, propagates)
    inner: Any = app.wsgi_app

    def make(plan: Plan) -> App:
        return WSGIShield(inner, plan, context=True, propagate=propagates).run

    base = make(protection.plan)

    def choose() -> App:
        variants = Variants(protection.policy, protection.assembly, resolve.endpoints(app))
        return wsgi(base, make, variants, lambda e: resolve.endpoint_wsgi(app, inner, e)) if variants else base

    app.wsgi_app = at_first(app, "wsgi_app", base, choose)  # type: ignore[method-assign]
    # Globals, not a context processor: imported macros see them, and the application's own processors win.
    create = app.create_jinja_environment
    app.create_jinja_environment = lambda: templates(create())  # type: ignore[method-assign]
    if "jinja_env" in vars(app):
        templates(app.jinja_env)


def _answer_failures(app: Flask, plan: Plan, propagates: Callable[[], bool]) -> None:
    """In place of Werkzeug's own page; one that the application registered, or makes in a subclass, is left alone."""
    handle = app.handle_exception

    def handle_exception(*given: Any) -> Response:
        ex, error = CURRENT.get(), given[-1]  # from Flask 3.2 on, its context comes before it
        if ex is None or propagates() or reported(ex, error):
            return handle(*given)
        reply = run_inline(plan.fail(ex, error))
        response = handle(*given)
        if response.content_length == len(bare_page()) and response.get_data() == bare_page():
            write(response, reply)
        return response

    app.handle_exception = handle_exception  # type: ignore[method-assign, assignment]
