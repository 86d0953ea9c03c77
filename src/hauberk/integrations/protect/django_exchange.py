"""A request and a response as Django has them: objects of its own, whichever interface its server speaks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from http.cookies import Morsel
from typing import Any, ClassVar

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from hauberk.adapters.body import read_ahead
from hauberk.adapters.wsgi_exchange import split_host, told_target
from hauberk.core.exchange import Exchange, Head
from hauberk.wire.set_cookie import SetCookie

KEPT = frozenset("method path path_info GET COOKIES content_type content_params resolver_match headers scope".split())
"""What Django itself knows of a request; what others put there may know the request."""


class DjangoExchange(Exchange):
    """A request as Django holds it."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    def end(self) -> None:
        """See `Exchange.end`. Request, holder and exchange know each other as well: the exchange keeps a request with
        what came, so that all are gone with the response."""
        request = self.request
        alone = request.__class__.__new__(request.__class__)
        alone.__dict__.update({name: value for name, value in request.__dict__.items() if name in KEPT})
        alone.META = {key: value for key, value in request.META.items() if key not in {"hauberk", "wsgi.input"}}
        if hasattr(request, "environ"):
            alone.environ = alone.META
        self.request = alone
        super().end()

    @property
    def method(self) -> str:
        """See `Exchange.method`."""
        return self.request.method or "GET"

    @property
    def path(self) -> str:
        """See `Exchange.path`."""
        return str(self.request.path)

    @property
    def query(self) -> bytes:
        """See `Exchange.query`."""
        return str(self.request.META.get("QUERY_STRING", "")).encode("latin-1", "replace")

    @property
    def scheme(self) -> str:
        """See `Exchange.scheme`: as SECURE_PROXY_SSL_HEADER decides."""
        return str(self.request.scheme)

    @property
    def client(self) -> str:
        """See `Exchange.client`."""
        return str(self.request.META.get("REMOTE_ADDR", ""))

    @property
    def server_port(self) -> int | None:
        """See `Exchange.server_port`."""
        port = str(self.request.META.get("SERVER_PORT", ""))
        return int(port) if port.isdecimal() else None

    def header(self, name: str) -> str:
        """See `Exchange.header`."""
        return str(self.request.headers.get(name, ""))

    def headers(self) -> Iterator[tuple[str, str]]:
        """See `Exchange.headers`."""
        for name, value in self.request.headers.items():
            yield name.lower(), str(value)

    @property
    def raw_path(self) -> bytes:
        """See `Exchange.raw_path`."""
        scope = getattr(self.request, "scope", None)
        if scope is not None and scope.get("raw_path"):
            return bytes(scope["raw_path"].partition(b"?")[0])
        target = told_target(self.request.META)
        return target if target[:1] == b"/" else super().raw_path

    @property
    def target(self) -> bytes:
        """See `Exchange.target`."""
        return told_target(self.request.META) or self.raw_path

    @property
    def websocket(self) -> bool:
        """See `Exchange.websocket`; Django itself answers none."""
        return "websocket" in self.header("upgrade").lower()

    def forward(self, *, scheme: str, client: str, host: str) -> None:
        """See `Exchange.forward`. What Django worked out of the old values is forgotten."""
        meta = self.request.META
        if scheme:
            if hasattr(self.request, "scope"):
                self.request.scope["scheme"] = scheme
            meta["wsgi.url_scheme"] = scheme
            meta["HTTPS"] = "on" if scheme == "https" else "off"
            # Django asks its own proxy setting first, which then has to say the same.
            setting = getattr(settings, "SECURE_PROXY_SSL_HEADER", None)
            if setting:
                meta[setting[0]] = setting[1] if scheme == "https" else ""
        if client:
            meta["REMOTE_ADDR"] = client
        if host:
            meta["HTTP_HOST"] = host
            meta.pop("HTTP_X_FORWARDED_HOST", None)
            meta["SERVER_NAME"], port = split_host(host, self.scheme)
            meta["SERVER_PORT"] = str(port)
            self.request.__dict__.pop("headers", None)

    async def read_body(self, limit: int) -> bytes | None:
        """See `Exchange.read_body`."""
        request, stream = self.request, getattr(self.request, "_stream", None)
        if stream is None:
            return b""
        length = str(request.META.get("CONTENT_LENGTH") or "0")
        known = int(length) if length.isdecimal() else 0
        body, request._stream = read_ahead(stream, known, limit)
        return body

    @property
    def path_parameters(self) -> dict[str, Any]:
        """See `Exchange.path_parameters`."""
        match = self.request.resolver_match
        if match is None:
            return {}
        return dict(match.kwargs) | {str(number): value for number, value in enumerate(match.args)}

    @property
    def routed(self) -> bool | None:
        """See `Exchange.routed`."""
        return self.request.resolver_match is not None


