"""A request and a response's header as ASGI 3 has them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, MutableMapping
from typing import Any

from hauberk.adapters.wsgi_exchange import split_host
from hauberk.core.encoded import RawHead
from hauberk.core.exchange import PRIVATE, Exchange, Reply

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
RawHeaders = list[tuple[bytes, bytes]]
Make = Callable[[Scope], "ASGIExchange"]

_PRIVATE = b"cache-control", PRIVATE.encode()
_HTTP = {"ws": "http", "wss": "https"}


class ASGIExchange(Exchange):
    """A request as an ASGI scope holds it."""

    receive: Receive
    """Given by the adapter where a step may wait."""
    fields_by_name: Mapping[bytes, bytes] | None = None
    """The request's fields, once somebody asked for one of them."""
    websocket = False
    """See `Exchange.websocket`; the adapter sets it."""
    replay: list[Message] | None = None
    """What was read ahead of the application, to be given to it again."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope

    @property
    def method(self) -> str:
        """See `Exchange.method`; a WebSocket handshake is a GET."""
        method: str = self.scope.get("method", "GET")
        return method

    @property
    def path(self) -> str:
        """See `Exchange.path`."""
        path: str = self.scope["path"]
        return path

    @property
    def query(self) -> bytes:
        """See `Exchange.query`."""
        query: bytes = self.scope.get("query_string", b"")
        return query

    @property
    def scheme(self) -> str:
        """See `Exchange.scheme`; `wss` counts as `https`."""
        scheme: str = self.scope.get("scheme", "http")
        return _HTTP[scheme] if scheme in _HTTP else scheme  # noqa: SIM401 - on most requests, and half the price

    @property
    def client(self) -> str:
        """See `Exchange.client`."""
        return str((self.scope.get("client") or ("",))[0])

    @property
    def server_port(self) -> int | None:
        """See `Exchange.server_port`."""
        port: int | None = (self.scope.get("server") or ("", None))[1]
        return port

    def header(self, name: str) -> str:
        """See `Exchange.header`. The first question makes an index of all fields, as there will be more."""
        fields = self.fields_by_name
        if fields is None:
            fields = self.fields_by_name = _by_name(self.scope["headers"])
        value = fields.get(name.encode("latin-1"))
        return "" if value is None else value.decode("latin-1")

    def headers(self) -> Iterator[tuple[str, str]]:
        """See `Exchange.headers`."""
        for key, value in self.scope["headers"]:
            yield key.decode("latin-1").lower(), value.decode("latin-1")

    @property
    def raw_path(self) -> bytes:
        """See `Exchange.raw_path`."""
        raw: bytes | None = self.scope.get("raw_path")
        return super().raw_path if raw is None else raw.partition(b"?")[0]

    @property
    def origin_form(self) -> bool:
        """See `Exchange.origin_form`."""
        return origin_form(self.scope)

    def forward(self, *, scheme: str, client: str, host: str) -> None:
        """See `Exchange.forward`. The server's own list of fields stays as it is."""
        scope = self.scope
        if scheme:
            scope["scheme"] = {"http": "ws", "https": "wss"}[scheme] if self.websocket else scheme
        if client:
            scope["client"] = (client, 0)
        if host:
            fields = [pair for pair in scope["headers"] if pair[0].lower() != b"host"]
            scope["headers"] = [(b"host", host.encode("latin-1")), *fields]
            self.fields_by_name = None
            scope["server"] = split_host(host, self.scheme)

    async def read_body(self, limit: int) -> bytes | None:
        """See `Exchange.read_body`."""
        read = self.replay = self.replay or []
        length = sum(len(message.get("body", b"")) for message in read)
        while not read or (read[-1]["type"] == "http.request" and read[-1].get("more_body")):
            read.append(await self.receive())
            length += len(read[-1].get("body", b""))
            if length > limit:
                return None
        return b"".join(message.get("body", b"") for message in read)

    @property
    def body_to_come(self) -> bool:
        """See `Exchange.body_to_come`: HTTP/1 says whether there is one (RFC 9112, section 6.3)."""
        length = self.header("content-length")
        if length:
            return not length.isdecimal() or self.body_length < int(length)
        return not self.scope.get("http_version", "").startswith("1") or bool(self.header("transfer-encoding"))

    @property
    def path_parameters(self) -> dict[str, Any]:
        """See `Exchange.path_parameters`: where Starlette, FastAPI and Litestar put them."""
        return self.scope.get("path_params") or {}

    @property
    def routed(self) -> bool | None:
        """See `Exchange.routed`: as Starlette and FastAPI say it."""
        scope = self.scope
        return "endpoint" in scope if "router" in scope else None


