"""Asking a server on this very machine. Any other host is refused: nothing proves that it is yours."""

from __future__ import annotations

import http.client
import socket
import ssl
from contextlib import closing
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from hauberk.core.errors import ConfigurationError, InputError
from hauberk.scan.headers.visiting import Place, Scheme
from hauberk.scan.messages import Request, Response

MAX_BODY = 2 << 20
"""Octets of a body that are read; the rest is left."""
TIMEOUT = 10.0
"""Seconds for one answer."""


@dataclass(frozen=True, slots=True)
class Loopback:
    """A server at an address of this machine's own."""

    host: str
    address: str
    """Resolved once, so that the name cannot lead elsewhere later."""
    ports: dict[Scheme, int]
    path: str = "/"
    """Path and query of the URL."""
    tls: dict[bool, ssl.SSLContext] = field(default_factory=dict)
    """Verifying and not."""

    @classmethod
    def of(
        cls, url: str, *, http_port: int | None = None, https_port: int | None = None, ca: Path | None = None
    ) -> Loopback:
        """Read a URL. `http_port` and `https_port` say where the other scheme answers; `ca` whom to trust besides.

        Raises InputError for a host that is not this machine, and ConfigurationError for a file of certificates that
        cannot be read.
        """
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port
        except ValueError as error:
            raise InputError(url, f"is no URL: {error}", "write it as http://127.0.0.1:8000/") from error
        if parts.scheme not in {"http", "https"} or not host:
            raise InputError(url, "is neither an http nor an https URL", "write it as http://127.0.0.1:8000/")
        address = _loopback(url, host)
        ports: dict[Scheme, int] = {}
        if parts.scheme == "http":
            ports["http"] = http_port or port or 80
        elif http_port or (port or 443) == 443:
            ports["http"] = http_port or 80
        if parts.scheme == "https":
            ports["https"] = https_port or port or 443
        elif https_port or (port or 80) == 80:
            ports["https"] = https_port or 443
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return cls(host, address, ports, path, {True: _context(ca), False: _trusting()})

    def place(self) -> Place:
        """The place, once the certificate was looked at."""
        return Place(
            host=self.host,
            http_port=_unusual(self.ports.get("http"), 80),
            https_port=_unusual(self.ports.get("https"), 443),
            certificate_verified=self._verifies(),
        )

    def send(self, scheme: Scheme, request: Request) -> Response | None:
        """One request, one answer; None where nothing listens or what listens does not speak that scheme.

        The certificate does not matter here: that it does not verify is part of the judgement, not a reason to stop.
        """
        if scheme not in self.ports:
            return None
        try:
            with closing(self._connection(scheme)) as connection:
                connection.request(
                    request.method, request.target, body=request.body or None, headers=self._fields(scheme, request)
                )
                reply = connection.getresponse()
                body = reply.read(MAX_BODY)
        except (OSError, http.client.HTTPException):
            return None
        headers = tuple((name.lower(), value) for name, value in reply.getheaders())
        return Response(status=reply.status, headers=headers, body=body, truncated=len(body) == MAX_BODY)

    def _fields(self, scheme: Scheme, request: Request) -> dict[str, str]:
        port = _unusual(self.ports[scheme], 80 if scheme == "http" else 443)
        name = f"[{self.host}]" if ":" in self.host else self.host
        host = name + (f":{port}" if port else "")
        return {"host": host, "accept-encoding": "identity", **dict(request.headers)}

    def _connection(self, scheme: Scheme, *, verify: bool = False) -> http.client.HTTPConnection:
        plain = http.client.HTTPConnection(self.address, self.ports[scheme], timeout=TIMEOUT)
        if scheme == "https":
            made = socket.create_connection((self.address, self.ports[scheme]), TIMEOUT)
            try:
                plain.sock = self.tls[verify].wrap_socket(made, server_hostname=self.host)
            except OSError:
                made.close()
                raise
        return plain

    def _verifies(self) -> bool:
        """Whether a client would take the certificate; a port where nothing listens has none to refuse."""
        if "https" not in self.ports:
            return True
        try:
            self._connection("https", verify=True).close()
        except ssl.SSLCertVerificationError:
            return False
        except OSError:
            return True
        return True


def _loopback(url: str, host: str) -> str:
    """The address to ask. A name that leads anywhere else, or nowhere, is not ours."""
    try:
        found = {str(info[4][0]) for info in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError):
        found = set()
    if not found or not all(ip_address(address.partition("%")[0]).is_loopback for address in found):
        raise InputError(
            url,
            f"{host} is not this machine, and nothing proves that it is yours",
            "grade the application itself as module:app, or a server on 127.0.0.1",
        )
    return min(found, key=lambda address: ":" in address)


def _unusual(port: int | None, usual: int) -> int | None:
    return None if port == usual else port


def _context(ca: Path | None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if ca is not None:
        try:
            context.load_verify_locations(cafile=str(ca))
        except OSError as error:
            raise ConfigurationError("--ca", str(ca), f"cannot be read: {error}", "give a file in PEM form") from error
    return context


def _trusting() -> ssl.SSLContext:
    """Takes any certificate: of this machine's own server, asked only for its headers."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
