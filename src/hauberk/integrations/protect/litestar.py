"""Litestar."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from litestar import Litestar

from hauberk.adapters.asgi import ASGIShield
from hauberk.integrations.request import templates

if TYPE_CHECKING:
    from hauberk.integrations.protect import Protection


def install(app: Litestar, protection: Protection) -> None:
    """Wrap the handler that Litestar built, its exception handling included."""
    app.asgi_handler = ASGIShield(app.asgi_handler, protection.plan, context=True).run  # type: ignore[arg-type, assignment]
    engine = getattr(app.template_engine, "engine", None)
    if hasattr(engine, "globals"):
        templates(engine)


def _protection(app: Any) -> Protection:
    found: Protection = app.asgi_handler.__hauberk__
    return found


def _mark(app: Any, protection: Protection) -> None:
    app.asgi_handler.__hauberk__ = protection


# A Litestar has slots and takes no attribute that it does not know; the handler that we gave it does.
setattr(Litestar, "__hauberk__", property(_protection, _mark))  # noqa: B010
