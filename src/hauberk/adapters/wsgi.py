"""A Plan over WSGI (PEP 3333): `close()`, `write()` and `exc_info` kept, `start_response` as late as it comes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from http import HTTPStatus
from typing import Any

from hauberk.adapters.answers import watched_wsgi
from hauberk.adapters.body import WatchedInput
from hauberk.adapters.wsgi_alike import AlikeEnvirons
from hauberk.adapters.wsgi_exchange import (
    App,
    Environ,
    ExcInfo,
    Late,
    Make,
    StartResponse,
    TextHeaders,
    Write,
    WSGIExchange,
    WSGIHead,
)
from hauberk.core.encoded import UNREAD, encoded_text
from hauberk.core.exchange import HOLDER, Exchange, Holder, Reply, RequestStep, held, holding
from hauberk.core.plan import Plan, run_deferred, run_inline
from hauberk.core.verdicts import Verdicts, judged

__all__ = ["App", "Environ", "StartResponse", "WSGIExchange", "WSGIHead", "WSGIShield", "status_line"]

Way = tuple[Make, Make, TextHeaders]
"""What makes the exchange of a request, before its header is out and after, and what is added to that header."""


GONE: Holder = [None, Late, {"REQUEST_METHOD": "GET"}, None]
"""A holder that holds nothing of a request: for who asks for its exchange when it is over."""


class WSGIShield:
    """A WSGI application, protected by a Plan. `run` is what a server is given; calling the object does the same.

    `propagate` hands unhandled exceptions on, as a framework's test client wants them; otherwise they are answered
    here, as a server would answer them without our headers. `context` is as in `ASGIShield`.
    """

    def __init__(
        self, app: App, plan: Plan, *, context: bool = False, propagate: Callable[[], bool] = lambda: False
    ) -> None:
        self.app, self.plan, self.propagate = app, plan, propagate
        self._encoded = encoded_text(plan)
        self._statuses = {str(status): status for status in plan.statuses}
        self._on_status = plan.on_status
        self._verdicts: Verdicts[Way] = Verdicts(AlikeEnvirons[Way])
        self.run: App = self._full(plan.begin) if plan.eager or plan.always or plan.session or context else self._lean()

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Run one request."""
        return self.run(environ, start_response)

    def _lean(self) -> App:
        """For plans whose steps before the application, if any, say the same of requests that are alike: no context
        variable, and an exchange only if somebody asks."""
        app, long_way, failed = self.app, self._start, self._failed
        harmless, concerns = self._encoded.harmless, self._encoded.concerns
        full, plain = self._full(self._learn), (WSGIExchange, Late, self._encoded.tails[UNREAD])
        ways: Any = self._verdicts.by_method if self.plan.on_request else None

        def run(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
            way: Any = plain
            if ways is not None:
                look = ways.get(environ["REQUEST_METHOD"])
                if look is None or (way := look(environ)) is None:
                    return full(environ, start_response)
            make, late, added = way
            holder: Holder = [None, make, environ, None]
            environ["hauberk"] = holder

            def start(status: str, headers: TextHeaders, exc_info: ExcInfo = None) -> Write:
                if (ex := holder[0]) is not None:
                    return long_way(ex, start_response, status, headers, exc_info)
                for name, _ in headers:
                    if name not in harmless and concerns(name):
                        return long_way(held(holder), start_response, status, headers, exc_info)
                holder[1] = late
                if exc_info is None:
                    return start_response(status, headers + added)
                return start_response(status, headers + added, exc_info)

            try:
                body = app(environ, start)
            except Exception as error:
                return failed(held(holder), error, start)
            if holder[1] is late and _passes(environ, body):
                return body
            return Running(self, held(holder), body, start)

        return run

    def _learn(self, ex: Any) -> Reply | None:
        """Run the steps before the application, and remember what they said of a request that they let pass."""
        return self._verdicts.judge(self.plan, ex, ex.environ, lambda: judged(WSGIExchange, ex, self._encoded))

    def _full(self, begin: RequestStep) -> App:
        """For plans with steps that see every request."""
        plan, long_way, failed = self.plan, self._start, self._failed
        app = self.app if plan.answers is None else watched_wsgi(self.app, plan.answers)
        watches, opens = plan.watches_body, plan.session

        def run(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
            ex = WSGIExchange(environ)
            environ["hauberk"] = holder = holding(ex, opens)

            def start(status: str, headers: TextHeaders, exc_info: ExcInfo = None) -> Write:
                return long_way(ex, start_response, status, headers, exc_info)

            token = HOLDER.set(holder)
            try:
                if (reply := begin(ex)) is None and plan.load:
                    reply = run_inline(plan.load_all(ex))
                if reply is not None:
                    body = _answer(ex, reply, start)
                    ex.end()
                    return body
                if watches and "wsgi.input" in environ:
                    environ["wsgi.input"] = WatchedInput(plan, ex, environ["wsgi.input"])
                body = app(environ, start)
            except Exception as error:
                return failed(ex, error, start)
            finally:
                HOLDER.reset(token)
            if ex.replaced and ex.blocked is not None:
                _close(body)
                ex.end()
                return [b"" if ex.method == "HEAD" else ex.blocked.body]
            # The server gets lists and its own file wrapper as they are; others may still run the application's code.
            if ex.sent and type(body) in {list, tuple}:
                ex.end()
                return body
            if ex.sent and _is_file_wrapper(environ, body):
                return body
            return Running(self, ex, body, start)

        return run

    def _start(
        self, ex: WSGIExchange, start_response: StartResponse, status: str, headers: TextHeaders, exc_info: ExcInfo
    ) -> Write:
        """The header, for a request that has an exchange: constants, the nonce, and whatever steps change."""
        if ex.blocked is not None and not ex.sent:
            return self._start_blocked(ex, ex.blocked, start_response, exc_info)
        if (watched := self._statuses.get(status[:3])) is not None and self._on_status is not None:
            self._on_status(ex, watched)
        if not ex.deferred and (fields := self._encoded.quick(ex, headers)) is not None:
            ex.sent = True
            return _call(start_response, status, fields, exc_info)
        head = WSGIHead(int(status[:3]), list(headers))
        self._finish(ex, head)
        line = status if head.status == int(status[:3]) else status_line(head.status)
        return _call(start_response, line, head.raw, exc_info)

    def _start_blocked(self, ex: WSGIExchange, reply: Reply, start_response: StartResponse, exc_info: ExcInfo) -> Write:
        """The guard's answer, in place of the application's."""
        ex.replaced = True
        head = WSGIHead(reply.status, _fields(reply))
        self._finish(ex, head)
        _call(start_response, status_line(head.status), head.raw, exc_info)
        return lambda _part: None

    def _finish(self, ex: WSGIExchange, head: WSGIHead) -> None:
        if ex.deferred:
            run_inline(run_deferred(ex, head))
        self._encoded.finish(ex, head)
        ex.sent = True

    def _failed(self, ex: WSGIExchange, error: Exception, start: StartResponse) -> Iterable[bytes]:
        try:
            return self._answer_failure(ex, error, start)
        finally:
            ex.end()
            del error  # knows this frame where it was raised again

    def _answer_failure(self, ex: WSGIExchange, error: Exception, start: StartResponse) -> Iterable[bytes]:
        if ex.blocked is not None and not ex.sent:
            return _answer(ex, ex.blocked, start)
        if ex.replaced and ex.blocked is not None:
            return [ex.blocked.body]
        if self.propagate() or ex.blocked is not None:  # in the middle of an answer, all that is left is to end it
            try:
                raise error
            finally:
                del error  # knows this frame from here on
        # A header that was named but not sent yet may be replaced (PEP 3333, `exc_info`). If it is out, the server
        # raises the error again, as it should.
        reply = run_inline(self.plan.fail(ex, error))
        return _answer(ex, reply, start, sys.exc_info() if ex.sent else None)


class Running:
    """A body whose parts are made as the server asks for them; `start_response` may come with the first."""

    def __init__(self, shield: WSGIShield, ex: WSGIExchange, body: Iterable[bytes], start: StartResponse) -> None:
        self._shield, self._ex, self._body, self._start = shield, ex, body, start

    def __iter__(self) -> Iterator[bytes]:
        ex = self._ex
        parts = iter(self._body)
        holder = holding(ex)
        while True:
            failure: Exception | None = None
            token = HOLDER.set(holder)
            try:
                part = next(parts)
            except StopIteration:
                return
            except Exception as error:
                failure = error
            finally:
                HOLDER.reset(token)
            if failure is not None:
                # Not above: what is set there must be reset before the server has the next word.
                try:
                    parts = iter(self._shield._failed(ex, failure, self._start))
                finally:
                    failure = None  # it knows this frame
                yield from parts
                return
            if ex.replaced and ex.blocked is not None:
                yield b"" if ex.method == "HEAD" else ex.blocked.body
                return
            yield part

    def close(self) -> None:
        """Hand the server's `close()` on; then the request is over."""
        try:
            _close(self._body)
        finally:
            self._ex.end()


def status_line(status: int) -> str:
    """The code with its phrase, as WSGI wants it."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"{status} Status"


def _fields(reply: Reply) -> TextHeaders:
    length = () if reply.bodiless else (("content-length", str(len(reply.body))),)
    return [*reply.headers, *length]


def _answer(ex: Exchange, reply: Reply, start: StartResponse, exc_info: ExcInfo = None) -> Iterable[bytes]:
    start(status_line(reply.status), _fields(reply), exc_info)
    return [b"" if ex.method == "HEAD" else reply.body]


def _call(start_response: StartResponse, status: str, headers: TextHeaders, exc_info: ExcInfo) -> Write:
    return start_response(status, headers) if exc_info is None else start_response(status, headers, exc_info)


def _passes(environ: Environ, body: object) -> bool:
    """Whether a body goes to the server as it is; with a list, no more of the application runs: the request is over."""
    if type(body) is list:
        environ["hauberk"] = GONE.copy()
        return True
    return hasattr(body, "__len__") or _is_file_wrapper(environ, body)


def _is_file_wrapper(environ: Environ, body: object) -> bool:
    wrapper = environ.get("wsgi.file_wrapper")
    return isinstance(wrapper, type) and isinstance(body, wrapper)


def _close(body: Iterable[bytes]) -> None:
    close = getattr(body, "close", None)
    if close is not None:
        close()
