"""`Attempt`: what the throttle says of one try."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Literal

from hauberk.core.errors import HauberkError

By = Literal["", "account", "network", "pair", "device", "everyone", "code", "login", "store"]
Done = Callable[[bool], Awaitable[str]]


class RefusedAttemptError(HauberkError):
    """The outcome of an attempt was told that had been refused: the password must not even be looked at then."""

    def __init__(self) -> None:
        super().__init__("this attempt was refused; answer with attempt.status and attempt.headers, and check nothing")


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try, counted already: one that is never told to have succeeded counts as failed, whatever becomes of it."""

    allowed: bool
    retry_after: int = 0
    """Whole seconds until the next may come; 0 if this one may, and where waiting does not help."""
    by: By = ""
    """What refused it, for the log. Do not tell the client: it says how others fare."""
    _done: Done | None = field(default=None, repr=False, compare=False)
    _done_sync: Callable[[bool], str] | None = field(default=None, repr=False, compare=False)

    def __bool__(self) -> bool:
        return self.allowed

    @property
    def void(self) -> bool:
        """Whether the login itself is over, as too many codes were wrong: it begins again with the password."""
        return self.by == "login"

    @property
    def status(self) -> int:
        """What to answer: 429 (RFC 6585), 503 without the store, 401 for a login that is over, 200 if it is allowed."""
        if self.allowed:
            return 200
        return {"store": 503, "login": 401}.get(self.by, 429)

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """`retry-after` (RFC 9110, section 10.2.3), where there is something to wait for."""
        return (("retry-after", str(self.retry_after)),) if self.retry_after else ()

    async def failed(self) -> None:
        """The password or code was wrong. Logs it; it has been counted before."""
        if self._done is None:
            raise RefusedAttemptError
        await self._done(False)

    async def succeeded(self) -> str:
        """It was right: the account's failures are forgotten, its network's are not.

        Returns the value for the cookie that makes this device a known one; for a code, an empty text.
        """
        if self._done is None:
            raise RefusedAttemptError
        return await self._done(True)

    def failed_sync(self) -> None:
        """`failed`, for code without an event loop."""
        if self._done_sync is None:
            raise RefusedAttemptError
        self._done_sync(False)

    def succeeded_sync(self) -> str:
        """`succeeded`, for code without an event loop."""
        if self._done_sync is None:
            raise RefusedAttemptError
        return self._done_sync(True)
