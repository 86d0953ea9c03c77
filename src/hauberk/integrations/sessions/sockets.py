"""WebSockets end with their session: who is logged out, or revoked, does not go on talking (ASVS 5.0.0, 7.4.1)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable
from typing import Any

from hauberk.adapters.asgi import App, Message, Receive, Scope, Send
from hauberk.core.errors import StoreError
from hauberk.core.log import LOGGER, decision
from hauberk.policy import Policy
from hauberk.shield.sessions.session import Session

POLICY_VIOLATION = 1008
"""RFC 6455, section 7.4.1."""


def watched(app: App, policy: Policy) -> App:
    """The same application; with `closing` around it where the policy's sessions are to be looked after."""
    sessions = policy.sessions
    return app if sessions is None or not sessions.socket_check else closing(app)


def closing(app: App) -> App:
    """An ASGI application whose WebSockets are closed within `Sessions.socket_check` of their session's end.

    Goes inside of the shield, which puts the session into the scope. Sockets whose handler has not looked into the
    session are not its business. While the store is away nothing is known, and the socket stays open.
    """

    def run(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        # No coroutine of its own: requests pass it by.
        return app(scope, receive, send) if scope["type"] != "websocket" else talk(scope, receive, send)

    async def talk(scope: Scope, receive: Receive, send: Send) -> None:
        session = scope.get("session")
        if not isinstance(session, Session) or not session.socket_check:
            return await app(scope, receive, send)
        socket = _Socket(session, receive, send)
        watching = asyncio.create_task(socket.watch())
        try:
            await app(scope, socket.receive, socket.send)
        finally:
            if not socket.over:  # else it is closing it, and is let finish
                watching.cancel()
            await asyncio.wait({watching})
            socket.leave()

    return run


class _Socket:
    """What its handler is given, and what watches meanwhile."""

    def __init__(self, session: Session, receive: Receive, send: Send) -> None:
        self._session, self._receive, self._send = session, receive, send
        self._over = asyncio.Event()
        self._next: asyncio.Future[Message] | None = None
        self._closed = self._accepted = False

    @property
    def over(self) -> bool:
        """Whether its session has ended, and so it."""
        return self._over.is_set()

    async def watch(self) -> None:
        """Look now and then, and close it at its session's end."""
        while not self._closed:
            await asyncio.sleep(self._session.socket_check)
            if self._session.opened and self._session.before and self._accepted and await self._ended():
                decision("socket-closed", level=logging.INFO, why="its session ended", path=self._session.exchange.path)
                self._closed = True
                self._over.set()
                await self._send({"type": "websocket.close", "code": POLICY_VIOLATION, "reason": "session ended"})

    async def _ended(self) -> bool:
        try:
            return await self._session.ended()
        except StoreError as error:
            LOGGER.warning("whether the session of a socket has ended is not known: %s", error)
            return False

    async def receive(self) -> Message:
        """The client's next message, or that it is gone: so that no handler waits for more."""
        if self._next is None:
            self._next = asyncio.ensure_future(self._receive())
        over = asyncio.ensure_future(self._over.wait())
        either: set[asyncio.Future[Any]] = {self._next, over}
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        finally:
            over.cancel()
        if self._over.is_set():
            return {"type": "websocket.disconnect", "code": POLICY_VIOLATION, "reason": "session ended"}
        coming, self._next = self._next, None
        return coming.result()

    async def send(self, message: Message) -> None:
        """Hand a message on. Raises OSError after the end, as servers do when a client is gone."""
        if self._over.is_set():
            raise OSError("the socket was closed as its session ended")
        self._accepted = self._accepted or message["type"] == "websocket.accept"
        self._closed = self._closed or message["type"] == "websocket.close"
        await self._send(message)

    def leave(self) -> None:
        """Wait for nothing more."""
        if self._next is not None:
            self._next.cancel()
