"""Quart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hauberk.adapters.asgi import App, ASGIShield
from hauberk.core.plan import Plan
from hauberk.integrations.override import Variants
from hauberk.integrations.protect.variants import asgi, at_first
from hauberk.integrations.request import templates
from hauberk.integrations.resolve import werkzeug as resolve
from hauberk.integrations.sessions.flask import QuartSessions

if TYPE_CHECKING:
    from quart import Quart

    from hauberk.integrations.protect import Protection


def install(app: Quart, protection: Protection) -> None:
    """Wrap `app.asgi_app`, as Quart's documentation says, and give templates the names that hauberk provides."""
    if protection.policy.sessions is not None:
        app.session_interface = QuartSessions()  # type: ignore[assignment]
    inner: Any = app.asgi_app

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
