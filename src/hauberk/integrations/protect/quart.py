"""Quart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hauberk.adapters.asgi import ASGIShield
from hauberk.integrations.request import templates

if TYPE_CHECKING:
    from quart import Quart

    from hauberk.integrations.protect import Protection


def install(app: Quart, protection: Protection) -> None:
    """Wrap `app.asgi_app`, as Quart's documentation says, and give templates the names that hauberk provides."""
    app.asgi_app = ASGIShield(app.asgi_app, protection.plan, context=True).run  # type: ignore[arg-type, method-assign, assignment]
    # Globals, not a context processor: imported macros see them, and the application's own processors win.
    create = app.create_jinja_environment
    app.create_jinja_environment = lambda: templates(create())  # type: ignore[method-assign]
    if "jinja_env" in vars(app):
        templates(app.jinja_env)
