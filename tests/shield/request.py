"""A request as a plain value, for tables of requests that need no server; `serve` runs the same through adapters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from hauberk.core.exchange import Exchange, Reply
from hauberk.core.plan import Feature


class Request(Exchange):
    """What `ask` sends."""

    def __init__(
        self,
        target: str = "/",
        *,
        method: str = "GET",
        scheme: str = "https",
        client: str = "192.0.2.7",
        websocket: bool = False,
        headers: tuple[tuple[str, str], ...] = (),
    ) -> None:
        raw, _, query = target.partition("?")
        self._method, self._raw, self._query = method, raw.encode("latin-1"), query.encode("latin-1")
        self._scheme, self._client, self._websocket = scheme, client, websocket
        self._headers = [(name.lower(), value) for name, value in headers]

    @property
    def method(self) -> str:
        return self._method

    @property
    def path(self) -> str:
        return unquote(self._raw.decode("latin-1"))

    @property
    def raw_path(self) -> bytes:
        return self._raw

    @property
    def query(self) -> bytes:
        return self._query

    @property
    def scheme(self) -> str:
        return self._scheme

    @property
    def client(self) -> str:
        return self._client

    @property
    def websocket(self) -> bool:
        return self._websocket

    def header(self, name: str) -> str:
        return ", ".join(value for key, value in self._headers if key == name)

    def headers(self) -> Iterator[tuple[str, str]]:
        yield from self._headers

    def forward(self, *, scheme: str, client: str, host: str) -> None:
        self._scheme, self._client = scheme or self._scheme, client or self._client
        if host:
            self._headers = [pair for pair in self._headers if pair[0] != "host"] + [("host", host)]

    @property
    def path_parameters(self) -> dict[str, Any]:
        return {}


def ask(feature: Feature, request: Request) -> Reply | None:
    """What the feature answers in place of the application."""
    step = feature.steps().on_request
    return None if step is None else step(request)


def status(feature: Feature, request: Request) -> int:
    """The status of its answer; 200 where the application answers."""
    reply = ask(feature, request)
    return 200 if reply is None else reply.status


def location(reply: Reply | None) -> str | None:
    """Where a reply leads, if anywhere."""
    return None if reply is None else dict(reply.headers).get("location")
