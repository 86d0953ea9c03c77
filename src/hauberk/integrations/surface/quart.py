"""The surface of Quart: the same URL map as Flask's."""

from __future__ import annotations

from hauberk.integrations.surface import rules
from hauberk.integrations.target import Target
from hauberk.scan.surface import Surface


def surface(target: Target) -> Surface:
    """Every URL rule of the application."""
    name = str(target.app.config.get("SERVER_NAME") or "testserver")
    return Surface.of(rules.walk(target.app, "", target.root), root=str(target.root), host=name)
