"""A Plan over ASGI 3: one wrapper, pre-encoded fields, one list concatenation."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from types import MethodType
from typing import Any

from hauberk.adapters.answers import ASGIAnswer
from hauberk.adapters.asgi_alike import END, AlikeScopes
from hauberk.adapters.asgi_exchange import (
    App,
    ASGIExchange,
    ASGIHead,
    Early,
    Late,
    Make,
    Message,
    RawHeaders,
    Receive,
    Scope,
    Send,
    answer,
    raw_fields,
)
from hauberk.adapters.asgi_messages import Socket, replayed, watched, watched_messages
from hauberk.core.encoded import UNREAD, encoded_bytes
from hauberk.core.errors import BlockedError
from hauberk.core.exchange import HOLDER, Holder, Reply, RequestStep, held, holding
from hauberk.core.plan import Plan, begin_deferred, run_deferred
from hauberk.core.verdicts import Verdicts, judged

__all__ = [
    "ASGIExchange",
    "ASGIHead",
    "ASGIShield",
    "App",
    "Message",
    "RawHeaders",
    "Receive",
    "Scope",
    "Send",
    "answer",
]

Way = tuple[Make, Make, RawHeaders]
"""What makes the exchange of a request, before its header is out and after, and what is added to that header."""


class ASGIShield:
    """An ASGI application, protected by a Plan. `run` is what a server is given; calling the object does the same.

    `context` makes the exchange known to everything that runs in the request's context (template engines without a
    request at hand); plans with a guard have it anyway. A context variable costs a third of a microsecond. `sockets` is
    what runs for WebSockets, where that is not the application as it is.
    """

    def __init__(self, app: App, plan: Plan, *, context: bool = False, sockets: App | None = None) -> None:
        self.app, self.plan, self._sockets = app, plan, sockets or app
        self._encoded = encoded_bytes(plan)
        self._verdicts: Verdicts[Way] = Verdicts(AlikeScopes[Way])
        self._statuses, self._on_status = plan.statuses, plan.on_status
        self._plain: Way = (Early, Late, self._encoded.tails[UNREAD])
        if plan.eager or plan.always:
            self.run: App = self._full(plan.begin)
        else:
            self.run = self._lean(context)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run one connection."""
        await self.run(scope, receive, send)

    def _lean(self, context: bool) -> App:  # noqa: C901 - what every request goes through is written out: calls cost
        """For plans whose steps before the application, if any, say the same of requests that are alike: variables of a
        closure instead of attributes, and an exchange only if somebody asks. A session is there for whoever looks into
        it, during the request and afterwards."""
        app, other, failed, opens = self.app, self._other, self._failed, self.plan.session
        ways = self._verdicts.by_method if self.plan.on_request else None
        full, plain, forward, again = self._full(self._learn), self._plain, self._forward(), self._again
        paths, waiting = self.plan.load_on, self._full(self.plan.begin)

        async def run(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: C901
            if scope["type"] != "http":
                return await other(scope, receive, send)
            if paths is not None and scope["path"] in paths:
                return await waiting(scope, receive, send)
            way: Any = plain
            if ways is not None:
                try:
                    others, aside, way = ways[scope["method"]]
                    if others is not None:  # it leads further, by what the steps asked for
                        if aside is not None:
                            way = way[aside(scope)]
                        for name, value in scope["headers"]:
                            if name not in others:
                                way = way[name][value]
                        way = way[END]
                except KeyError:
                    way = again(scope)
                if way is None:
                    return await full(scope, receive, send)
            if opens is None:
                over = OVER
                scope["hauberk"] = holder = [None, way[0], scope, None, way, send]
            else:
                over = {**scope}
                scope["session"] = session = opens()  # where Starlette and Litestar look for it
                scope["hauberk"] = session.holder = holder = [None, way[0], scope, session, way, send]
            send_shielded: Send = MethodType(forward, holder)
            token = HOLDER.set(holder) if context else None
            try:
                await app(scope, receive, send_shielded)
            except Exception as error:
                if await failed(held(holder), error, send, send_shielded):
                    raise
            finally:
                if token is not None:
                    HOLDER.reset(token)
                # Scope, holder, exchange and session know each other: apart, they are gone now, and not when garbage is
                # collected. What outlives the request may look into its session, and sees the request as it came.
                if holder[0] is not None:
                    _part(holder, over)
                elif opens is not None:
                    session.holder = [None, holder[1], over, None]
                holder[2], holder[5] = over, _late
            return None

        return run

    def _forward(self) -> Callable[[Holder, Message], Awaitable[None]]:
        """Hands messages on. A plain function, that gives the server's own awaitable back: half the price of a
        coroutine. The way and the server's `send` are in the holder, so that this is a method of it: cheaper than a
        partial."""
        encoded, send_start, send_changed = self._encoded, self._send_start, self._send_changed
        harmless, concerns, quick = encoded.harmless, encoded.concerns, encoded.quick
        adds = bool(encoded.touched or encoded.tails[UNREAD])

        def forward(holder: Holder, message: Message) -> Awaitable[None]:
            if message["type"] != "http.response.start":
                passed: Awaitable[None] = holder[5](message)
                return passed
            send: Send = holder[5]
            way: Way = holder[4]
            if (ex := holder[0]) is not None:
                # As `_send_start` begins: written out here, where most of what looks into a session goes by.
                if ex.blocked is None and type(headers := message.get("headers")) is list:
                    if ex.deferred:
                        return send_changed(ex, message, headers, send)
                    fields = quick(ex, headers)
                    if fields is not None:
                        ex.sent = True
                        return send({**message, "headers": fields})
                return send_start(ex, message, send)
            if adds:
                try:
                    headers = message["headers"]
                    fields = headers + way[2]
                except (KeyError, TypeError):  # none at all, or another iterable than a list
                    return send_start(held(holder), message, send)
                for name, _ in headers:
                    if name not in harmless and concerns(name):
                        return send_start(held(holder), message, send)
                message["headers"] = fields
            holder[1] = way[1]
            return send(message)

        return forward

    def _again(self, scope: Scope) -> Way | None:
        """The way of a request with fields whose name was not seen before, or that came in an odd form."""
        return self._verdicts.find(scope.get("method", "GET"), scope)

    def _learn(self, ex: Any) -> Reply | None:
        """Run the steps before the application, and remember what they said of a request that they let pass."""
        return self._verdicts.judge(self.plan, ex, ex.scope, lambda: judged(Early, ex, self._encoded))

    def _full(self, begin: RequestStep) -> App:
        """For plans with steps that see every request."""
        plan, other, failed, send_start = self.plan, self._other, self._failed, self._send_start
        app, answers = self.app, plan.answers
        watches, waits, opens = plan.watches_body, bool(plan.load), plan.session

        async def run(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                return await other(scope, receive, send)
            ex = ASGIExchange(scope)
            scope["hauberk"] = holder = holding(ex, opens)
            if opens is not None:
                scope["session"] = holder[3]

            def send_shielded(message: Message) -> Awaitable[None]:
                if message["type"] == "http.response.start":
                    return send_start(ex, message, send)
                # What the application says after its header is dropped if the guard's answer took its place.
                return _nothing() if ex.replaced else send(message)

            token = HOLDER.set(holder)
            try:
                if watches:
                    receive = watched(ex, receive, plan)
                if (reply := begin(ex)) is None and waits:
                    ex.receive = receive
                    try:
                        reply = await plan.load_all(ex)
                    finally:
                        del ex.receive  # the server's: it has the scope, and so this exchange
                    if ex.replay:
                        receive = replayed(ex.replay, receive)
                if reply is not None:
                    return await answer(ex, reply, send_shielded)
                seen = send_shielded if answers is None else ASGIAnswer(ex, answers, send_shielded).send
                await app(scope, receive, seen)
            except Exception as error:
                if await failed(ex, error, send, send_shielded):
                    raise
            finally:
                HOLDER.reset(token)
                ex.scope = _apart(scope)
                ex.end()
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
        if ex.deferred:
            return self._send_changed(ex, message, headers, send)
        # A message of its own each time: an application may send the same one again, which must not know this nonce.
        if (fields := self._encoded.quick(ex, headers)) is not None:
            ex.sent = True
            return send({**message, "headers": fields})
        head = ASGIHead(message["status"], headers.copy())
        self._encoded.finish(ex, head)
        ex.sent = True
        return send({**message, "status": head.status, "headers": head.raw})

    def _send_changed(self, ex: ASGIExchange, message: Message, headers: RawHeaders, send: Send) -> Awaitable[None]:
        """The same where something was put off until now, such as writing a session."""
        head = ASGIHead(message["status"], headers.copy())
        if (waiting := begin_deferred(ex, head)) is not None:
            return self._send_head(waiting, ex, head, message, send)
        fields = self._encoded.quick(ex, head.raw)
        if fields is None:
            self._encoded.finish(ex, head)
            fields = head.raw
        ex.sent = True
        return send({**message, "status": head.status, "headers": fields})

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
        head = ASGIHead(reply.status, raw_fields(reply))
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
            return not ex.unavailable
        reply = await self.plan.fail(ex, error)
        if ex.sent:  # of a response that is under way, only the log hears, and the server, to break it off
            return True
        await answer(ex, reply, send_shielded)
        return not ex.unavailable

    async def _other(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Lifespan passes untouched; a WebSocket's handshake is a request whose answer has a header like any other."""
        if scope["type"] != "websocket":
            return await self.app(scope, receive, send)
        ex = ASGIExchange(scope)
        ex.websocket = True
        scope["hauberk"] = holder = holding(ex, self.plan.session)
        if self.plan.session is not None:
            scope["session"] = holder[3]
        socket = Socket(self.plan, ex, send)
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
            ex.scope = _apart(scope)
            ex.end()

    async def _talk(self, ex: ASGIExchange, scope: Scope, receive: Receive, socket: Socket) -> None:
        plan = self.plan
        if (reply := plan.begin(ex)) is None and plan.load:
            reply = await plan.load_all(ex)
        if reply is not None:
            # Before the handshake is answered, a close is a refusal: the server makes 403 of it.
            await socket.close(1008)
            return
        receive = watched_messages(ex, receive, plan) if plan.watches_body else receive
        await self._sockets(scope, receive, socket.send)


def _apart(scope: Scope) -> Scope:
    """The same without its way to the exchange that has it."""
    alone = {**scope}
    alone.pop("hauberk", None)
    alone.pop("session", None)
    return alone


def _part(holder: Holder, over: Scope) -> None:
    """The request of this holder, which has an exchange, is over."""
    ex = holder[0]
    ex.scope = _apart(ex.scope) if over is OVER else over
    ex.end()
    holder[3] = ex.kept


OVER: Scope = {"type": "http", "method": "GET", "path": "", "headers": []}
"""In place of its scope, for who asks for the exchange of a request that is over."""


def _late(message: Message) -> Awaitable[None]:
    """In place of the server's `send`, which has the scope and so its holder as well."""
    raise RuntimeError(f"the application sent {message.get('type')!r} after it had returned")


async def _nothing() -> None:
    """In place of a message that is not sent."""
