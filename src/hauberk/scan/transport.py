"""How a request gets to the application: called directly, without a socket, while guard's sinks are watched."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from types import TracebackType
from typing import Literal, Protocol, Self
from urllib.parse import unquote_to_bytes

from hauberk.core.errors import ConfigurationError
from hauberk.scan.messages import Request, Response


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """What every transport needs to know: where the application believes it is, and how much it may answer."""

    scheme: Literal["http", "https"] = "https"
    """https, so that Secure cookies come back."""
    host: str = "testserver"
    """The Host field, with a port if it is not the scheme's own."""
    max_body: int = 2 << 20
    """Octets of a body that are read; the rest is left."""
    timeout: float = 10.0
    """Seconds for one answer."""

    def __post_init__(self) -> None:
        if self.scheme not in ("http", "https"):
            raise ConfigurationError("scheme", self.scheme, "is neither 'http' nor 'https'")
        if not self.host or any(character in self.host for character in " /\\?#@\r\n"):
            raise ConfigurationError("host", self.host, "is not a host with an optional port")
        if self.max_body <= 0 or self.timeout <= 0:
            raise ConfigurationError("max_body, timeout", (self.max_body, self.timeout), "must be more than 0")

    @property
    def origin(self) -> str:
        """Scheme, host and port, as a browser writes an origin."""
        return f"{self.scheme}://{self.host}"

    @property
    def name(self) -> str:
        """The host without its port."""
        return self.host.rpartition(":")[0] or self.host if not self.host.endswith("]") else self.host

    @property
    def port(self) -> int:
        """The port, given or the scheme's own."""
        _, _, port = self.host.rpartition("]")[2].rpartition(":")
        return int(port) if port.isdigit() and ":" in self.host else {"http": 80, "https": 443}[self.scheme]


class GoneError(Exception):
    """The target does not answer any more; the engine ends the scan and says so."""


class Transport(Protocol):
    """Sends a request and hands back what came of it. A context manager: the application is started and stopped."""

    wire: Wire
    senses: bool
    """Whether guard's sensors see what the application does meanwhile."""

    def send(self, request: Request) -> Response:
        """One request, one response. An exception of the application is a response with status 500 and `error`."""

    def __enter__(self) -> Self:
        """Start the application."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop it."""


def decoded_path(request: Request) -> str:
    """The path as servers hand it to an ASGI application."""
    path = request.path
    return unquote_to_bytes(path).decode("utf-8", "replace") if "%" in path or not path.isascii() else path


def all_headers(wire: Wire, request: Request) -> Iterable[tuple[str, str]]:
    """The fields that go out: those of the request, the host (another one where it is given), and the body's length."""
    yield "host", request.header("host") or wire.host
    yield from (pair for pair in request.headers if pair[0] != "host")
    if request.body or request.method in {"POST", "PUT", "PATCH"}:
        yield "content-length", str(len(request.body))


def describe(error: BaseException) -> str:
    """An exception in one line: its class, its words, and where it was raised."""
    trace, where = error.__traceback__, ""
    while trace is not None:
        where = f" ({trace.tb_frame.f_code.co_filename}:{trace.tb_lineno})"
        trace = trace.tb_next
    return f"{type(error).__name__}: {str(error)[:500]}{where}"
