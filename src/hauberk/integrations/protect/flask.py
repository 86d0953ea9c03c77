"""Flask."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hauberk.adapters.wsgi import WSGIShield
from hauberk.integrations.request import templates

if TYPE_CHECKING:
    from flask import Flask

    from hauberk.integrations.protect import Protection


def install(app: Flask, protection: Protection) -> None:
    """Wrap `app.wsgi_app`, as Flask's documentation says, and give templates the names that hauberk provides."""

    def propagates() -> bool:
        # As Flask decides it: in tests and in development the exception itself is wanted.
        wanted: Any = app.config["PROPAGATE_EXCEPTIONS"]
        return bool(app.testing or app.debug) if wanted is None else bool(wanted)

    app.wsgi_app = WSGIShield(app.wsgi_app, protection.plan, context=True, propagate=propagates).run  # type: ignore[method-assign, assignment]
    # Globals, not a context processor: imported macros see them, and the application's own processors win.
    create = app.create_jinja_environment
    app.create_jinja_environment = lambda: templates(create())  # type: ignore[method-assign]
    if "jinja_env" in vars(app):
        templates(app.jinja_env)
