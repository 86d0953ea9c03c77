"""`protect(app)`: one line for every framework, through that framework's own door."""

from __future__ import annotations

import importlib
from dataclasses import dataclass, field
from typing import Any, TypeVar

from hauberk.adapters.asgi import App as ASGIApp
from hauberk.adapters.asgi import ASGIShield
from hauberk.adapters.wsgi import App as WSGIApp
from hauberk.adapters.wsgi import WSGIShield
from hauberk.core.equipment import Assembly
from hauberk.core.errors import ConfigurationError, InputError
from hauberk.core.plan import Plan
from hauberk.integrations.libraries import look_later
from hauberk.integrations.target import detect
from hauberk.policy import Policy, assemble

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Protection:
    """What `app.__hauberk__` holds: by which policy this application is protected."""

    policy: Policy
    plan: Plan
    assembly: Assembly = field(default_factory=assemble, compare=False, repr=False)
    """What compiled it: its variants for single routes are compiled by the same, and share its stores."""


def protect(app: T, /, policy: Policy | None = None, **changes: Any) -> T:
    """Protect an application; the same object comes back (a bare ASGI or WSGI callable comes back wrapped).

    Keywords change fields of the policy, or of the recommended one: `protect(app, guard=Guard(mode="block"))`.
    Raises ConfigurationError for a field that does not exist, a value that no browser would take, or an application
    that is protected already by another policy.
    """
    if policy is not None and not isinstance(policy, Policy):
        raise ConfigurationError("policy", policy, "is not a Policy", "write for example Policy.recommended()")
    chosen = (policy or Policy.recommended()).replace(**changes)
    framework, _ = detect(app)
    known = getattr(app, "__hauberk__", None)
    if isinstance(known, Protection):
        if known.policy == chosen:
            return app
        raise ConfigurationError(
            "app", type(app).__name__, "is protected already, by another policy", "call protect once, with one policy"
        )
    assembly = assemble()
    protection = Protection(chosen, chosen.plan(assembly), assembly)
    look_later(chosen)
    if framework in {"asgi", "wsgi"}:
        wrapped: Any = _shielded(app, protection, asgi=framework == "asgi")
        wrapped.__hauberk__ = protection
        wrapped.app = app  # so that `check` and `scan` find what is inside
        return wrapped  # type: ignore[no-any-return]
    name = "starlette" if framework == "fastapi" else framework
    importlib.import_module(f"hauberk.integrations.protect.{name}").install(app, protection)
    app.__hauberk__ = protection  # type: ignore[attr-defined]
    return app


def _shielded(app: Any, protection: Protection, *, asgi: bool) -> Any:
    if not asgi:
        return WSGIShield(app, protection.plan).run
    from hauberk.integrations.sessions.sockets import watched  # here: WSGI has no use for an event loop

    return ASGIShield(app, protection.plan, sockets=watched(app, protection.policy)).run


def asgi(app: ASGIApp, policy: Policy | None = None) -> ASGIApp:
    """Protect any ASGI 3 callable; what comes back is what a server runs. Raises InputError for a WSGI one."""
    return protect(_speaking(app, "asgi"), policy)


def wsgi(app: WSGIApp, policy: Policy | None = None) -> WSGIApp:
    """Protect any WSGI callable; what comes back is what a server runs. Raises InputError for an ASGI one."""
    return protect(_speaking(app, "wsgi"), policy)


def _speaking(app: T, wanted: str) -> T:
    if detect(app)[1] != wanted:
        other = "wsgi" if wanted == "asgi" else "asgi"
        raise InputError(repr(app)[:80], f"speaks {other.upper()}", f"write hauberk.{other}(app, policy)")
    return app
