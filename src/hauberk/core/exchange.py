"""One request and its response, free of any protocol.

The adapters subclass `Exchange` and `Head` for ASGI messages, WSGI environments and Django objects, so that a feature
is written once and nothing is decoded that nobody reads.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from binascii import b2a_base64
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from contextvars import ContextVar, Token
from dataclasses import dataclass
from os import urandom
from typing import Any, NoReturn, Protocol
from urllib.parse import quote
from weakref import ref

from hauberk.core.errors import BlockedError, LateNonceError, LostSessionError

PRIVATE = "private, no-store"
"""What caches on the way are told of a response that is one visitor's."""
BODY_KEPT = 1 << 20
"""How much of a request's body is kept for the guard, in octets."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that hauberk gives in place of the application."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = (("content-type", "text/plain; charset=utf-8"),)

    @property
    def bodiless(self) -> bool:
        """Whether an answer of this status has no body, and so no Content-Length (RFC 9110, section 8.6)."""
        return self.status < 200 or self.status in {204, 304}


class Exchange(ABC):
    """A request, what hauberk knows of it, and what is to happen before its response leaves."""

    # Class attributes, not slots: making an exchange then sets one attribute, and most requests change none of these.
    waits: bool = True
    """Whether an event loop drives this request, so that a step may really wait; otherwise it takes blocking stores."""
    nonce: str | None = None
    """The CSP nonce, once somebody read it (`read_nonce`)."""
    sent: bool = False
    """Whether the response's header went out."""
    blocked: Reply | None = None
    """Set by the guard: leaves in place of whatever the application answers, as long as nothing was sent."""
    replaced: bool = False
    """Whether `blocked` left in place of the application's answer."""
    guard: Any = None
    """The guard's view of this request, or None."""
    body: list[bytes] | None = None
    """The parts of the body that the application has read so far, up to `BODY_KEPT` octets; only if a step wants it."""
    one_of_many: bool = False
    """Whether the body is the newest message of a WebSocket, and not the body of one request."""
    body_length: int = 0
    """How many octets the application has read so far."""
    deferred: Sequence[Finish] = ()
    """What is to happen before the header leaves, in the order in which it was opened."""
    fields: Sequence[tuple[str, str]] = ()
    """Header fields for this response alone, names in lower case; they take the place of the application's own."""
    foretold: Sequence[tuple[str, str]] = ()
    """Those of them that were known when the exchange was made, of which `tails` knows."""
    tails: Any = None
    """What the adapter appends to the response, where that is not the same for all of the plan's."""
    kept: Any = None
    """The session, or a weak reference to it once the request is over: ask `session`."""
    lasting: bool = True
    """Whether what the steps say of this request holds for every one that is alike in what they looked at."""
    personal: bool = False
    """Whether the response depends on the visitor's session, so that no cache may show it to others."""
    csrf: Any = None
    """Where this request's CSRF tokens come from; None where the policy makes none."""
    visitor: str | None = None
    """A fresh value for the cookie that CSRF tokens of a visitor without session are bound to."""
    tokened: bool = False
    """Whether a CSRF token stands in this response, so that it is nobody else's."""
    aside: bool = False
    """Whether hauberk answers this request itself, after reading its body."""
    claims: Any = None
    """What a verified token of this request says; None without one."""
    error_id: str | None = None
    """Under which the log has what went wrong with this request, once somebody read it (`read_error_id`)."""
    told: Callable[[Any, str], None] | None = None
    """Called with this request and the name of each decision made in it; None where nobody counts them."""
    signals: frozenset[str] = frozenset()
    """What this request was counted for already."""
    forwarded: bool = False
    """Whether the client's address is the word of a trusted proxy."""
    failed: Exception | None = None
    """The unhandled error that was logged and answered already, in a framework's own place for that."""
    unavailable: bool = False
    """Whether that was answered with 503: not the application failed, and no server has to hear of it."""

    @property
    @abstractmethod
    def method(self) -> str:
        """The method as it came, such as `GET`."""

    @property
    def websocket(self) -> bool:
        """Whether this is the handshake of a WebSocket."""
        return False

    @property
    @abstractmethod
    def path(self) -> str:
        """The decoded path, root path included."""

    @property
    @abstractmethod
    def query(self) -> bytes:
        """The query as it came, percent-encoded, without `?`."""

    @property
    @abstractmethod
    def scheme(self) -> str:
        """`http` or `https`, as the server says."""

    @property
    @abstractmethod
    def client(self) -> str:
        """The peer's address, or an empty text where there is none."""

    @property
    def server_port(self) -> int | None:
        """The port that the server listens on, where it says so."""
        return None

    @abstractmethod
    def header(self, name: str) -> str:
        """The field of that lower-case name, joined by commas if it came twice; empty if absent."""

    @property
    def cookie(self) -> str:
        """The Cookie field: what is asked for most, and often alone."""
        return self.header("cookie")

    @abstractmethod
    def headers(self) -> Iterator[tuple[str, str]]:
        """Every field, names in lower case."""

    @property
    def raw_path(self) -> bytes:
        """The path as it came, percent-encoded; where the server keeps only the decoded one, that one encoded again."""
        return quote(self.path, safe="/:@!$&'()*+,;=-._~%").encode("ascii")

    @property
    def target(self) -> bytes:
        """The request's target as it came, without its query; the path alone where the server keeps nothing else."""
        return self.raw_path

    @property
    def origin_form(self) -> bool:
        """Whether the request's target is a path, as nearly always (RFC 9112, section 3.2.1)."""
        return self.target[:1] == b"/"

    @abstractmethod
    def forward(self, *, scheme: str, client: str, host: str) -> None:
        """Let the application see the request as a trusted proxy saw it; an empty text changes nothing."""

    @property
    def body_to_come(self) -> bool:
        """Whether the application may have more of the body to read; true where nobody can tell."""
        return True

    @property
    @abstractmethod
    def path_parameters(self) -> dict[str, Any]:
        """What the router took from the path, as far as it has run."""

    @property
    def routed(self) -> bool | None:
        """Whether the router found a handler for the path; None where that cannot be known, or not yet."""
        return None

    async def read_body(self, limit: int) -> bytes | None:
        """The whole body, or None if it is longer than `limit` octets. The application reads it all the same."""
        raise NotImplementedError

    @property
    def session(self) -> Any:
        """The session of this request; None where the policy keeps none. Raises LostSessionError where it had one that
        is gone: nothing may take that for a visitor without session, whose CSRF tokens are bound to less."""
        kept = self.kept
        if type(kept) is not ref:
            return kept
        session = kept()
        if session is None:
            raise LostSessionError("the request is over and its session is gone; take what you need from it before")
        return session

    @session.setter
    def session(self, session: Any) -> None:
        self.kept = session

    def end(self) -> None:
        """The request is over. The session knows its exchange, and so does an error by its traceback; held by it as
        well, they would outlive each request until garbage is collected."""
        self.failed = None
        if self.kept is not None and type(self.kept) is not ref:
            self.kept = ref(self.kept)

    def refuse(self, reply: Reply) -> NoReturn:
        """Answer this, whatever the application does from here on. Raises BlockedError, so that it does no more."""
        self.blocked = reply
        raise BlockedError(f"the request was refused with status {reply.status}")

    def keep(self, part: bytes) -> None:
        """Remember a part of the body as it goes by; never more than `BODY_KEPT` octets."""
        room = BODY_KEPT - self.body_length
        if part and room > 0:
            if self.body is None:
                self.body = []
            self.body.append(part[:room])
        self.body_length += len(part)

    def kept_body(self) -> bytes:
        """What was kept of the body so far."""
        return b"".join(self.body or ())

    def read_nonce(self) -> str:
        """The nonce of this response, made at its first reading: 128 random bits (CSP3, section 7.1)."""
        if self.nonce is None:
            if self.sent:
                raise LateNonceError("csp_nonce was first read after the response's header went out; read it earlier")
            self.nonce = b2a_base64(urandom(16), newline=False).decode("ascii")
        return self.nonce

    def read_error_id(self) -> str:
        """The number under which an unhandled error of this request is logged: the same however often it is read."""
        if self.error_id is None:
            self.error_id = urandom(8).hex()
        return self.error_id

    def add(self, name: str, value: str) -> None:
        """Send this field with the response, in place of the application's own; a repeated name is sent repeatedly."""
        self.fields = [*self.fields, (name, value)]

    def defer(self, finish: Finish) -> None:
        """Call `finish` before the response leaves; last deferred, first called."""
        self.deferred = [*self.deferred, finish]


