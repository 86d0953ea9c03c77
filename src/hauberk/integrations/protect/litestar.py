"""Litestar."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hauberk.adapters.asgi import ASGIShield
from hauberk.integrations.request import templates

if TYPE_CHECKING:
    from litestar import Litestar

    from hauberk.integrations.protect import Protection


def install(app: Litestar, protection: Protection) -> None:
    """Wrap the handler that Litestar built, its exception handling included."""
    app.asgi_handler = ASGIShield(app.asgi_handler, protection.plan, context=True).run  # type: ignore[arg-type, assignment]
    engine = getattr(app.template_engine, "engine", None)
    if hasattr(engine, "globals"):
        templates(engine)
