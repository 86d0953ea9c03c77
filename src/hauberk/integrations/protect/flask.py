"""Flask."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hauberk.adapters.wsgi import WSGIShield
from hauberk.integrations.request import TEMPLATE_GLOBALS

if TYPE_CHECKING:
    from flask import Flask

    from hauberk.integrations.protect import Protection


def install(app: Flask, protection: Protection) -> None:
    """Wrap `app.wsgi_app`, as Flask's documentation says, and give templates the names that hauberk provides."""

    def propagates() -> bool:
        # As Flask decides it: in tests and in development the exception itself is wanted.
        wanted: Any = app.config["PROPAGATE_EXCEPTIONS"]
        return bool(app.testing or app.debug) if wanted is None else bool(wanted)

    app.wsgi_app = WSGIShield(app.wsgi_app, protection.plan, context=True, propagate=propagates).run  # type: ignore[method-assign]
    app.context_processor(lambda: TEMPLATE_GLOBALS)
