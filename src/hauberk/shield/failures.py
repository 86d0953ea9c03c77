"""Answers to errors that nobody handled (RFC 9457): all headers, an id, and nothing else (CWE-209)."""

from __future__ import annotations

import inspect
import json
import logging
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from math import ceil
from typing import Any

from hauberk.core.errors import BusyError, ConfigurationError, StoreError
from hauberk.core.exchange import Exchange, Reply
from hauberk.core.log import LOGGER
from hauberk.core.plan import Steps

Page = str | bytes | Reply
HTML = "text/html; charset=utf-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failures:
    """The client gets a problem detail with an id; the log gets the trace under the same id.

    Two errors are answered with 503 and a time to come again, because it is not the application that failed: a store
    that cannot be reached (StoreError), and hashing that is fully booked (BusyError). An ASGI server does not hear of
    those: it would close the connection, and write a trace of its own for each.
    """

    media_type: str = "application/problem+json"
    """The Content-Type of the problem detail."""
    level: int = logging.ERROR
    """How loud the log's record of an error is, as in the standard library's logging."""
    page: Callable[[Exchange, str], Page | Awaitable[Page]] | None = None
    """The application's own page for people, from the request and the error's id: text (HTML), octets or a Reply.

    Asked where the request accepts `text/html`; it may be `async`. If it fails itself, the problem detail is sent."""
    on_error: Callable[[Exchange, Exception, str], Awaitable[None] | None] | None = None
    """Told of every unhandled error, with its id: to page somebody. It may be `async`; if it fails, the log says so."""

    def __post_init__(self) -> None:
        for name in ("page", "on_error"):
            value = getattr(self, name)
            if value is not None and not callable(value):
                raise ConfigurationError(f"Failures.{name}", value, "is not a function")

    def steps(self) -> Steps:
        """How an unhandled exception is answered."""
        waits = self.page is not None or self.on_error is not None
        return Steps(on_failure=self.reply_with_hooks if waits else self.reply)

    def reply(self, ex: Exchange, error: Exception) -> Reply:
        """A problem detail that says nothing of the error but where to find it in the log."""
        return self._problem(self._log(ex, error), error)

    def reply_with_hooks(self, ex: Exchange, error: Exception) -> Coroutine[Any, Any, Reply]:
        """The same, with the application's own page and its hook."""
        number = self._log(ex, error)
        return self._ask(ex, error, number)

    async def _ask(self, ex: Exchange, error: Exception, number: str) -> Reply:
        if self.on_error is not None:
            try:
                told = self.on_error(ex, error, number)
                if inspect.isawaitable(told):
                    await told
            except Exception:
                LOGGER.exception("Failures.on_error failed for error %s", number)
        problem = self._problem(number, error)
        if self.page is not None and "text/html" in ex.header("accept"):
            try:
                page = self.page(ex, number)
                return _as_reply(await page if inspect.isawaitable(page) else page, problem)
            except Exception:
                LOGGER.exception("Failures.page failed for error %s", number)
        return problem

    def _log(self, ex: Exchange, error: Exception) -> str:
        number = ex.read_error_id()
        if isinstance(error, BusyError):
            # Expected, and many at once: a line each, as traces would cost more than the answers.
            LOGGER.warning("busy %s in %s %s: %s", number, ex.method, ex.path, error)
            return number
        LOGGER.log(self.level, "unhandled error %s in %s %s", number, ex.method, ex.path, exc_info=error)
        return number

    def _problem(self, number: str, error: Exception) -> Reply:
        status, title, wait = 500, "Internal Server Error", ""
        if isinstance(error, BusyError | StoreError):
            status, title = 503, "Service Unavailable"
            wait = str(max(1, ceil(getattr(error, "retry_after", 5))))
        problem = {"type": "about:blank", "title": title, "status": status, "error_id": number}
        fields = (("content-type", self.media_type), *((("retry-after", wait),) if wait else ()))
        return Reply(status, json.dumps(problem).encode(), fields)


def _as_reply(page: Page, problem: Reply) -> Reply:
    """A page in place of a problem detail, whose status and Retry-After it has where it says nothing of them."""
    if isinstance(page, Reply):
        return page
    body = page.encode() if isinstance(page, str) else page
    again = tuple(pair for pair in problem.headers if pair[0] == "retry-after")
    return Reply(problem.status, body, (("content-type", HTML), ("cache-control", "no-store"), *again))