class Early(ASGIExchange):
    """An exchange that is made when somebody asks for it."""

    asked = False
    """Whether somebody has asked for a field."""

    def header(self, name: str) -> str:
        """See `Exchange.header`. An index is made at the second question: often there is but one."""
        fields = self.fields_by_name
        if fields is not None:
            value = fields.get(name.encode("latin-1"))
            return "" if value is None else value.decode("latin-1")
        if self.asked:
            return super().header(name)
        self.asked, wanted, length, found = True, name.encode("latin-1"), len(name), None
        for key, value in self.scope["headers"]:
            if len(key) == length and key.lower() == wanted:
                if found is not None:
                    return super().header(name)
                found = value
        return "" if found is None else found.decode("latin-1")

    @property
    def cookie(self) -> str:
        """See `Exchange.cookie`: as `header`, written out."""
        if self.fields_by_name is not None:
            return self.header("cookie")
        found = None
        for key, value in self.scope["headers"]:
            if len(key) == 6 and key.lower() == b"cookie":
                if found is not None:
                    return super().header("cookie")
                found = value
        return "" if found is None else found.decode("latin-1")


class Late(Early):
    """The exchange of a response whose header is out already."""

    sent = True


class ASGIHead(RawHead[bytes]):
    """Fields as bytes; only those that somebody asks for are decoded."""

    __slots__ = ()

    def values(self, name: str) -> list[str]:
        """See `Head.values`."""
        wanted, length = name.encode("latin-1"), len(name)
        if self._names is not None and wanted not in self._names:
            return []
        return [value.decode("latin-1") for key, value in self.raw if len(key) == length and key.lower() == wanted]

    def append(self, name: str, value: str) -> None:
        """See `Head.append`."""
        key = name.encode("latin-1")
        self.raw.append((key, value.encode("latin-1")))
        if self._names is not None:
            self._names.add(key)

    def give(self, cookie: str) -> None:
        """See `Head.give`: one look at the names, and no call for each field."""
        raw, names = self.raw, self._names
        for key, _ in raw:
            if len(key) == 13 and key.lower() == b"cache-control":
                return super().give(cookie)
        raw += (b"set-cookie", cookie.encode("latin-1")), _PRIVATE
        if names is not None:
            names |= {b"set-cookie", b"cache-control"}
        return None

    def remove(self, name: str) -> None:
        """See `Head.remove`."""
        self.drop(frozenset((name.encode("latin-1"),)))

    def rewrite(self, name: str, change: Callable[[str], str]) -> None:
        """See `Head.rewrite`."""
        wanted, raw, length = name.encode("latin-1"), self.raw, len(name)
        if wanted not in self.names:
            return
        for at, (key, value) in enumerate(raw):
            if len(key) == length and key.lower() == wanted:
                raw[at] = (key, change(value.decode("latin-1")).encode("latin-1"))


async def answer(ex: Exchange, reply: Reply, send: Send) -> None:
    """Send this and nothing else."""
    await send({"type": "http.response.start", "status": reply.status, "headers": raw_fields(reply)})
    await send({"type": "http.response.body", "body": b"" if ex.method == "HEAD" else reply.body})


def raw_fields(reply: Reply) -> RawHeaders:
    """The header of a reply."""
    fields = [(name.encode(), value.encode("latin-1")) for name, value in reply.headers]
    return fields if reply.bodiless else [*fields, (b"content-length", b"%d" % len(reply.body))]


def origin_form(scope: Scope) -> bool:
    """Whether the request's target is a path; by the path itself where the server keeps none as it came."""
    raw: bytes | None = scope.get("raw_path")
    return bool(scope["path"][:1] == "/" if raw is None else raw[:1] == b"/")


def _by_name(headers: RawHeaders) -> dict[bytes, bytes]:
    """Name to value. What came several times is joined: by commas, cookies by semicolons (RFC 9113, section 8.2.3)."""
    fields = dict(headers)
    # Servers are to send names in lower case; who does not must not get past a check by it.
    if len(fields) == len(headers) and b"".join(fields).islower():
        return fields
    joined: dict[bytes, bytes] = {}
    for key, value in headers:
        name = key.lower()
        joiner = b"; " if name == b"cookie" else b", "
        joined[name] = joined[name] + joiner + value if name in joined else value
    return joined
