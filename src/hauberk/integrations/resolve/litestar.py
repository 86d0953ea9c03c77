"""Litestar: the trie of its own router."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from litestar.exceptions import LitestarException
from litestar.utils.path import normalize_path  # type: ignore[attr-defined, unused-ignore]

from hauberk.adapters.asgi import Scope


def endpoints(app: Any) -> Iterator[Any]:
    """Every route handler."""
    for route in app.routes:
        handlers = getattr(route, "route_handlers", None)
        yield from handlers if handlers is not None else (route.route_handler,)


def endpoint(app: Any, scope: Scope) -> Any:
    """The route handler for a request or a handshake, or None."""
    path: str = scope["path"]
    if root := scope.get("root_path", ""):
        path = path.split(root, maxsplit=1)[-1]
    try:
        _, handler, *_ = app.asgi_router.handle_routing(path=normalize_path(path), method=scope.get("method"))
    except LitestarException:
        return None
    return handler
