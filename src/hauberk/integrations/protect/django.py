"""Django: a middleware, and `protect()` for what `get_asgi_application()` and `get_wsgi_application()` return."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable, Iterator
from copy import copy
from typing import TYPE_CHECKING, Any

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

from hauberk.adapters.body import WatchedInput
from hauberk.core.errors import BlockedError, ConfigurationError
from hauberk.core.exchange import CURRENT, Exchange, Reply, held, holding
from hauberk.core.plan import run_deferred, run_inline
from hauberk.integrations.libraries import look_later
from hauberk.integrations.protect.django_answers import watched, watched_async
from hauberk.integrations.protect.django_exchange import DjangoExchange, DjangoHead
from hauberk.integrations.protect.django_routes import Routes
from hauberk.integrations.request import TemplateNonce, templates
from hauberk.policy import Policy, assemble

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
        request.META["hauberk"] = holding(ex, self.plan.session)
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
