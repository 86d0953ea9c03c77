"""Running a request by the plan of its route: only where an application has overrides at all."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, TypeVar

from hauberk.adapters.asgi import App as ASGIApp
from hauberk.adapters.asgi import Receive, Scope, Send
from hauberk.adapters.wsgi import App as WSGIApp
from hauberk.adapters.wsgi import Environ, StartResponse
from hauberk.core.log import decision
from hauberk.core.plan import Plan
from hauberk.integrations.override import Override, Variants, overrides_of

T = TypeVar("T")
BASE_METHODS = frozenset({"HEAD", "OPTIONS"})
"""Answered under the policy itself."""


def asgi(
    base: ASGIApp, make: Callable[[Plan], ASGIApp], variants: Variants, resolve: Callable[[Scope], Any]
) -> ASGIApp:
    """What a server is given: `base`, or by the handler that will answer, what `make` makes of its plan."""
    runs: dict[tuple[Override, ...], ASGIApp] = {found: make(plan) for found, plan in variants.plans().items()}

    def run(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        method = scope.get("method", "GET")
        if scope["type"] == "lifespan" or method in BASE_METHODS:
            return base(scope, receive, send)
        return _chosen(runs, base, lambda: resolve(scope), method)(scope, receive, send)

    return run


def wsgi(
    base: WSGIApp, make: Callable[[Plan], WSGIApp], variants: Variants, resolve: Callable[[Environ], Any]
) -> WSGIApp:
    """The same over WSGI."""
    runs: dict[tuple[Override, ...], WSGIApp] = {found: make(plan) for found, plan in variants.plans().items()}

    def run(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        method = environ["REQUEST_METHOD"]
        if method in BASE_METHODS:
            return base(environ, start_response)
        return _chosen(runs, base, lambda: resolve(environ), method)(environ, start_response)

    return run


def _chosen(runs: Mapping[tuple[Override, ...], T], base: T, resolve: Callable[[], Any], method: str) -> T:
    """What runs this request: `base`, unless it is certain that its handler has another plan."""
    try:
        endpoint = resolve()
    except Exception as error:  # of a router or a converter: it is raised again where the policy answers for it
        decision("override-not-resolved", error=type(error).__name__)
        return base
    return base if endpoint is None else runs.get(overrides_of(endpoint, method), base)


def at_first(app: Any, attribute: str, base: Any, choose: Callable[[], Any]) -> Any:
    """What stands in for `base` until the first request, when all routes are there: then what `choose` gives.

    It takes itself out of the application, unless somebody has wrapped it by then.
    """
    chosen: Any = None

    def first(*args: Any) -> Any:
        nonlocal chosen
        if chosen is None:
            chosen = choose()
            if getattr(app, attribute) is first:
                setattr(app, attribute, chosen)
        return chosen(*args)

    first.__wrapped__ = base  # type: ignore[attr-defined]
    return first
