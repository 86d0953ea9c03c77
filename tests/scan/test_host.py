"""In process, an application that answers to its own names only is asked by one of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hauberk import Hosts, Policy, protect
from hauberk.integrations.surface import surface, transport
from hauberk.integrations.target import Target, detect


def starlette(names: list[str] | None = None) -> Any:
    from starlette.applications import Starlette
    from starlette.middleware import Middleware
    from starlette.middleware.trustedhost import TrustedHostMiddleware

    return Starlette(middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=names)] if names else [])


def flask(names: list[str] | None = None) -> Any:
    from flask import Flask

    app = Flask(__name__)
    app.config["TRUSTED_HOSTS"] = names
    return app


@pytest.mark.parametrize("make", [starlette, flask])
@pytest.mark.parametrize(
    ("own", "policy", "asked"),
    [
        (None, None, "testserver"),
        (["shop.example"], None, "shop.example"),
        (None, ("localhost",), "localhost"),
        (None, ("*.shop.example", "shop.example"), "shop.example"),
        (None, ("*.shop.example",), "scan.shop.example"),
    ],
)
def test_the_name(make: Any, own: list[str] | None, policy: tuple[str, ...] | None, asked: str) -> None:
    app = make(own)
    if policy:
        app = protect(app, Policy.recommended().replace(hosts=Hosts(allow=policy)))
    framework, protocol = detect(app)
    target = Target(name="x:app", app=app, framework=framework, protocol=protocol, root=Path.cwd())
    assert transport(target, surface(target)).wire.host == asked