class DjangoHead(Head):
    """A Django response, whose cookies stand apart from its fields."""

    __slots__ = ("response",)

    def __init__(self, response: HttpResponseBase) -> None:
        self.response = response

    @property
    def status(self) -> int:  # type: ignore[override]
        """See `Head.status`."""
        return int(self.response.status_code)

    def values(self, name: str) -> list[str]:
        """See `Head.values`."""
        if name == "set-cookie":
            return [morsel.OutputString() for morsel in self.response.cookies.values()]
        return [self.response.headers[name]] if name in self.response.headers else []

    def append(self, name: str, value: str) -> None:
        """See `Head.append`; fields of one name are joined, as Django keeps only one."""
        if name == "set-cookie":
            self._keep(SetCookie.parse(value))
        elif name in self.response.headers:
            self.response.headers[name] = f"{self.response.headers[name]}, {value}"
        else:
            self.response.headers[name] = value

    def remove(self, name: str) -> None:
        """See `Head.remove`."""
        if name == "set-cookie":
            self.response.cookies.clear()
        elif name in self.response.headers:
            del self.response.headers[name]

    def rewrite(self, name: str, change: Callable[[str], str]) -> None:
        """See `Head.rewrite`."""
        if name != "set-cookie":
            for value in self.values(name):
                self.response.headers[name] = change(value)
            return
        for morsel in list(self.response.cookies.values()):
            self._change(morsel, SetCookie.parse(change(morsel.OutputString())))

    def _change(self, morsel: Morsel[str], cookie: SetCookie) -> None:
        """Make it this cookie: in its place if it has only to be added to, or else anew."""
        if _fits(morsel, cookie):
            _set_attributes(morsel, cookie)
            return
        fresh: Morsel[str] = PartitionedMorsel()
        fresh.set(cookie.name, morsel.value, morsel.coded_value)
        _set_attributes(fresh, cookie)
        cookies = self.response.cookies
        del cookies[morsel.key]
        dict.__setitem__(cookies, cookie.name, fresh)  # its own way would encode the value once more

    def _keep(self, cookie: SetCookie) -> None:
        # As it is: put there by its own way, a value of base64 would go out in quotes, which browsers send back.
        fresh: Morsel[str] = PartitionedMorsel()
        fresh.set(cookie.name, cookie.value, cookie.value)
        _set_attributes(fresh, cookie)
        dict.__setitem__(self.response.cookies, cookie.name, fresh)


class PartitionedMorsel(Morsel[str]):
    """One that knows Partitioned, as those of the standard library do from Python 3.14 on."""

    _reserved: ClassVar[dict[str, str]] = {**vars(Morsel)["_reserved"], "partitioned": "Partitioned"}
    _flags: ClassVar[set[str]] = {*vars(Morsel)["_flags"], "partitioned"}


def _fits(morsel: Morsel[str], cookie: SetCookie) -> bool:
    """Whether this cookie has only to be added to: its name is the same, and no attribute was taken away."""
    named = {name.lower() for name, _ in cookie.attributes}
    if cookie.name != morsel.key or ("partitioned" in named and not morsel.isReservedKey("partitioned")):
        return False
    return all(name in named for name, value in morsel.items() if value)


def _set_attributes(morsel: Morsel[str], cookie: SetCookie) -> None:
    for name, value in cookie.attributes:
        # What says the same already stays as it is: Django's max-age is a number, and applications compare it.
        if morsel.isReservedKey(name) and str(morsel[name.lower()]) != str(value or True):
            morsel[name.lower()] = value or True
