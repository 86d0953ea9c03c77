"""Litestar: `request.set_session()` and `request.clear_session()`, which put something else in the session's place."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from typing import Any

from litestar.serialization import decode_json, encode_json
from litestar.types import Empty

from hauberk.adapters.asgi import App, Message, Receive, Scope, Send
from hauberk.policy import Policy
from hauberk.shield.sessions.session import Session


def adopting(app: App, policy: Policy) -> App:
    """The same application; what it puts in the session's place becomes the session, before the header leaves.

    Goes inside of the shield, whose session it is: left alone, `clear_session()` would log nobody out.
    """
    if policy.sessions is None:
        return app

    def run(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        session = scope.get("session")
        return talk(session, scope, receive, send) if isinstance(session, Session) else app(scope, receive, send)

    async def talk(session: Session, scope: Scope, receive: Receive, send: Send) -> None:
        def send_adopted(message: Message) -> Awaitable[None]:
            if scope.get("session") is not session:
                _adopt(session, scope)
            return send(message)

        await app(scope, receive, send_adopted)
        if scope.get("session") is not session:
            _adopt(session, scope)

    return run


def _adopt(session: Session, scope: Scope) -> None:
    """As Litestar's own middleware does: nothing ends the session, and anything else is all that it holds."""
    value, scope["session"] = scope.get("session"), session
    values = _values(value)
    if values is None:
        session.logout()
    else:
        for key in list(session.keys() - values.keys()):
            del session[key]
        session.update(values)


def _values(value: Any) -> Mapping[str, Any] | None:
    """What is to be kept; None where the session is to end: for `Empty`, and for None."""
    if value is None or value is Empty:
        return None
    if isinstance(value, Mapping):
        return value
    # A model or dataclass comes back as a mapping, as from Litestar's own sessions.
    found: dict[str, Any] = decode_json(encode_json(value), target_type=dict[str, Any])
    return found
