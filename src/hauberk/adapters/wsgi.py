"""A Plan over WSGI (PEP 3333): `close()`, `write()` and `exc_info` kept, `start_response` as late as it comes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from http import HTTPStatus
from types import TracebackType
from typing import Any

from hauberk.adapters.answers import watched_wsgi
from hauberk.adapters.body import WatchedInput, read_ahead
from hauberk.core.encoded import UNREAD, RawHead, Tails, encoded_text
from hauberk.core.exchange import HOLDER, Exchange, Holder, Reply, RequestStep, held
from hauberk.core.plan import Plan, run_deferred, run_inline
from hauberk.core.verdicts import Verdicts, Witness

Environ = dict[str, Any]
TextHeaders = list[tuple[str, str]]
ExcInfo = tuple[type[BaseException], BaseException, TracebackType] | tuple[None, None, None] | None
Write = Callable[[bytes], object]
StartResponse = Callable[..., Write]
App = Callable[[Environ, StartResponse], Iterable[bytes]]
Make = Callable[[Environ], "WSGIExchange"]
Way = tuple[Make, Make, TextHeaders]
"""What makes the exchange of a request, before its header is out and after, and what is added to that header."""
Key = tuple[Any, ...]


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

    def makers(self, appended: Tails[str]) -> tuple[Make, Make]:
        """What makes exchanges of which the steps have said the same, before the header is out and after."""

        class Judged(WSGIExchange):
            fields = foretold = self.fields
            csrf, tails = self.csrf, appended

        class JudgedLate(Judged):
            sent = True

        return Judged, JudgedLate

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
        environ = self.environ
        target = environ.get("RAW_URI") or environ.get("REQUEST_URI")
        if not isinstance(target, str) or not target.startswith("/"):
            return super().raw_path
        return target.partition("?")[0].encode("latin-1", "replace")

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


class Late(WSGIExchange):
    """The exchange of a response whose header is out already."""

    sent = True


GONE: Holder = [None, Late, {"REQUEST_METHOD": "GET"}]
"""A holder that holds nothing of a request: for who asks for its exchange when it is over."""


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
        self._verdicts: Verdicts[Way] = Verdicts()
        self._key = alike(plan.reads or frozenset())
        self.run: App = self._full(plan.begin) if plan.eager or plan.always or plan.session or context else self._lean()

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Run one request."""
        return self.run(environ, start_response)

    def _lean(self) -> App:
        """For plans whose steps before the application, if any, say the same of requests that are alike: no context
        variable, and an exchange only if somebody asks."""
        app, long_way, failed = self.app, self._start, self._failed
        harmless, concerns = self._encoded.harmless, self._encoded.concerns
        full, key_of, known = self._full(self._learn), self._key, self._verdicts.known
        judges, plain = bool(self.plan.on_request), (WSGIExchange, Late, self._encoded.tails[UNREAD])

        def run(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
            if judges:
                way = known.get(key_of(environ))
                if way is None:
                    return full(environ, start_response)
                make, late, added = way
            else:
                make, late, added = plain
            holder: Holder = [None, make, environ]
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
        plan = self.plan
        key = self._key(ex.environ)
        witness: Any = Witness(ex, plan.reads or frozenset())
        reply = plan.begin(witness)
        if reply is None and witness.lasting and key is not None:
            tails = self._encoded.tails_after(ex.fields)
            if tails is not None:
                self._verdicts.remember(key, (*ex.makers(tails), tails[UNREAD]))
        return reply

    def _full(self, begin: RequestStep) -> App:
        """For plans with steps that see every request."""
        plan, long_way, failed = self.plan, self._start, self._failed
        app = self.app if plan.answers is None else watched_wsgi(self.app, plan.answers)
        watches, opens = plan.watches_body, plan.session

        def run(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
            ex = WSGIExchange(environ)
            environ["hauberk"] = holder = [ex, None, None]
            if opens is not None:
                ex.session = session = opens()
                session.exchange = ex
                holder.append(session)

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
        holder: Holder = [ex, None, None]
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


def alike(reads: frozenset[str]) -> Callable[[Environ], Key | None]:
    """Of a request, all that steps see which read these fields (`core.verdicts`). None where that is for them to work
    out: the target may be no path, or the request is the handshake of a WebSocket."""
    keys = tuple(field_key(name) for name in sorted(reads))

    def key_of(environ: Environ) -> Key | None:
        get = environ.get
        if "HTTP_UPGRADE" in environ or get("PATH_INFO", "")[:1] != "/" or get("SCRIPT_NAME", "")[:1] not in {"", "/"}:
            return None
        return environ["REQUEST_METHOD"], get("wsgi.url_scheme"), *map(get, keys)

    return key_of


def split_host(host: str, scheme: str) -> tuple[str, int]:
    """Name and port of what stands in a Host field; the scheme's port where none does."""
    name, colon, port = host.rpartition(":")
    if colon and port.isdecimal() and not name.endswith(":"):
        return name, int(port)
    return host, 443 if scheme == "https" else 80


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
