"""One identity that sends requests: its cookies, what a browser would add, and what it may still spend."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import unquote

from hauberk.core.errors import ConfigurationError
from hauberk.scan.health import Health
from hauberk.scan.messages import CookieJar, Pairs, Request, Response
from hauberk.scan.surface import Operation
from hauberk.scan.transport import Transport

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
AGENT = "hauberk-scan"
MARK = "x-hauberk-scan"
"""The field that goes with every request of a scan."""
LONGEST_PAUSE, PATIENCE = 2.0, 10.0
"""Seconds that are waited once, and in all, for a server that asks for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """How much a scan may spend."""

    max_requests: int = 20_000
    max_seconds: float = 300.0
    max_rate: float = 0.0
    """Requests a second; 0 leaves it to the target."""

    def __post_init__(self) -> None:
        if self.max_rate < 0:
            raise ConfigurationError("max_rate", self.max_rate, "is below 0", "leave it out for no limit")
        for name, value in (("max_requests", self.max_requests), ("max_seconds", self.max_seconds)):
            if value <= 0:
                raise ConfigurationError(name, value, "is not above 0")


SLOW = 1.0
"""Seconds for an answer, above which an operation is attacked after the others."""


class ExhaustedError(Exception):
    """The budget is spent; the engine ends the phase and says so."""


class Bare(str):
    """A token that an application hands out, and takes, without a scheme before it."""

    __slots__ = ()


def credentials(token: str) -> str:
    """What the Authorization field says."""
    return str(token) if isinstance(token, Bare) else f"Bearer {token}"


class Keeper(Protocol):
    """What keeps a client logged in."""

    def __call__(self, request: Request, response: Response) -> bool:
        """Whether the login was gone, is there again, and the request should be sent once more."""

    def settle(self, operation: Operation) -> None:
        """See whether what was sent to an operation ended the session."""

    def bound(self) -> Iterator[tuple[str, bool]]:
        """The fields with another value of which one is nobody; and whether that ends the session for good."""


