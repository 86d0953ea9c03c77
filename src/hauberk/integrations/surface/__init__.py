"""From an application object to the surface that a scan tests, and to a way to call it."""

from __future__ import annotations

import importlib
from dataclasses import replace
from typing import Any, Literal

from hauberk.core.errors import InputError
from hauberk.guard import Guard
from hauberk.integrations.protect import asgi, wsgi
from hauberk.integrations.surface.asked import watch
from hauberk.integrations.target import Target, detect
from hauberk.policy import Policy
from hauberk.scan.asgi_transport import ASGITransport
from hauberk.scan.surface import Operation, Surface
from hauberk.scan.transport import Transport, Wire
from hauberk.scan.wsgi_transport import WSGITransport

READERS = {
    "fastapi": "starlette",
    "starlette": "starlette",
    "litestar": "litestar",
    "quart": "quart",
    "flask": "flask",
    "django": "django",
}
"""Which module here reads which framework."""


def surface(target: Target) -> Surface:
    """Every operation that the framework knows of; of a bare ASGI or WSGI callable only its front page is known.

    Raises InputError if the application's own description of itself cannot be made.
    """
    reader = READERS.get(target.framework)
    if reader is None:
        inner = _inner(target)
        if inner is not None:
            return surface(inner)
        return Surface.of([Operation(method="GET", path="/", source="crawl")], root=str(target.root))
    module: Any = importlib.import_module(f"hauberk.integrations.surface.{reader}")
    try:
        found: Surface = module.surface(target)
    except (AttributeError, ImportError, LookupError, SyntaxError, TypeError, ValueError) as error:
        raise InputError(
            target.name,
            f"its routes could not be read: {type(error).__name__}: {error}",
            "make sure that the application can describe itself (its URL map, its OpenAPI document)",
        ) from error
    return found


def transport(target: Target, found: Surface, *, scheme: Literal["http", "https"] = "https") -> Transport:
    """How to call that application in process, under a host name that it answers to."""
    wire = Wire(scheme=scheme, host=_host(target.app, found.host))
    watch()
    if target.protocol == "asgi":
        return ASGITransport(_observed(target), wire)
    return WSGITransport(_observed(target), wire)


def _observed(target: Target) -> Any:
    """The application under a guard that watches and stops nothing, so that every sink's event comes with a verdict.

    One that is protected has a guard of its own, and is tested as it is.
    """
    if hasattr(target.app, "__hauberk__"):
        return target.call
    policy, call = Policy(guard=Guard(mode="observe")), target.call
    if target.protocol == "asgi":

        async def asgi_app(scope: Any, receive: Any, send: Any) -> None:
            await call(scope, receive, send)

        return asgi(asgi_app, policy)

    def wsgi_app(environ: Any, start_response: Any) -> Any:
        return call(environ, start_response)

    return wsgi(wsgi_app, policy)


def _host(app: Any, known: str) -> str:
    """A name that the application answers to: of the policy's list of hosts, or of the framework's own."""
    if known != Wire().host:
        return known
    policy, config = getattr(getattr(app, "__hauberk__", None), "policy", None), getattr(app, "config", None)
    lists: list[Any] = [getattr(getattr(policy, "hosts", None), "allow", None)]
    lists.append(config.get("TRUSTED_HOSTS") if isinstance(config, dict) else None)
    lists.extend(
        getattr(layer, "kwargs", {}).get("allowed_hosts")
        for layer in getattr(app, "user_middleware", ())
        if getattr(getattr(layer, "cls", None), "__name__", "") == "TrustedHostMiddleware"
    )
    for names in lists:
        if not names:
            continue
        exact = [name for name in names if isinstance(name, str) and not name.startswith(("*", "."))]
        below = [f"scan.{name.lstrip('*.')}" for name in names if isinstance(name, str) and name.lstrip("*.")]
        return next(iter(exact), None) or next(iter(below), known)
    return known


def _inner(target: Target) -> Target | None:
    """The framework's application below wrappers that keep it as `.app`."""

    app = getattr(target.app, "app", None)
    if app is None or not callable(app):
        return None
    framework, _ = detect(app)
    return replace(target, app=app, framework=framework)
