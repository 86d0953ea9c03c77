"""A small Flask application around one handler, protected: what most tests of sinks send their values to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from hauberk.adapters.wsgi import WSGIShield
from hauberk.core.plan import Plan
from hauberk.guard import Guard
from hauberk.guard.seen import SEEN

BLOCK = Plan.of([Guard(mode="block")])


def site(handler: Callable[[Any], Any], plan: Plan = BLOCK) -> Any:
    """A test client; the handler gets Flask's request, whose body was read, and its result is the answer."""
    from flask import Flask, request

    SEEN.clear()
    app = Flask("site")

    @app.route("/", methods=["GET", "POST"])
    def page() -> str:
        request.get_data(parse_form_data=True)
        return str(handler(request))

    app.wsgi_app = WSGIShield(app.wsgi_app, plan)  # type: ignore[method-assign]
    return app.test_client()


def ask(handler: Callable[[str], Any], value: str, plan: Plan = BLOCK) -> int:
    """The status of the answer to a request with this value in its query."""
    status: int = site(lambda request: handler(request.args["v"]), plan).get("/?v=" + quote(value)).status_code
    return status