class Head(ABC):
    """Status and header fields of a response, before they leave. Names are given in lower case."""

    __slots__ = ("status",)

    status: int

    @abstractmethod
    def values(self, name: str) -> list[str]:
        """Every field of that name."""

    @abstractmethod
    def append(self, name: str, value: str) -> None:
        """One more field, whatever is there."""

    @abstractmethod
    def remove(self, name: str) -> None:
        """Take every field of that name away."""

    @abstractmethod
    def rewrite(self, name: str, change: Callable[[str], str]) -> None:
        """Pass each field of that name through `change`, in its place."""

    def set(self, name: str, value: str) -> None:
        """This value and no other."""
        self.remove(name)
        self.append(name, value)

    def give(self, cookie: str) -> None:
        """Append a session's Set-Cookie: the response is nobody else's. What the application tells caches stays if it
        says so as well (RFC 9111, section 5.2.2)."""
        self.append("set-cookie", cookie)
        if not any("no-store" in value or "private" in value for value in self.values("cache-control")):
            self.set("cache-control", PRIVATE)


RequestStep = Callable[[Exchange], Reply | None]
ResponseStep = Callable[[Exchange, Head], None]
Load = Callable[[Exchange], Awaitable[Reply | None]]
Finish = Callable[[Head], Awaitable[None] | None]
"""Changes a header before it leaves; what it gives back is awaited, if anything."""
Failure = Callable[[Exchange, Exception], Reply | Coroutine[Any, Any, Reply]]
BodyWatch = Callable[[bytes], Reply | None]
"""Sees each part of a body before the application does; a reply refuses the rest of it."""
OnBody = Callable[[Exchange], BodyWatch | None]
"""Makes the watch for one request, or None where its body needs none."""


