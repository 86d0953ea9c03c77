"""The surface of Flask: the URL map, blueprints, and applications that DispatcherMiddleware mounts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from werkzeug.middleware.dispatcher import DispatcherMiddleware

from hauberk.integrations.surface import rules
from hauberk.integrations.target import Target
from hauberk.scan.surface import Operation, Surface


def surface(target: Target) -> Surface:
    """Every URL rule of the application."""
    operations = walk(target.app, "", target.root)
    return Surface.of(operations, root=str(target.root), host=host(target.app))


def walk(app: Any, prefix: str, root: Path) -> Iterator[Operation]:
    """The application's rules, then those of what is mounted on it."""
    yield from rules.walk(app, prefix, root)
    inner = getattr(app, "wsgi_app", None)
    for _ in range(20):
        if isinstance(inner, DispatcherMiddleware):
            for path, mounted in inner.mounts.items():
                if hasattr(mounted, "url_map"):
                    yield from walk(mounted, prefix + path, root)
        inner = getattr(inner, "app", None) or getattr(inner, "wsgi_app", None)


def host(app: Any) -> str:
    """The host that SERVER_NAME or TRUSTED_HOSTS asks for."""
    trusted = app.config.get("TRUSTED_HOSTS")
    if trusted:
        return "www" + str(trusted[0]) if str(trusted[0]).startswith(".") else str(trusted[0])
    return str(app.config.get("SERVER_NAME") or "testserver")
