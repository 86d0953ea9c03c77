"""A URL as the target of a scan: resolved once, loopback unless ownership is proven, never left."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from hauberk.core.errors import ConfigurationError, InputError
from hauberk.scan.socket_transport import SocketTransport
from hauberk.scan.transport import Wire

EXAMPLE = "write it as http://127.0.0.1:8000/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Where a scan goes."""

    scheme: Literal["http", "https"]
    host: str
    """Without a port."""
    port: int
    address: str
    """The one address that every connection goes to."""
    target: str
    """Path and query to begin with."""

    @property
    def is_loopback(self) -> bool:
        """Whether it is this very machine."""
        return ip_address(self.address).is_loopback

    def transport(self, *, ca: Path | None = None, timeout: float = 10.0) -> SocketTransport:
        """Connects to it. On this machine any certificate will do; elsewhere it has to verify."""
        name = f"[{self.host}]" if ":" in self.host else self.host
        usual = self.port == (443 if self.scheme == "https" else 80)
        wire = Wire(scheme=self.scheme, host=name + ("" if usual else f":{self.port}"), timeout=timeout)
        return SocketTransport(wire, self.address, self.port, self._tls(ca) if self.scheme == "https" else None)

    def _tls(self, ca: Path | None) -> ssl.SSLContext:
        context = ssl.create_default_context()
        if ca is not None:
            try:
                context.load_verify_locations(cafile=str(ca))
            except OSError as error:
                raise ConfigurationError(
                    "--ca", str(ca), f"cannot be read: {error}", "give a file in PEM form"
                ) from error
        elif self.is_loopback:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context


def site(url: str) -> Site:
    """Read and resolve a URL. Raises InputError if it is none, or its host is unknown."""
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError as error:
        raise InputError(url, f"is no URL: {error}", EXAMPLE) from error
    if parts.scheme not in {"http", "https"} or not host:
        raise InputError(url, "is neither an http nor an https URL", EXAMPLE)
    if parts.username is not None:
        raise InputError(url.replace(parts.netloc, parts.netloc.rpartition("@")[2]), "names a user", EXAMPLE)
    scheme: Literal["http", "https"] = "https" if parts.scheme == "https" else "http"
    number = port or (443 if scheme == "https" else 80)
    return Site(
        scheme=scheme,
        host=host,
        port=number,
        address=_address(url, host, number),
        target=(parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
    )


def _address(url: str, host: str, port: int) -> str:
    try:
        found = [str(info[4][0]).partition("%")[0] for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError) as error:
        raise InputError(url, f"{host} has no address", "check the name") from error
    # A name that leads to this machine and elsewhere counts as elsewhere.
    return min(found, key=lambda address: (ip_address(address).is_loopback, ":" in address))
