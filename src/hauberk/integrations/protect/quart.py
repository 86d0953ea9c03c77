"""Quart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hauberk.adapters.asgi import ASGIShield
from hauberk.integrations.request import TEMPLATE_GLOBALS

if TYPE_CHECKING:
    from quart import Quart

    from hauberk.integrations.protect import Protection


def install(app: Quart, protection: Protection) -> None:
    """Wrap `app.asgi_app`, as Quart's documentation says, and give templates the names that hauberk provides."""
    app.asgi_app = ASGIShield(app.asgi_app, protection.plan, context=True).run  # type: ignore[arg-type, method-assign, assignment]
    app.context_processor(lambda: TEMPLATE_GLOBALS)