class HeldPage(Protocol):
    """The body of one answer, on its way past somebody who wants to see it."""

    changed: bool
    """Whether what leaves is not what came, so that its length is another."""

    def add(self, part: bytes, *, last: bool) -> bytes | None:
        """What may leave now that this part came; None while all of it is kept back. Raises BlockedError."""


class AnswerWatch(Protocol):
    """Looks at answers before they leave."""

    def begin(self, ex: Exchange, status: int, fields: Sequence[tuple[str, str]]) -> HeldPage | None:
        """Judge the header, and say how the body is to leave: None lets it stream. Raises BlockedError."""


Holder = list[Any]
"""`[exchange or None, how to make it, what to make it from, the session or None]`: the adapters put one down for each
request. ASGI's short way has two more behind them: the way of the request, and the server's `send`.

Most requests need no exchange at all, and making one costs as much as everything else that the adapter does. So it is
made when somebody asks, and this list (the cheapest thing that can be changed in place) remembers it.
"""

OpenSession = Callable[[], Any]
"""Makes a session. Whoever calls it gives it the request's `exchange`, or the `holder` that makes one, and puts it into
the holder as the fourth. The adapters do this for each request, and the fewest look into it."""


def holding(exchange: Exchange, opens: OpenSession | None = None) -> Holder:
    """A holder for who makes the exchange at once, and its session where there is one."""
    holder: Holder = [exchange, None, None, None]
    if opens is not None:
        exchange.session = holder[3] = session = opens()
        session.exchange = exchange
    return holder


HOLDER: ContextVar[Holder | None] = ContextVar("hauberk.holder", default=None)


def held(holder: Holder) -> Any:
    """The exchange of a holder, made at the first asking: of the class that the adapter named."""
    exchange = holder[0]
    if exchange is None:
        exchange = holder[0] = holder[1](holder[2])
        if (session := holder[3]) is not None:
            # When the request is over they must not hold each other.
            exchange.kept = session if session.holder is holder else ref(session)
            session.exchange = exchange
    return exchange


class Current:
    """The exchange that runs in this context, if any: read by template helpers and by the guard."""

    def get(self) -> Exchange | None:
        """The exchange, or None outside of a protected request."""
        holder = HOLDER.get()
        exchange: Exchange | None = None if holder is None else held(holder)
        return exchange

    def set(self, exchange: Exchange | None) -> Token[Holder | None]:
        """Make it the current one, as the adapters do; give the token back to `reset`."""
        return HOLDER.set(None if exchange is None else holding(exchange))

    def reset(self, token: Token[Holder | None]) -> None:
        """Back to what was before."""
        HOLDER.reset(token)


CURRENT = Current()
