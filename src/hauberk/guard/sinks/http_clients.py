"""HTTP clients: where their redirects lead, and names that they remember the address of.

http.client is what urllib, urllib3, requests and boto stand on; httpcore is what httpx stands on.
"""

from __future__ import annotations

import http.client
from collections.abc import Callable
from functools import partial, wraps
from types import ModuleType
from typing import Any

from hauberk.guard.carry import MARK, listened
from hauberk.guard.imports import when_imported
from hauberk.guard.sinks.connect import REDIRECTS, redirected, resolved, reused


def install() -> list[str]:
    """Watch http.client now, the others where they are imported; what is hooked."""
    kind = http.client.HTTPConnection
    if not getattr(kind.getresponse, MARK, False):
        setattr(kind, "getresponse", _watched_response(kind.getresponse))  # noqa: B010
    if not getattr(kind.putrequest, MARK, False):
        setattr(kind, "putrequest", _watched_request(kind.putrequest))  # noqa: B010
    return [
        "http.client.HTTPConnection.putrequest",
        "http.client.HTTPConnection.getresponse",
        *(name for module, patch in PATCHES.items() for name in when_imported(module, patch)),
    ]


def _watched_request(original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    def putrequest(self: Any, *args: Any, **options: Any) -> Any:
        # A connection that is to be opened yet is judged when it is.
        if listened() and self.sock is not None and getattr(self, "_tunnel_host", None) is None:
            reused(self.host, self.port, self.sock.getpeername(), "http.client.HTTPConnection.request")
        return original(self, *args, **options)

    setattr(putrequest, MARK, True)
    return putrequest


def _watched_response(original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    def getresponse(self: Any, *args: Any, **options: Any) -> Any:
        response = original(self, *args, **options)
        if response.status in REDIRECTS and listened():
            host = getattr(self, "_tunnel_host", None) or self.host
            scheme = "https" if isinstance(self, http.client.HTTPSConnection) else "http"
            location = response.getheader("location") or ""
            redirected(host, self.port, location, f"{scheme}://{_bracketed(host)}:{self.port}/")
        return response

    setattr(getresponse, MARK, True)
    return getresponse


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _after_pool(request: Any, response: Any) -> None:
    if response.status in REDIRECTS and listened():
        url = request.url
        host, port = url.host.decode("ascii"), url.port or (443 if url.scheme == b"https" else 80)
        location = next((value for name, value in response.headers if name.lower() == b"location"), b"")
        base = f"{url.scheme.decode('ascii')}://{_bracketed(host)}:{port}/"
        redirected(host, port, location.decode("latin-1"), base)


def _before_sending(connection: Any, request: Any) -> None:
    if listened():
        url = request.url
        port = url.port or (443 if url.scheme == b"https" else 80)
        peer = connection._network_stream.get_extra_info("server_addr")
        reused(url.host.decode("ascii"), port, peer, "httpcore.ConnectionPool.handle_request")


def _watched_connection(original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    def handle_request(self: Any, request: Any) -> Any:
        _before_sending(self, request)
        return original(self, request)

    setattr(handle_request, MARK, True)
    return handle_request


def _watched_async_connection(original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    async def handle_async_request(self: Any, request: Any) -> Any:
        _before_sending(self, request)
        return await original(self, request)

    setattr(handle_async_request, MARK, True)
    return handle_async_request


def _watched_pool(original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    def handle_request(self: Any, request: Any) -> Any:
        response = original(self, request)
        _after_pool(request, response)
        return response

    setattr(handle_request, MARK, True)
    return handle_request


def _watched_async_pool(original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    async def handle_async_request(self: Any, request: Any) -> Any:
        response = await original(self, request)
        _after_pool(request, response)
        return response

    setattr(handle_async_request, MARK, True)
    return handle_async_request


def _patch_pool(
    kind: str, method: str, watched: Callable[[Callable[..., Any]], Callable[..., Any]], module: ModuleType
) -> list[str]:
    owner = vars(module)[kind]
    original = vars(owner)[method]
    if not getattr(original, MARK, False):
        setattr(owner, method, watched(original))
    return [f"{module.__name__.partition('.')[0]}.{kind}.{method}"]


def _watched_start(original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    async def start(self: Any, *args: Any, **options: Any) -> Any:
        response = await original(self, *args, **options)
        if self.status in REDIRECTS and listened():
            location = self.headers.get("Location") or self.headers.get("URI") or ""
            redirected(self.url.host or "", self.url.port, location, str(self.url))
        return response

    setattr(start, MARK, True)
    return start


def _watched_send(original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    async def send(self: Any, connection: Any, *args: Any, **options: Any) -> Any:
        if listened() and self.url.host and self.proxy is None:
            transport = connection.transport
            peer = None if transport is None else transport.get_extra_info("peername")
            reused(self.url.host, self.url.port, peer, "aiohttp.ClientSession.request")
        return await original(self, connection, *args, **options)

    setattr(send, MARK, True)
    return send


def _patch_aiohttp_request(module: ModuleType) -> list[str]:
    kind = module.ClientResponse
    request = module.ClientRequest
    if not getattr(request.send, MARK, False):
        request.send = _watched_send(request.send)
    if not getattr(kind.start, MARK, False):
        kind.start = _watched_start(kind.start)
    return ["aiohttp.ClientRequest.send", "aiohttp.ClientResponse.start"]


def _watched_resolve(original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    async def resolve_host(self: Any, host: str, *args: Any, **options: Any) -> Any:
        found = await original(self, host, *args, **options)
        # Another resolver may have answered than the system's, or nobody at all: the connector remembers.
        if listened():
            resolved(host, [entry["host"] for entry in found])
        return found

    setattr(resolve_host, MARK, True)
    return resolve_host


def _patch_aiohttp_connector(module: ModuleType) -> list[str]:
    kind = module.TCPConnector
    if not getattr(kind._resolve_host, MARK, False):
        kind._resolve_host = _watched_resolve(kind._resolve_host)
    return ["aiohttp.TCPConnector"]


PATCHES: dict[str, Callable[[ModuleType], list[str]]] = {
    **{
        f"{package}._{flavour}.{module}": partial(_patch_pool, kind, method, watched)
        for package in ("httpcore", "httpcore2")
        for flavour, module, kind, method, watched in (
            ("sync", "http11", "HTTP11Connection", "handle_request", _watched_connection),
            ("sync", "http2", "HTTP2Connection", "handle_request", _watched_connection),
            ("async", "http11", "AsyncHTTP11Connection", "handle_async_request", _watched_async_connection),
            ("async", "http2", "AsyncHTTP2Connection", "handle_async_request", _watched_async_connection),
        )
    },
    **{
        f"{package}._{flavour}.connection_pool": partial(_patch_pool, kind, method, watched)
        for package in ("httpcore", "httpcore2")
        for flavour, kind, method, watched in (
            ("sync", "ConnectionPool", "handle_request", _watched_pool),
            ("async", "AsyncConnectionPool", "handle_async_request", _watched_async_pool),
        )
    },
    "aiohttp.client_reqrep": _patch_aiohttp_request,
    "aiohttp.connector": _patch_aiohttp_connector,
}
"""By the module that defines the class."""
