"""Flask and Quart: the URL map of Werkzeug, bound as each of them binds it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from werkzeug.exceptions import HTTPException
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.routing import RequestRedirect

from hauberk.adapters.asgi import Scope
from hauberk.adapters.wsgi import Environ


def endpoints(app: Any) -> Iterator[Any]:
    """Every view function, those of blueprints among them."""
    yield from app.view_functions.values()


def endpoint_wsgi(app: Any, inner: Any, environ: Environ) -> Any:
    """Flask's view function for a request, or None. `inner` is what we wrap: it may mount others beside Flask."""
    if app.url_map.host_matching or app.subdomain_matching or _mounted(inner, environ):
        return None  # a proxy may name another host, and that is not read yet
    try:
        adapter = app.create_url_adapter(app.request_class(environ, populate_request=False))
        rule, _ = adapter.match(return_rule=True)
    except (HTTPException, RequestRedirect):
        return None
    return app.view_functions.get(rule.endpoint)


def _mounted(inner: Any, environ: Environ) -> bool:
    """Whether another application answers below this path."""
    path: str = environ.get("PATH_INFO", "")
    while inner is not None:
        if isinstance(inner, DispatcherMiddleware):
            return any(path == mount or path.startswith(mount + "/") for mount in inner.mounts)
        inner = getattr(inner, "app", None)
    return False


def endpoint_asgi(app: Any, scope: Scope) -> Any:
    """Quart's view function for a request or a handshake, or None."""
    if app.url_map.host_matching or app.subdomain_matching:
        return None
    root = scope.get("root_path", "")
    path: str = scope["path"]
    if root and path.startswith(root):
        path = path[len(root) :] or "/"
    websocket = scope["type"] == "websocket"
    adapter = app.url_map.bind("localhost", url_scheme=scope.get("scheme", "http"), path_info=path)
    try:
        rule, _ = adapter.match(method=scope.get("method", "GET"), return_rule=True, websocket=websocket)
    except (HTTPException, RequestRedirect):
        return None
    return app.view_functions.get(rule.endpoint)
