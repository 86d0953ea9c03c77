"""A request and a response's header as WSGI has them (PEP 3333)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from types import TracebackType
from typing import Any

from hauberk.adapters.body import read_ahead
from hauberk.core.encoded import RawHead
from hauberk.core.exchange import Exchange

Environ = dict[str, Any]
TextHeaders = list[tuple[str, str]]
ExcInfo = tuple[type[BaseException], BaseException, TracebackType] | tuple[None, None, None] | None
Write = Callable[[bytes], object]
StartResponse = Callable[..., Write]
App = Callable[[Environ, StartResponse], Iterable[bytes]]
Make = Callable[[Environ], "WSGIExchange"]


@lru_cache(maxsize=256)
def field_key(name: str) -> str:
    """The name under which an environment holds a field of the request."""
    key = name.upper().replace("-", "_")
    return key if key in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{key}"


@lru_cache(maxsize=256)
def field_name(key: str) -> str:
    """The name, in lower case, of a field that an environment holds under this key."""
    return key[5:].replace("_", "-").lower()


class WSGIExchange(Exchange):
    """A request as a WSGI environment holds it."""

    waits = False

    def __init__(self, environ: Environ) -> None:
        self.environ = environ

    def end(self) -> None:
        """See `Exchange.end`. Environment, holder and exchange know each other as well: apart, they are gone with the
        request; who keeps the exchange sees the request as it came."""
        holder = self.environ.get("hauberk")
        if type(holder) is list and holder[0] is self:
            holder[2] = None  # what it was made from
        alone = self.environ = {**self.environ}
        for key in ("hauberk", "wsgi.input", "werkzeug.request"):
            alone.pop(key, None)
        super().end()

    @property
    def method(self) -> str:
        """See `Exchange.method`."""
        return str(self.environ["REQUEST_METHOD"])

    @property
    def path(self) -> str:
        """See `Exchange.path`."""
        raw: str = self.environ.get("SCRIPT_NAME", "") + self.environ.get("PATH_INFO", "")
        return raw.encode("latin-1").decode("utf-8", "replace")

    @property
    def query(self) -> bytes:
        """See `Exchange.query`."""
        query: str = self.environ.get("QUERY_STRING", "")
        return query.encode("latin-1")

    @property
    def scheme(self) -> str:
        """See `Exchange.scheme`."""
        return str(self.environ.get("wsgi.url_scheme", "http"))

    @property
    def client(self) -> str:
        """See `Exchange.client`."""
        return str(self.environ.get("REMOTE_ADDR", ""))

    @property
    def server_port(self) -> int | None:
        """See `Exchange.server_port`."""
        port = str(self.environ.get("SERVER_PORT", ""))
        return int(port) if port.isdecimal() else None

    def header(self, name: str) -> str:
        """See `Exchange.header`."""
        return str(self.environ.get(field_key(name), ""))

    def headers(self) -> Iterator[tuple[str, str]]:
        """See `Exchange.headers`."""
        for key, value in self.environ.items():
            if key[:5] == "HTTP_":
                yield field_name(key), value if type(value) is str else str(value)
        for key in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            if value := self.environ.get(key):
                yield key.replace("_", "-").lower(), str(value)

    @property
    def raw_path(self) -> bytes:
        """See `Exchange.raw_path`: from servers that say it, as most do."""
        target = told_target(self.environ)
        return target if target[:1] == b"/" else super().raw_path

    @property
    def target(self) -> bytes:
        """See `Exchange.target`: of one in absolute form, servers give the application the path alone."""
        return told_target(self.environ) or super().raw_path

    @property
    def websocket(self) -> bool:
        """See `Exchange.websocket`."""
        return "HTTP_UPGRADE" in self.environ and "websocket" in self.environ["HTTP_UPGRADE"].lower()

    def forward(self, *, scheme: str, client: str, host: str) -> None:
        """See `Exchange.forward`."""
        environ = self.environ
        if scheme:
            environ["wsgi.url_scheme"] = scheme
            environ["HTTPS"] = "on" if scheme == "https" else "off"
        if client:
            environ["REMOTE_ADDR"] = client
            environ.pop("REMOTE_HOST", None)
            environ.pop("REMOTE_PORT", None)
        if host:
            name, port = split_host(host, environ["wsgi.url_scheme"])
            environ["HTTP_HOST"], environ["SERVER_NAME"], environ["SERVER_PORT"] = host, name, str(port)

    async def read_body(self, limit: int) -> bytes | None:
        """See `Exchange.read_body`."""
        environ = self.environ
        if "wsgi.input" not in environ:
            return b""
        length = environ.get("CONTENT_LENGTH")
        known = int(length) if length and str(length).isdecimal() else None
        if known is None and not environ.get("wsgi.input_terminated"):
            known = 0  # nothing says where it ends, and the server would wait for more
        body, environ["wsgi.input"] = read_ahead(environ["wsgi.input"], known, limit)
        return body

    @property
    def body_to_come(self) -> bool:
        """See `Exchange.body_to_come`: a WSGI server that says no length gives no body, unless it ends it itself."""
        get = self.environ.get
        if length := get("CONTENT_LENGTH"):
            return not str(length).isdecimal() or self.body_length < int(length)
        return bool(get("wsgi.input_terminated") or get("HTTP_TRANSFER_ENCODING"))

    @property
    def path_parameters(self) -> dict[str, Any]:
        """See `Exchange.path_parameters`: where Werkzeug's request and routing put them."""
        request = self.environ.get("werkzeug.request")
        routing = getattr(request, "view_args", None) or self.environ.get("wsgiorg.routing_args", ((), {}))[1]
        return dict(routing)

    @property
    def routed(self) -> bool | None:
        """See `Exchange.routed`: as Werkzeug's request says it."""
        request = self.environ.get("werkzeug.request")
        return None if request is None else getattr(request, "url_rule", None) is not None


def told_target(environ: Mapping[str, Any]) -> bytes:
    """The request's target as gunicorn, waitress, uWSGI and others tell it, without its query; empty if they do not."""
    target = environ.get("RAW_URI") or environ.get("REQUEST_URI")
    return target.partition("?")[0].encode("latin-1", "replace") if isinstance(target, str) else b""


class Late(WSGIExchange):
    """The exchange of a response whose header is out already."""

    sent = True


class WSGIHead(RawHead[str]):
    """Fields as native text."""

    __slots__ = ()

    def values(self, name: str) -> list[str]:
        """See `Head.values`."""
        return [value for key, value in self.raw if key.lower() == name]

    def append(self, name: str, value: str) -> None:
        """See `Head.append`."""
        self.add(name, value)

    def remove(self, name: str) -> None:
        """See `Head.remove`."""
        self.drop(frozenset((name,)))

    def rewrite(self, name: str, change: Callable[[str], str]) -> None:
        """See `Head.rewrite`."""
        for at, (key, value) in enumerate(self.raw):
            if key.lower() == name:
                self.raw[at] = (key, change(value))


def split_host(host: str, scheme: str) -> tuple[str, int]:
    """Name and port of what stands in a Host field; the scheme's port where none does."""
    name, colon, port = host.rpartition(":")
    if colon and port.isdecimal() and not name.endswith(":"):
        return name, int(port)
    return host, 443 if scheme == "https" else 80
