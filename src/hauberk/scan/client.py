"""One identity that sends requests: its cookies, what a browser would add, and what it may still spend."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from hauberk.core.errors import ConfigurationError
from hauberk.scan.messages import CookieJar, Request, Response
from hauberk.scan.transport import Transport

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
AGENT = "hauberk-scan"


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """How much a scan may spend."""

    max_requests: int = 20_000
    max_seconds: float = 300.0

    def __post_init__(self) -> None:
        for name, value in (("max_requests", self.max_requests), ("max_seconds", self.max_seconds)):
            if value <= 0:
                raise ConfigurationError(name, value, "is not above 0")


class ExhaustedError(Exception):
    """The budget is spent; the engine ends the phase and says so."""


class Client:
    """Sends as a browser on the application's own pages would, within the budget."""

    def __init__(self, transport: Transport, budget: Budget) -> None:
        self.transport, self.budget = transport, budget
        self.jar = CookieJar()
        self.bearer = ""
        """The token that a login gave; sent with every request that has no Authorization of its own (RFC 6750)."""
        self.scope = ""
        """Path that every link which is followed begins with."""
        self.requests = 0
        self.renew: Callable[[Request, Response], bool] | None = None
        """Asked whether an answer says that the login is gone, and logs in again if it does."""
        self._keeps = True
        self._deadline = time.monotonic() + budget.max_seconds

    @property
    def origin(self) -> str:
        """The application's origin."""
        return self.transport.wire.origin

    def complete(self, request: Request) -> Request:
        """The request as it will be sent: with cookies and the fields that same-origin checks ask for."""
        own = request.header("cookie")
        pairs = [tuple(pair.strip().partition("=")[::2]) for pair in own.split(";")] if own else []
        cookies = self.jar.header(request.path, ((name, value) for name, value in pairs))
        fields = [("user-agent", AGENT), ("accept", "text/html,application/json;q=0.9,*/*;q=0.8")]
        if request.method not in SAFE_METHODS:
            fields += [
                ("origin", self.origin),
                ("referer", f"{self.origin}{request.path}"),
                ("sec-fetch-site", "same-origin"),
            ]
        if self.bearer:
            fields.append(("authorization", f"Bearer {self.bearer}"))
        rest = tuple(pair for pair in request.headers if pair[0] != "cookie")
        also = (("cookie", cookies),) if cookies else ()
        return Request(
            method=request.method, target=request.target, headers=rest + also, body=request.body
        ).with_headers(fields)

    def send(self, request: Request) -> Response:
        """Send it. Raises ExhaustedError when the budget is spent."""
        if self.requests >= self.budget.max_requests:
            raise ExhaustedError(f"the limit of {self.budget.max_requests:,} requests was reached")
        if time.monotonic() >= self._deadline:
            raise ExhaustedError(f"the limit of {self.budget.max_seconds:g} seconds was reached")
        self.requests += 1
        response = self.transport.send(self.complete(request))
        if self._keeps:
            self.jar.keep(request, response, secure=self.transport.wire.scheme == "https")
        if self.renew is not None and self.renew(request, response):
            self.requests += 1
            response = self.transport.send(self.complete(request))
        return response

    @contextmanager
    def keeping(self) -> Iterator[None]:
        """Take cookies meanwhile, even where they are not taken otherwise."""
        before, self._keeps = self._keeps, True
        try:
            yield
        finally:
            self._keeps = before

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Take no cookie meanwhile: an attack must not end the session, or change whose it is."""
        before, self._keeps = self._keeps, False
        try:
            yield
        finally:
            self._keeps = before