class Client:
    """Sends as a browser on the application's own pages would, within the budget."""

    def __init__(self, transport: Transport, budget: Budget) -> None:
        self.transport, self.budget = transport, budget
        self.jar = CookieJar()
        self.bearer = ""
        """The token that a login gave; sent with every request that has no Authorization of its own (RFC 6750)."""
        self.fields: Pairs = ()
        """Fields that say who one is, such as an API key; sent with every request that has none of that name."""
        self.scope = ""
        """Path that every link which is followed begins with."""
        self.requests = 0
        self.cut = 0
        """Answers that were not read to their end: too long, or too slow."""
        self.renew: Keeper | None = None
        """Asked whether an answer says that the login is gone, and logs in again if it does."""
        self.ending: set[tuple[str, str]] = set()
        """What was seen to end the session, though its name does not say so: methods and paths."""
        self.id = secrets.token_hex(8)
        """Goes with every request, so that a log tells this scan from everything else."""
        accepted = "text/html,application/json;q=0.9,*/*;q=0.8"
        self._usual = (("user-agent", AGENT), ("accept", accepted), (MARK, self.id))
        self._completed: Request | None = None
        self._health = None if transport.senses else Health(transport)
        self._next = self._paused = 0.0
        self.slow: set[str] = set()
        """Paths that were answered slowly, by whatever method."""
        self.took = 0.0
        """Seconds between the last request and its answer."""
        self._keeps = True
        self._deadline = time.monotonic() + budget.max_seconds

    @property
    def origin(self) -> str:
        """The application's origin."""
        return self.transport.wire.origin

    def complete(self, request: Request) -> Request:
        """The request as it will be sent: with cookies and the fields that same-origin checks ask for.

        One that is complete is handed back as it is.
        """
        if request is self._completed:
            return request
        self._completed = made = self._complete(request)
        return made

    def _complete(self, request: Request) -> Request:
        if not (self.jar or self.bearer or self.fields or request.headers) and request.method in SAFE_METHODS:
            return Request(method=request.method, target=request.target, headers=self._usual, body=request.body)
        own = request.header("cookie")
        pairs = [tuple(pair.strip().partition("=")[::2]) for pair in own.split(";")] if own else []
        cookies = self.jar.header(request.path, ((name, value) for name, value in pairs))
        fields = [*self.fields, *self._usual]
        if request.method not in SAFE_METHODS:
            fields += [
                ("origin", self.origin),
                ("referer", f"{self.origin}{request.path}"),
                ("sec-fetch-site", "same-origin"),
            ]
        if self.bearer:
            fields.append(("authorization", credentials(self.bearer)))
        rest = tuple(pair for pair in request.headers if pair[0] != "cookie")
        also = (("cookie", cookies),) if cookies else ()
        return Request(
            method=request.method, target=request.target, headers=rest + also, body=request.body
        ).with_headers(fields)

    @property
    def left(self) -> float:
        """Seconds that are left of the budget."""
        return max(self._deadline - time.monotonic(), 0.0)

    @property
    def spare(self) -> int:
        """Requests that are left of the budget."""
        return max(self.budget.max_requests - self.requests, 0)

    def check(self) -> None:
        """Raises ExhaustedError when the budget is spent."""
        if self.requests >= self.budget.max_requests:
            raise ExhaustedError(f"the limit of {self.budget.max_requests:,} requests was reached")
        if time.monotonic() >= self._deadline:
            raise ExhaustedError(f"the limit of {self.budget.max_seconds:g} seconds was reached")

    def send(self, request: Request) -> Response:
        """Send it. Raises ExhaustedError when the budget is spent, and GoneError when the target suffers."""
        self.check()
        if self.budget.max_rate:
            self._keep_pace()
        self.requests += 1
        begun = time.monotonic()
        response = self.transport.send(self.complete(request))
        self.took = time.monotonic() - begun
        if self.took > SLOW:
            self.slow.add(unquote(request.path))
        self.cut += response.truncated
        if self._keeps:
            self.jar.keep(request, response, secure=self.transport.wire.scheme == "https")
        if self._health is not None:
            self._mind(request, response, self._health)
        if self.renew is not None and self.renew(request, response):
            self.requests += 1
            response = self.transport.send(self.complete(request))
        return response

    def open(self, request: Request) -> int:
        """The status of a WebSocket's handshake, 101 if it is opened; it is closed at once. 0 where there is none."""
        knock: Callable[[Request], int] | None = getattr(self.transport, "handshake", None)
        if knock is None:
            return 0
        self.check()
        self.requests += 1
        return knock(self.complete(request))

    @property
    def speaks_raw(self) -> bool:
        """Whether octets can be sent that are no request."""
        return hasattr(self.transport, "raw")

    @property
    def is_local(self) -> bool:
        """Whether what it talks to is on this machine."""
        return bool(getattr(self.transport, "is_local", False))

    def raw(self, octets: bytes, *, answers: int = 1, idle: float) -> tuple[list[Response], float]:
        """The answers to such octets, on a connection of their own, and the seconds they took; `idle` as silence."""
        self.check()
        if self.budget.max_rate:
            self._keep_pace()
        self.requests += 1
        sent: Callable[..., list[Response]] = self.transport.raw  # type: ignore[attr-defined]
        begun = time.monotonic()
        found = sent(octets, answers=answers, idle=idle)
        return found, time.monotonic() - begun

    def marks(self, path: str) -> list[str]:
        """Lines of a header that say who asks, for what is sent raw."""
        cookies = self.jar.header(path)
        own = [*self._usual, *([("cookie", cookies)] if cookies else [])]
        own += [*self.fields, *([("authorization", credentials(self.bearer))] if self.bearer else [])]
        return [f"{name}: {value}" for name, value in own]

    def _keep_pace(self) -> None:
        """Wait for one's turn, but not beyond the budget's time."""
        now = time.monotonic()
        if self._next > now:
            time.sleep(min(self._next - now, self.left))
            self.check()
        self._next = max(self._next, now) + 1 / self.budget.max_rate

    def take_leave(self) -> None:
        """See that the target is still there. Raises GoneError."""
        if self._health is not None:
            self._health.take_leave()

    def _mind(self, request: Request, response: Response, health: Health) -> None:
        """See how a server bears it; where it asks for a pause (RFC 9110, section 10.2.3), make one, within reason."""
        before = health.asked
        try:
            health.heard(request, response)
        finally:
            self.requests += health.asked - before
        asked = response.header("retry-after") or ""
        if response.status in (429, 503) and asked.isdigit() and self._paused < PATIENCE:
            pause = min(float(asked), LONGEST_PAUSE, self.left)
            self._paused += pause
            time.sleep(pause)

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
