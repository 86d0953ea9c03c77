"""Any other ASGI or WSGI callable: what comes back is what a server runs."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import Any

import pytest

from hauberk import ConfigurationError, Policy, asgi, csp_nonce, protect, wsgi
from hauberk.core.exchange import CURRENT
from tests.integrations.driving import Visitor

NAMES = [name for name, _ in Policy.recommended().plan().constants(None)]


async def asgi_function(scope: Any, receive: Any, send: Any) -> None:
    body = csp_nonce(scope).encode() if scope["path"] == "/nonce" else b"ok"
    await send({"type": "http.response.start", "status": 200, "headers": [(b"Content-Type", b"text/plain")]})
    await send({"type": "http.response.body", "body": body})


def asgi_plain(scope: Any, receive: Any, send: Any) -> Awaitable[None]:
    return asgi_function(scope, receive, send)


class ASGIObject:
    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await asgi_function(scope, receive, send)

    async def method(self, scope: Any, receive: Any, send: Any) -> None:
        await asgi_function(scope, receive, send)


class ASGIAny:
    async def __call__(self, *args: Any) -> None:
        await asgi_function(*args)


async def asgi_configured(prefix: str, scope: Any, receive: Any, send: Any) -> None:
    await asgi_function(scope, receive, send)


def wsgi_function(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    body = csp_nonce(environ).encode() if environ["PATH_INFO"] == "/nonce" else b"ok"
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [body]


def wsgi_generator(environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
    yield from wsgi_function(environ, start_response)


def wsgi_writer(environ: dict[str, Any], start_response: Any, encoding: str = "utf-8") -> Iterable[bytes]:
    return wsgi_function(environ, start_response)


class WSGIObject:
    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        return wsgi_function(environ, start_response)


class WSGIClass:
    """As in PEP 3333: the class is the application, and its object the body."""

    def __init__(self, environ: dict[str, Any], start_response: Any) -> None:
        self.parts = wsgi_function(environ, start_response)

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.parts)


ASGI = (
    asgi_function,
    asgi_plain,
    ASGIObject(),
    ASGIObject().method,
    ASGIAny(),
    functools.partial(asgi_configured, "/x"),
)
WSGI = (wsgi_function, wsgi_generator, wsgi_writer, WSGIObject(), WSGIClass)


@pytest.mark.parametrize(("protocol", "app"), [*[("asgi", app) for app in ASGI], *[("wsgi", app) for app in WSGI]])
@pytest.mark.parametrize("guarded", [True, False])
def test_every_shape_of_application(protocol: Any, app: Callable[..., Any], guarded: bool) -> None:
    policy = Policy.recommended() if guarded else Policy.recommended().replace(guard=None)
    protected = protect(app, policy)
    visitor = Visitor(protected, protocol)
    got = visitor.get("/")
    assert (got.status, got.body) == (200, b"ok")
    assert all(got.one(name) for name in NAMES)
    nonced = visitor.get("/nonce")
    assert f"'nonce-{nonced.body.decode()}'" in (nonced.one("content-security-policy") or "")
    assert visitor.errors == []


def test_the_doors_with_names() -> None:
    assert Visitor(asgi(asgi_function), "asgi").get("/").one("x-frame-options") == "SAMEORIGIN"
    assert Visitor(wsgi(wsgi_function, Policy.strict()), "wsgi").get("/").one("x-frame-options") == "DENY"


def test_twice() -> None:
    apps: tuple[Any, ...] = (asgi_function, wsgi_function)
    for app in apps:
        once = protect(app)
        assert protect(once) is once
        assert once.__hauberk__.policy == Policy.recommended()
        with pytest.raises(ConfigurationError, match="protected already"):
            protect(once, Policy.strict())
        assert not hasattr(app, "__hauberk__"), "the one inside is as it was"


@pytest.mark.parametrize("guarded", [True, False])
def test_a_body_that_fails_leaves_nothing_behind(guarded: bool) -> None:
    def app(environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
        if environ["PATH_INFO"] == "/":
            raise RuntimeError("hunter2")
        yield b""

    policy = Policy.recommended() if guarded else Policy.recommended().replace(guard=None)
    parts = iter(protect(app, policy)({"REQUEST_METHOD": "GET", "PATH_INFO": "/"}, lambda *args: print))
    assert b"hunter2" not in next(parts)
    assert CURRENT.get() is None, "between two parts, the server's context is its own"
