"""Django: a middleware, and `protect()` for what `get_asgi_application()` and `get_wsgi_application()` return."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable, Iterator
from copy import copy
from http.cookies import Morsel
from typing import TYPE_CHECKING, Any, ClassVar

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.conf import settings
from django.contrib.staticfiles.handlers import StaticFilesHandlerMixin
from django.core.exceptions import ImproperlyConfigured
from django.core.handlers.asgi import ASGIHandler
from django.core.signals import got_request_exception
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template import engines
from django.template.backends.django import DjangoTemplates
from django.views.defaults import ERROR_PAGE_TEMPLATE

from hauberk.adapters.body import WatchedInput, read_ahead
from hauberk.adapters.wsgi_exchange import split_host
from hauberk.core.errors import BlockedError, ConfigurationError
from hauberk.core.exchange import CURRENT, Exchange, Head, Reply, held
from hauberk.core.plan import run_deferred, run_inline
from hauberk.integrations.libraries import look_later
from hauberk.integrations.protect.django_answers import watched, watched_async
from hauberk.integrations.protect.django_routes import Routes
from hauberk.integrations.request import TemplateNonce, templates
from hauberk.policy import Policy, assemble
from hauberk.wire.set_cookie import SetCookie

if TYPE_CHECKING:
    from django.core.handlers.base import BaseHandler

    from hauberk.integrations.protect import Protection

SHIELD = "hauberk.django.Shield"


def install(app: BaseHandler, protection: Protection) -> None:
    """Put the middleware first and load the stack again: the test client is protected by it as well.

    Settings are of the whole project, so is the policy. Raises ConfigurationError if they name another one already.
    """
    named = getattr(settings, "HAUBERK", None)
    if named is not None and named != protection.policy:
        raise ConfigurationError(
            "settings.HAUBERK",
            type(named).__name__,
            "is another policy than the one given to protect()",
            "name the policy in one place: protect(application, settings.HAUBERK)",
        )
    settings.HAUBERK = protection.policy
    if SHIELD not in settings.MIDDLEWARE:
        settings.MIDDLEWARE = [SHIELD, *settings.MIDDLEWARE]
    while isinstance(app, StaticFilesHandlerMixin):
        # It answers for static files itself, past all middleware, and hands everything else on.
        app.get_response = Shield(app.get_response)
        app.get_response_async = Shield(app.get_response_async)
        app = app.application
    app.load_middleware(is_async=isinstance(app, ASGIHandler))


class Shield:
    """`MIDDLEWARE = ["hauberk.django.Shield", *MIDDLEWARE]`, with the policy in `HAUBERK`; both sync and async."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        policy = getattr(settings, "HAUBERK", None) or Policy.recommended()
        if not isinstance(policy, Policy):
            raise ImproperlyConfigured(f"HAUBERK={policy!r} is not a Policy; write for example Policy.recommended()")
        self.get_response = get_response
        assembly = assemble()
        self.plan = policy.plan(assembly)
        look_later(policy)
        self._routes = Routes(policy, assembly)
        _teach_templates()
        if policy.failures is not None:
            got_request_exception.connect(note, dispatch_uid="hauberk")
        self._waits = iscoroutinefunction(get_response)
        if self._waits:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        """Run one request."""
        plan = self._routes.plan(request)
        if plan is None:
            return self._run(request)
        other = copy(self)
        other.plan = plan
        return other._run(request)

    def process_view(self, request: HttpRequest, view: object, *_: object) -> HttpResponse | None:
        """Called by Django before the view: it is the one that the request was judged for."""
        reply = self._routes.refuse_other(request, view)
        return None if reply is None else _reply(reply)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Called by Django for what a view raised: a refusal of ours is an answer, no error to be logged and mailed."""
        holder = request.META.get("hauberk")
        if holder is None or not isinstance(error, BlockedError):
            return None
        reply = held(holder).blocked
        return None if reply is None else _reply(reply)

    def _run(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        if self._waits:
            return self._run_async(request)
        ex = self._exchange(request)
        token = CURRENT.set(ex)
        try:
            try:
                reply = self.plan.begin(ex) or run_inline(self.plan.load_all(ex))
                _give_session(ex)
                response = _reply(reply) if reply else self.get_response(request)
                if ex.failed is not None:
                    response = shown(response, run_inline(self.plan.fail(ex, ex.failed)))
                if self.plan.answers is not None and ex.blocked is None:
                    response = watched(ex, response, self.plan.answers)
                head = DjangoHead(_reply(ex.blocked) if ex.blocked else response)
                run_inline(run_deferred(ex, head))
            except Exception as error:  # of a step: Django answers those of its views itself
                head = DjangoHead(_reply(run_inline(self.plan.fail(ex, error))))
        finally:
            CURRENT.reset(token)
        return self._finish(ex, head)

    async def _run_async(self, request: HttpRequest) -> HttpResponseBase:
        ex = self._exchange(request)
        token = CURRENT.set(ex)
        try:
            try:
                reply = self.plan.begin(ex) or await self.plan.load_all(ex)
                _give_session(ex)
                response = _reply(reply) if reply else await self.get_response(request)
                if ex.failed is not None:
                    response = shown(response, await self.plan.fail(ex, ex.failed))
                if self.plan.answers is not None and ex.blocked is None:
                    response = await watched_async(ex, response, self.plan.answers)
                head = DjangoHead(_reply(ex.blocked) if ex.blocked else response)
                await run_deferred(ex, head)
            except Exception as error:  # of a step: Django answers those of its views itself
                head = DjangoHead(_reply(await self.plan.fail(ex, error)))
        finally:
            CURRENT.reset(token)
        return self._finish(ex, head)

    def _exchange(self, request: HttpRequest) -> DjangoExchange:
        ex = DjangoExchange(request)
        ex.waits = self._waits
        request.META["hauberk"] = holder = [ex, None, None, None]
        if self.plan.session is not None:
            ex.session = holder[3] = session = self.plan.session()
            session.exchange = ex
        stream = getattr(request, "_stream", None)
        if self.plan.watches_body and stream is not None:
            request._stream = WatchedInput(self.plan, ex, stream)
        return ex

    def _finish(self, ex: DjangoExchange, head: DjangoHead) -> HttpResponseBase:
        if self.plan.on_status is not None and head.status in self.plan.statuses:
            self.plan.on_status(ex, head.status)
        self.plan.finish(ex, head)
        ex.sent = True
        response = head.response
        if response.streaming and not isinstance(response, FileResponse):
            # Its parts are made after we return: they are of this request all the same.
            parts = response.streaming_content
            response.streaming_content = _parts_async(ex, parts) if response.is_async else _parts(ex, parts)
        else:
            ex.end()
        return response


def _give_session(ex: DjangoExchange) -> None:
    """The policy's session as `request.session`; Django's own middleware, where there is one, puts its own there."""
    if ex.session is not None:
        from hauberk.integrations.sessions.django import PolicySession

        ex.request.session = PolicySession(ex.session)


def _parts(ex: DjangoExchange, parts: Iterable[bytes]) -> Iterator[bytes]:
    iterator = iter(parts)
    while True:
        token = CURRENT.set(ex)
        try:
            part = next(iterator, None)
        finally:
            CURRENT.reset(token)
        if part is None:
            ex.end()
            return
        yield part


async def _parts_async(ex: DjangoExchange, parts: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    iterator = aiter(parts)
    while True:
        token = CURRENT.set(ex)
        try:
            part = await anext(iterator, None)
        finally:
            CURRENT.reset(token)
        if part is None:
            ex.end()
            return
        yield part


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
        target = self.request.META.get("RAW_URI") or self.request.META.get("REQUEST_URI")
        if not isinstance(target, str) or not target.startswith("/"):
            return super().raw_path
        return target.partition("?")[0].encode("latin-1", "replace")

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
        self.response.cookies[cookie.name] = cookie.value
        _set_attributes(self.response.cookies[cookie.name], cookie)


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


def note(sender: object, request: HttpRequest | None = None, **_: object) -> None:
    """Django's signal of an error that nobody handled: its answer is made after this."""
    holder = getattr(request, "META", {}).get("hauberk")
    error = sys.exc_info()[1]
    if holder is not None and isinstance(error, Exception) and not settings.DEBUG:
        ex: Exchange = held(holder)
        if ex.blocked is None:
            ex.failed = error


def shown(response: HttpResponseBase, reply: Reply) -> HttpResponseBase:
    """The policy's answer in place of Django's bare page; a page of the application's own stays as it is."""
    bare = (ERROR_PAGE_TEMPLATE % {"title": "Server Error (500)", "details": ""}).encode()
    return _reply(reply) if isinstance(response, HttpResponse) and response.content == bare else response


def _reply(reply: Reply) -> HttpResponse:
    return HttpResponse(reply.body, status=reply.status, headers=dict(reply.headers))


def context(request: HttpRequest) -> dict[str, Any]:
    """A context processor: the names that hauberk provides, for this request."""
    holder = request.META.get("hauberk")
    return {"csp_nonce": TemplateNonce(None if holder is None else held(holder))}


def _teach_templates() -> None:
    """Add our names to every template engine of this project; an application's own names win."""
    for engine in engines.all():
        if isinstance(engine, DjangoTemplates):
            processors = engine.engine.template_context_processors
            if context not in processors:
                # First, so that the application's own processors win. A cached property, so set once for good.
                engine.engine.__dict__["template_context_processors"] = (context, *processors)
        elif hasattr(engine, "env"):
            templates(engine)
