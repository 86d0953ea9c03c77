"""The messages of an ASGI connection beside the header of an answer: bodies that are watched, and WebSockets."""

from __future__ import annotations

import asyncio
from collections import deque
from time import monotonic

from hauberk.adapters.asgi_exchange import ASGIExchange, ASGIHead, Message, RawHeaders, Receive, Send
from hauberk.adapters.body import Watcher
from hauberk.core.plan import Plan, run_deferred


class Socket:
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


def watched(ex: ASGIExchange, receive: Receive, plan: Plan) -> Receive:
    """Let steps see the body as the application reads it, and give up on one that does not come."""
    watcher: Watcher | None = None
    limit, done = plan.body_timeout, False

    async def receive_watched() -> Message:
        nonlocal done, watcher
        if watcher is None:  # most requests have no body that anybody asks for
            watcher = Watcher(plan, ex)
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


def watched_messages(ex: ASGIExchange, receive: Receive, plan: Plan) -> Receive:
    """Let steps see the newest message of a WebSocket."""
    watcher = Watcher(plan, ex)

    async def receive_watched() -> Message:
        message = await receive()
        if message["type"] == "websocket.receive":
            text = message.get("text")
            watcher.new_message(message.get("bytes") or b"" if text is None else text.encode("utf-8", "replace"))
        return message

    return receive_watched


def replayed(messages: list[Message], receive: Receive) -> Receive:
    """First what was read ahead, then what the server says."""
    waiting = deque(messages)

    async def receive_replayed() -> Message:
        return waiting.popleft() if waiting else await receive()

    return receive_replayed
