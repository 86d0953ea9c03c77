"""`flask.session` and `quart.session`."""

from __future__ import annotations

from typing import Any

from hauberk.adapters.asgi_exchange import ASGIExchange, ASGIHead
from hauberk.adapters.wsgi_exchange import WSGIExchange, WSGIHead
from hauberk.core.errors import HauberkError
from hauberk.core.exchange import OpenSession, held, holding
from hauberk.core.plan import run_deferred, run_inline
from hauberk.shield.sessions.session import Session

PAST = (
    "the application was reached past its protection, where it has no session; in tests, set app.testing = True for "
    "test_request_context() and session_transaction()"
)


class UnprotectedSessionError(HauberkError, RuntimeError):
    """A session was written to where nothing would keep it."""


class FlaskSessions:
    """A session interface that opens nothing and saves nothing: the session reads and writes itself.

    `opens` makes a session for what a test does outside of any request, as `session_transaction()`.
    """

    pickle_based = False
    null_session_class = type(None)

    def __init__(self, opens: OpenSession | None) -> None:
        self._opens = opens

    def open_session(self, app: Any, request: Any) -> Session | None:
        """The session of this request; None where the application is reached past its protection."""
        holder = request.environ.get("hauberk")
        if holder is None:
            return self._apart(app, ApartWSGI(request.environ))
        session: Session | None = held(holder).session
        return session

    def _apart(self, app: Any, ex: ApartWSGI | ApartASGI) -> Session | None:
        session: Session | None = holding(ex, self._opens)[3] if app.testing else None
        return session

    def make_null_session(self, app: Any) -> Any:
        """What stands in for it then: Flask's own, which refuses to be written to, and says why."""
        from flask.sessions import NullSession

        return _refusing(NullSession)

    def is_null_session(self, obj: object) -> bool:
        """Whether that is what it is."""
        return not isinstance(obj, Session)

    def save_session(self, app: Any, session: Any, response: Any) -> None:
        """Nothing: it is written before the header leaves. One of a test's own is written now."""
        ex = vars(session).get("exchange")
        if type(ex) is ApartWSGI:
            head = WSGIHead(200, [])
            run_inline(run_deferred(ex, head))
            _give(head.values("set-cookie"), response)


class QuartSessions(FlaskSessions):
    """The same with the words that Quart awaits."""

    async def open_session(self, app: Any, request: Any) -> Session | None:  # type: ignore[override]
        """See `FlaskSessions.open_session`; read ahead, as `quart.session` cannot be awaited."""
        holder = request.scope.get("hauberk")
        if holder is None:
            return self._apart(app, ApartASGI(request.scope))
        session: Session | None = held(holder).session
        return session

    async def make_null_session(self, app: Any) -> Any:
        """See `FlaskSessions.make_null_session`."""
        from quart.sessions import NullSession

        return _refusing(NullSession)

    async def save_session(self, app: Any, session: Any, response: Any) -> None:  # type: ignore[override]
        """See `FlaskSessions.save_session`."""
        ex = vars(session).get("exchange")
        if type(ex) is ApartASGI:
            head = ASGIHead(200, [])
            await run_deferred(ex, head)
            _give(head.values("set-cookie"), response)


class ApartWSGI(WSGIExchange):
    """A request that a test made up, and that no server answers."""


class ApartASGI(ASGIExchange):
    """The same for Quart."""


def _give(cookies: list[str], response: Any) -> None:
    for cookie in cookies:
        response.headers.add("Set-Cookie", cookie)


def _refusing(kind: Any) -> Any:
    def fail(*_args: Any, **_named: Any) -> None:
        raise UnprotectedSessionError(PAST)

    names = ("__setitem__", "__delitem__", "clear", "pop", "popitem", "update", "setdefault")
    return type("UnprotectedSession", (kind,), dict.fromkeys(names, fail))()
