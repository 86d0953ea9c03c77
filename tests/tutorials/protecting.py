"""A pytest plug-in: protect an application before its own test suite sees it, as its author would in its module.

    python -m pytest -p tests.tutorials.protecting --door package.module:app --protect recommended suite.py

A door that ends in `()` is a factory: what it returns is protected.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, MutableMapping
from typing import Any

import pytest

from hauberk import Guard, Policy, protect

WAYS: dict[str, Callable[[Any], Any]] = {
    "bare": lambda app: app,
    "recommended": lambda app: protect(app),
    "strict": lambda app: protect(app, Policy.strict()),
    "blocking": lambda app: protect(app, guard=Guard(mode="block")),
}


def deaf(app: Any) -> Any:
    """A protection that breaks applications: it loses every cookie. With it, a suite must fail."""
    if hasattr(app, "wsgi_app"):
        inner = app.wsgi_app

        def run(environ: MutableMapping[str, Any], start_response: Any) -> Any:
            def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
                return start_response(status, [pair for pair in headers if pair[0].lower() != "set-cookie"], *rest)

            return inner(environ, start)

        app.wsgi_app = run
        return app
    build = app.build_middleware_stack

    def build_deaf() -> Any:
        stack = build()

        async def run(scope: Any, receive: Any, send: Any) -> None:
            async def send_deaf(message: Any) -> None:
                if message["type"] == "http.response.start":
                    message = {**message, "headers": [p for p in message["headers"] if p[0] != b"set-cookie"]}
                await send(message)

            await stack(scope, receive, send_deaf)

        return run

    app.build_middleware_stack = build_deaf
    return app


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--door", required=True, help="module:app, or module:factory()")
    parser.addoption("--protect", required=True, choices=[*WAYS, "deaf"])


def pytest_configure(config: pytest.Config) -> None:
    module_name, _, name = config.getoption("--door").partition(":")
    wanted = config.getoption("--protect")
    way = WAYS.get(wanted, deaf)
    module = importlib.import_module(module_name)

    def protected(app: Any) -> Any:
        found = way(app)
        assert found is app, "the same object"
        assert hasattr(app, "__hauberk__") == (wanted not in {"bare", "deaf"})
        return found

    if not name.endswith("()"):
        protected(getattr(module, name))
        return
    factory = getattr(module, name.removesuffix("()"))

    @functools.wraps(factory)
    def make(*args: Any, **options: Any) -> Any:
        return protected(factory(*args, **options))

    setattr(module, factory.__name__, make)
