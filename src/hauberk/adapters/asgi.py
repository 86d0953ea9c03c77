"""A Plan over ASGI 3: one wrapper, pre-encoded fields, one list concatenation."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Mapping, MutableMapping
from time import monotonic
from typing import Any

from hauberk.adapters.answers import watched_asgi
from hauberk.adapters.body import Watcher
from hauberk.adapters.wsgi import split_host
from hauberk.core.encoded import RawHead, encoded_bytes
from hauberk.core.errors import BlockedError
from hauberk.core.exchange import HOLDER, Exchange, Holder, Reply, held
from hauberk.core.plan import Choice, Pair, Plan, begin_deferred, run_deferred

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
RawHeaders = list[tuple[bytes, bytes]]


Make = Callable[[Scope], "ASGIExchange"]
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
        return _HTTP.get(scheme, scheme)

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
        raw: bytes | None = self.scope.get("raw_path")
        return super().origin_form if raw is None else raw[:1] == b"/"

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
        while not read or (read[-1]["type"] == "http.request" and read[-1].get("more_body")):
            read.append(await self.receive())
            if sum(len(message.get("body", b"")) for message in read) > limit:
                return None
        return b"".join(message.get("body", b"") for message in read)

    @property
    def path_parameters(self) -> dict[str, Any]:
        """See `Exchange.path_parameters`: where Starlette, FastAPI and Litestar put them."""
        return dict(self.scope.get("path_params") or {})

    @property
    def routed(self) -> bool | None:
        """See `Exchange.routed`: as Starlette and FastAPI say it."""
        scope = self.scope
        return "endpoint" in scope if "router" in scope else None


class ASGIHead(RawHead[bytes]):
    """Fields as bytes; only those that somebody asks for are decoded."""

    __slots__ = ()

    def values(self, name: str) -> list[str]:
        """See `Head.values`."""
        wanted, length = name.encode("latin-1"), len(name)
        if wanted not in self.names:
            return []
        return [value.decode("latin-1") for key, value in self.raw if len(key) == length and key.lower() == wanted]

    def append(self, name: str, value: str) -> None:
        """See `Head.append`."""
        self.extend([(name.encode("latin-1"), value.encode("latin-1"))])

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


class ASGIShield:
    """An ASGI application, protected by a Plan. `run` is what a server is given; calling the object does the same.

    `context` makes the exchange known to everything that runs in the request's context (template engines without a
    request at hand); plans with a guard have it anyway. A context variable costs a third of a microsecond.
    """

    def __init__(self, app: App, plan: Plan, *, context: bool = False) -> None:
        self.app, self.plan = app, plan
        self._encoded = encoded_bytes(plan)
        self._statuses, self._on_status = plan.statuses, plan.on_status
        self.run: App = self._full() if plan.eager or plan.always or context else self._shortest()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run one connection."""
        await self.run(scope, receive, send)

    def _shortest(self) -> App:
        lean = self._lean(ASGIExchange, list(self._encoded.unread))
        return lean if self.plan.choice is None else self._choosing(self.plan.choice, lean)

    def _lean(self, make: Make, added: RawHeaders) -> App:
        """For plans of headers, nonce and cookies: variables of a closure instead of attributes, no context variable.

        `send_shielded` is a plain function that hands the server's own awaitable on: half the price of a coroutine.
        """
        app, other, failed, send_start, touched = (
            self.app,
            self._other,
            self._failed,
            self._send_start,
            self._encoded.touched,
        )
        opens = self.plan.session

        async def run(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                return await other(scope, receive, send)
            holder: Holder = [None, make, scope]
            scope["hauberk"] = holder
            if opens is not None:
                session = scope["session"] = opens(holder)  # where Starlette and Litestar look for it
                holder.append(session)

            def send_shielded(message: Message) -> Awaitable[None]:
                if message["type"] == "http.response.start":
                    if (ex := holder[0]) is not None:
                        return send_start(ex, message, send)
                    try:
                        headers = message["headers"]
                        fields = headers + added
                    except (KeyError, TypeError):  # none at all, or another iterable than a list
                        return send_start(held(holder), message, send)
                    for name, _ in headers:
                        if name in touched:
                            return send_start(held(holder), message, send)
                    holder[1] = late
                    message["headers"] = fields
                return send(message)

            try:
                await app(scope, receive, send_shielded)
            except Exception as error:
                if await failed(held(holder), error, send, send_shielded):
                    raise
            _part(scope, holder)
            return None

        return run

    def _choosing(self, choice: Choice, absent: App) -> App:
        """For plans whose only step before the application knows its fields beforehand: one lean way for each value."""
        asked, methods, full = choice.name.encode("latin-1"), choice.methods, self._full()
        known = {value: self._lean(_maker(own), added) for value, (own, added) in self._encoded.choices.items()}

        async def run(scope: Scope, receive: Receive, send: Send) -> None:
            chosen = absent
            for name, value in scope.get("headers", ()):
                if name == asked:
                    if chosen is not absent or scope.get("method") in methods:
                        return await full(scope, receive, send)
                    chosen = known.get(value, full)
            return await chosen(scope, receive, send)

        return run

    def _full(self) -> App:
        """For plans with steps that see every request."""
        plan, other, failed, send_start = self.plan, self._other, self._failed, self._send_start
        app = self.app if plan.answers is None else watched_asgi(self.app, plan.answers)
        watches, waits, opens = plan.watches_body, bool(plan.load), plan.session

        async def run(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                return await other(scope, receive, send)
            ex = ASGIExchange(scope)
            scope["hauberk"] = holder = [ex, None, None]
            if opens is not None:
                ex.session = session = scope["session"] = opens(holder)
                holder.append(session)

            def send_shielded(message: Message) -> Awaitable[None]:
                if message["type"] == "http.response.start":
                    return send_start(ex, message, send)
                # What the application says after its header is dropped if the guard's answer took its place.
                return _nothing() if ex.replaced else send(message)

            token = HOLDER.set(holder)
            try:
                if watches:
                    receive = _watched(ex, receive, plan)
                if (reply := plan.begin(ex)) is None and waits:
                    ex.receive = receive
                    reply = await plan.load_all(ex)
                    if ex.replay:
                        receive = _replayed(ex.replay, receive)
                if reply is not None:
                    return await answer(ex, reply, send_shielded)
                await app(scope, receive, send_shielded)
            except Exception as error:
                if await failed(ex, error, send, send_shielded):
                    raise
            finally:
                HOLDER.reset(token)
            ex.scope = _apart(scope)
            return None

        return run

    def _send_start(self, ex: ASGIExchange, message: Message, send: Send) -> Awaitable[None]:
        """The header, for a request that has an exchange."""
        if ex.blocked is not None and not ex.sent:
            return self._send_blocked(ex, send)
        if message["status"] in self._statuses and self._on_status is not None:
            self._on_status(ex, message["status"])
        headers = message.get("headers", ())
        if type(headers) is not list:
            headers = list(headers)
        head: ASGIHead | None = None
        if ex.deferred:
            head = ASGIHead(message["status"], headers.copy())
            if (waiting := begin_deferred(ex, head)) is not None:
                return self._send_head(waiting, ex, head, message, send)
            headers = head.raw
        # A message of its own each time: an application may send the same one again, which must not know this nonce.
        if (fields := self._encoded.quick(ex, headers)) is not None:
            ex.sent = True
            if head is None:
                return send({**message, "headers": fields})
            return send({**message, "status": head.status, "headers": fields})
        if head is None:
            head = ASGIHead(message["status"], headers.copy())
        self._encoded.finish(ex, head)
        ex.sent = True
        return send({**message, "status": head.status, "headers": head.raw})

    async def _send_head(
        self, waiting: Awaitable[None], ex: ASGIExchange, head: ASGIHead, message: Message, send: Send
    ) -> None:
        """The same where something has to be awaited first."""
        await waiting
        self._encoded.finish(ex, head)
        ex.sent = True
        await send({**message, "status": head.status, "headers": head.raw})

    async def _finish(self, ex: ASGIExchange, head: ASGIHead) -> None:
        if ex.deferred:
            await run_deferred(ex, head)
        self._encoded.finish(ex, head)
        ex.sent = True

    async def _send_blocked(self, ex: ASGIExchange, send: Send) -> None:
        """The guard's answer, in place of the application's."""
        if ex.sent or ex.blocked is None:
            return
        reply, ex.sent, ex.replaced = ex.blocked, True, True
        head = ASGIHead(reply.status, _raw(reply))
        await self._finish(ex, head)
        await send({"type": "http.response.start", "status": head.status, "headers": head.raw})
        await send({"type": "http.response.body", "body": b"" if ex.method == "HEAD" else reply.body})

    async def _failed(self, ex: ASGIExchange, error: Exception, send: Send, send_shielded: Send) -> bool:
        """Answer where nothing was sent yet; True if the server is to hear of the error as well."""
        if ex.blocked is not None:
            # The guard stopped it: the answer is the guard's, and there is nothing to report to the server.
            await self._send_blocked(ex, send)
            return not ex.replaced
        if ex.failed is error and ex.sent:  # answered by a page of the framework's
            return True
        reply = await self.plan.fail(ex, error)
        if not ex.sent:  # of a response that is under way, only the log hears
            await answer(ex, reply, send_shielded)
        return True

    async def _other(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Lifespan passes untouched; a WebSocket's handshake is a request whose answer has a header like any other."""
        if scope["type"] != "websocket":
            return await self.app(scope, receive, send)
        ex = ASGIExchange(scope)
        ex.websocket = True
        holder: Holder = [ex, None, None]
        scope["hauberk"] = holder
        if self.plan.session is not None:
            ex.session = session = scope["session"] = self.plan.session(holder)
            holder.append(session)
        socket = _Socket(self.plan, ex, send)
        token = HOLDER.set(holder)
        try:
            await self._talk(ex, scope, receive, socket)
        except BlockedError:
            if ex.blocked is None:
                raise
            await socket.close(1009 if ex.blocked.status == 413 else 1008)
        except Exception as error:
            await self.plan.fail(ex, error)
            await socket.close(1011)
            raise
        finally:
            HOLDER.reset(token)

    async def _talk(self, ex: ASGIExchange, scope: Scope, receive: Receive, socket: _Socket) -> None:
        plan = self.plan
        if (reply := plan.begin(ex)) is None and plan.load:
            reply = await plan.load_all(ex)
        if reply is not None:
            # Before the handshake is answered, a close is a refusal: the server makes 403 of it.
            await socket.close(1008)
            return
        await self.app(scope, _watched_messages(ex, receive, plan) if plan.watches_body else receive, socket.send)


class _Socket:
    """The way back to a WebSocket's client: its handshake has a header, and it is closed once."""

    __slots__ = ("_closed", "_ex", "_plan", "_send")

    def __init__(self, plan: Plan, ex: ASGIExchange, send: Send) -> None:
        self._plan, self._ex, self._send, self._closed = plan, ex, send, False

    async def send(self, message: Message) -> None:
        """Hand a message on, with the fields that belong to it."""
        kind = message["type"]
        self._closed = self._closed or kind in {"websocket.close", "websocket.http.response.start"}
        if kind in {"websocket.accept", "websocket.http.response.start"} and not self._ex.sent:
            message = {**message, "headers": await self._finished(message, kind == "websocket.accept")}
        await self._send(message)

    async def close(self, code: int) -> None:
        """Close it, unless it is closed."""
        if not self._closed:
            self._closed = True
            await self._send({"type": "websocket.close", "code": code, "reason": ""})

    async def _finished(self, message: Message, accepted: bool) -> RawHeaders:
        ex = self._ex
        head = ASGIHead(101 if accepted else message["status"], list(message.get("headers") or ()))
        if ex.deferred:
            await run_deferred(ex, head)
        if not accepted:
            self._plan.finish(ex, head)
        elif head.raw:
            self._plan.respond(ex, head)
        ex.sent = True
        return head.raw


def _apart(scope: Scope) -> Scope:
    """The same without its way to the exchange that has it."""
    alone = {**scope}
    alone.pop("hauberk", None)
    alone.pop("session", None)
    return alone


def _part(scope: Scope, holder: Holder) -> None:
    """Scope, holder and session know each other: apart, they are gone now, and not when garbage is collected.

    The session may still be looked into by what outlives the request.
    """
    if len(holder) < 4:
        scope["hauberk"] = [None, late, _OVER]
        return
    apart: dict[str, Any] = {**scope}
    del apart["hauberk"]
    apart.pop("session", None)
    ex, holder[1:] = holder[0], (late, apart)
    if ex is not None:
        ex.scope = apart


_OVER: Scope = {"type": "http", "method": "GET", "path": "", "headers": []}
"""In place of its scope, for who asks for the exchange of a request that is over."""


def late(scope: Scope) -> ASGIExchange:
    """The exchange of a response whose header is out already."""
    ex = ASGIExchange(scope)
    ex.sent = True
    return ex


def _maker(own: tuple[Pair, ...]) -> Make:
    """Makes exchanges that have these fields from the start."""

    class Chosen(ASGIExchange):
        fields = own

    return Chosen


async def answer(ex: Exchange, reply: Reply, send: Send) -> None:
    """Send this and nothing else."""
    await send({"type": "http.response.start", "status": reply.status, "headers": _raw(reply)})
    await send({"type": "http.response.body", "body": b"" if ex.method == "HEAD" else reply.body})


async def _nothing() -> None:
    """In place of a message that is not sent."""


def _raw(reply: Reply) -> RawHeaders:
    fields = [(name.encode(), value.encode("latin-1")) for name, value in reply.headers]
    return fields if reply.bodiless else [*fields, (b"content-length", b"%d" % len(reply.body))]


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


def _watched(ex: ASGIExchange, receive: Receive, plan: Plan) -> Receive:
    """Let steps see the body as the application reads it, and give up on one that does not come."""
    watcher, limit, done = Watcher(plan, ex), plan.body_timeout, False

    async def receive_watched() -> Message:
        nonlocal done
        began = monotonic()
        if limit is None or done:
            message = await receive()
        else:
            try:
                async with asyncio.timeout(limit):
                    message = await receive()
            except TimeoutError:
                watcher.too_slow()
        if message["type"] == "http.request":
            done = not message.get("more_body")
            watcher.see(message.get("body", b""), monotonic() - began)
        return message

    return receive_watched


def _watched_messages(ex: ASGIExchange, receive: Receive, plan: Plan) -> Receive:
    """Let steps see the newest message of a WebSocket."""
    watcher = Watcher(plan, ex)

    async def receive_watched() -> Message:
        message = await receive()
        if message["type"] == "websocket.receive":
            text = message.get("text")
            watcher.new_message(message.get("bytes") or b"" if text is None else text.encode("utf-8", "replace"))
        return message

    return receive_watched


def _replayed(messages: list[Message], receive: Receive) -> Receive:
    """First what was read ahead, then what the server says."""
    waiting = deque(messages)

    async def receive_replayed() -> Message:
        return waiting.popleft() if waiting else await receive()

    return receive_replayed
