"""What frameworks say of an error that nobody handled, where the application says nothing of its own.

Each framework has a bare page for that ("Internal Server Error"), which it sends itself: nothing would reach the
adapter's own answer. So the policy's answer goes out in its place, through the framework's own door; a page that the
application registered stays as it is, and can name the error by `hauberk.error_id(request)`.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Protocol

from hauberk.core.exchange import Exchange, Reply
from hauberk.policy import Policy


class Writable(Protocol):
    """A response of Werkzeug's kind."""

    status_code: int

    @property
    def headers(self) -> Any:
        """Its fields, to be assigned to by name."""

    def set_data(self, value: bytes) -> None:
        """Make this its body."""


def answers(policy: Policy, app: Any) -> bool:
    """Whether the policy has an answer to failures, and the application is not being debugged."""
    return policy.failures is not None and not getattr(app, "debug", False)


def reported(ex: Exchange, error: Exception) -> bool:
    """Whether there is nothing left to say: the guard's answer will leave anyway."""
    return ex.blocked is not None or ex.failed is error


def write(response: Writable, reply: Reply) -> None:
    """Make a response of Flask's or Quart's this answer."""
    response.status_code = reply.status
    response.set_data(reply.body)
    for name, value in reply.headers:
        response.headers[name] = value


@cache
def bare_page() -> bytes:
    """What Flask and Quart say where nobody has anything to say."""
    from werkzeug.exceptions import InternalServerError

    return InternalServerError().get_response().get_data()
