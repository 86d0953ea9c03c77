"""Every override of an application, with its reason: for `hauberk check`, and for whoever wants to read them."""

from __future__ import annotations

import importlib
from typing import Any

from hauberk.integrations.override import Override, overrides_of, verbs
from hauberk.integrations.target import detect

WALKERS = {
    "fastapi": "starlette",
    "starlette": "starlette",
    "litestar": "litestar",
    "quart": "werkzeug",
    "flask": "werkzeug",
    "django": "django",
}


def overrides_in(app: Any) -> tuple[Override, ...]:
    """What stands on the handlers of an application, protected or not, in the order of its routes."""
    framework, _ = detect(app)
    if framework not in WALKERS:
        return ()
    walker = importlib.import_module(f"hauberk.integrations.resolve.{WALKERS[framework]}")
    endpoints = walker.endpoints() if framework == "django" else walker.endpoints(app)
    found = (one for endpoint in endpoints for verb in verbs(endpoint) for one in overrides_of(endpoint, verb))
    return tuple(dict.fromkeys(found))
