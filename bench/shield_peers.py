"""Peers of `bench.shield`: the same job on ASGI, each as its documentation shows."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from hauberk.adapters.asgi import App, Scope

Pairs = list[tuple[bytes, bytes]]


def headers(app: App, fields: Pairs) -> dict[str, App]:
    """Constant response headers; Starlette gets ours, added as its documentation of pure ASGI middleware adds one."""
    Secweb: Any = import_module("Secweb")
    secure: Any = import_module("secure")
    middleware: Any = import_module("secure.middleware")
    from starlette.datastructures import MutableHeaders

    chosen: Any = app
    texts = [(name.decode(), value.decode()) for name, value in fields]

    class Collect:
        """Secweb adds its middleware to an application object; this one stacks what it is given."""

        def __init__(self) -> None:
            self.app = chosen

        def add_middleware(self, kind: Any, *args: Any, **options: Any) -> None:
            self.app = kind(self.app, *args, **options)

    class EachHeader:
        async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
            async def send_more(message: Any) -> None:
                if message["type"] == "http.response.start":
                    headers = MutableHeaders(scope=message)
                    for name, value in texts:
                        headers.append(name, value)
                await send(message)

            await chosen(scope, receive, send_more)

    collected = Collect()
    Secweb.SecWeb(app=collected)
    return {
        "secure": middleware.SecureASGIMiddleware(chosen, secure=secure.Secure.from_preset(secure.Preset.BALANCED)),
        "secweb": collected.app,
        "starlette_headers": EachHeader(),
    }


def cors(app: App, origin: str) -> dict[str, App]:
    """One allowed origin."""
    from starlette.middleware.cors import CORSMiddleware

    chosen: Any = app
    middleware: Any = CORSMiddleware(chosen, allow_origins=[origin])
    return {"starlette": middleware}


def fused(app: App, origin: str) -> dict[str, App]:
    """Headers and CORS; no peer makes nonces of the policy or hardens cookies, so this does less than ours."""
    secure: Any = import_module("secure")
    middleware: Any = import_module("secure.middleware")
    inner = middleware.SecureASGIMiddleware(app, secure=secure.Secure.from_preset(secure.Preset.BALANCED))
    return {"secure_and_starlette": cors(inner, origin)["starlette"]}
