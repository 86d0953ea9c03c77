"""`flask.session` and `quart.session`."""

from __future__ import annotations

from typing import Any

from hauberk.core.exchange import held
from hauberk.shield.sessions.session import Session


class FlaskSessions:
    """A session interface that opens nothing and saves nothing: the session reads and writes itself."""

    pickle_based = False
    null_session_class = type(None)

    def open_session(self, app: Any, request: Any) -> Session | None:
        """The session of this request; None where the application is reached past its protection."""
        holder = request.environ.get("hauberk")
        return None if holder is None else held(holder).session

    def make_null_session(self, app: Any) -> Any:
        """What stands in for it then: Flask's own, which refuses to be written to."""
        from flask.sessions import NullSession

        return NullSession()

    def is_null_session(self, obj: object) -> bool:
        """Whether that is what it is."""
        return not isinstance(obj, Session)

    def save_session(self, app: Any, session: Any, response: Any) -> None:
        """Nothing: it is written before the header leaves."""


class QuartSessions(FlaskSessions):
    """The same with the words that Quart awaits."""

    async def open_session(self, app: Any, request: Any) -> Session | None:  # type: ignore[override]
        """See `FlaskSessions.open_session`; read ahead, as `quart.session` cannot be awaited."""
        holder = request.scope.get("hauberk")
        return None if holder is None else held(holder).session

    async def make_null_session(self, app: Any) -> Any:
        """See `FlaskSessions.make_null_session`."""
        from quart.sessions import NullSession

        return NullSession()

    async def save_session(self, app: Any, session: Any, response: Any) -> None:  # type: ignore[override]
        """See `FlaskSessions.save_session`."""
