"""The surface of Quart: the same URL map as Flask's."""

from __future__ import annotations

from hauberk.integrations.surface import rules
from hauberk.integrations.target import Target
from hauberk.scan.surface import PLACEHOLDER, Surface


def surface(target: Target) -> Surface:
    """Every URL rule of the application."""
    name = str(target.app.config.get("SERVER_NAME") or "testserver")
    sockets = [
        PLACEHOLDER.sub("1", rules.template(rule.rule)[0])
        for rule in target.app.url_map.iter_rules()
        if getattr(rule, "websocket", False)
    ]
    return Surface.of(rules.walk(target.app, "", target.root), root=str(target.root), host=name, sockets=sockets)
