"""Whose host it is: a signed statement that only its owner can put there, and that runs out.

    hauberk-ownership v1 host=shop.example until=2027-01-31T00:00:00Z by=<signature>

The signature is made with the scanning side's own secret, so that nobody can use the statement of somebody else, and
the host serves it, or its zone in DNS does, so that whoever asks for a scan has shown that the host is his.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from hauberk.core.errors import ConfigurationError, InputError
from hauberk.scan.dns_statement import PREFIX, Lookup, NoStatementError, texts
from hauberk.scan.messages import Request
from hauberk.scan.transport import Transport

PATH = "/.well-known/hauberk-ownership.txt"
"""Where the host serves the statement (RFC 8615)."""
LONGEST = timedelta(days=90)
PURPOSE = "scan-ownership"
_LINE = re.compile(
    r"hauberk-ownership v1 host=(?P<host>[^\s]{1,255}) until=(?P<until>[0-9TZ:-]{20}) by=(?P<by>[\w-]{43})"
)


class Signs(Protocol):
    """What `hauberk.crypto` makes of a secret, for the purpose `PURPOSE`."""

    def sign(self, message: bytes, context: bytes) -> bytes:
        """The signature."""

    def verify(self, message: bytes, context: bytes, signature: bytes) -> bool:
        """Whether it is one of ours."""


@dataclass(frozen=True, slots=True)
class Statement:
    """That a host may be scanned until a time."""

    host: str
    """Without a port, in lower case."""
    until: datetime

    def line(self, signer: Signs) -> str:
        """As it is served, signed."""
        signature = signer.sign(self._message(), PURPOSE.encode())
        return f"{self._text()} by={urlsafe_b64encode(signature).decode().rstrip('=')}"

    def _text(self) -> str:
        return f"hauberk-ownership v1 host={self.host} until={self.until:%Y-%m-%dT%H:%M:%SZ}"

    def _message(self) -> bytes:
        return self._text().encode("ascii", "replace")


def state(host: str, days: int, signer: Signs, now: datetime) -> str:
    """A statement for a host, good for so many days. Raises ConfigurationError for more than 90 days."""
    if not host or not host.isascii() or any(c in host for c in " /:@\r\n\t?#"):
        raise ConfigurationError("host", host, "is not a bare host name", "write it as shop.example, without a port")
    if not 0 < days <= LONGEST.days:
        raise ConfigurationError("--days", days, f"is not between 1 and {LONGEST.days}")
    return Statement(host.lower(), (now + timedelta(days=days)).replace(microsecond=0)).line(signer)


def problem_of(text: str, host: str, signer: Signs, now: datetime) -> str:
    """Why the text does not prove that the host may be scanned; empty if it does."""
    problem = "it holds no statement of ownership"
    for line in text.splitlines()[:20]:
        found = _LINE.fullmatch(line.strip())
        if found is not None:
            problem = _problem(found, host, signer, now)
            if not problem:
                return ""
    return problem


def _problem(found: re.Match[str], host: str, signer: Signs, now: datetime) -> str:
    try:
        until = datetime.strptime(found["until"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        return "its time is none"
    statement = Statement(found["host"].lower(), until)
    signature = urlsafe_b64decode(found["by"] + "=")
    if not signer.verify(statement._message(), PURPOSE.encode(), signature):
        return "it was not signed with this HAUBERK_SECRET"
    if statement.host != host.lower():
        return f"it is for {statement.host}"
    if until <= now:
        return f"it ran out at {found['until']}"
    return "it is good for longer than 90 days" if until > now + LONGEST else ""


def require(transport: Transport, host: str, signer: Signs, now: datetime, lookup: Lookup | None = None) -> None:
    """Ask the host for its statement, then its zone. Raises InputError if neither has one that holds.

    `lookup` asks for TXT records; without it, the system's resolvers are asked.
    """
    answer = transport.send(Request(target=PATH, headers=(("user-agent", "hauberk-scan"),)))
    served = problem_of(answer.text[:10_000], host, signer, now) if answer.status == 200 else f"it is {answer.status}"
    if not served:
        return
    try:
        zone = problem_of("\n".join(texts(host, lookup)), host, signer, now)
    except NoStatementError as none:
        zone = str(none)
    if zone:
        raise InputError(
            transport.wire.origin,
            f"is not this machine, and nothing proves that it is yours: {transport.wire.origin}{PATH}: {served}; "
            f"TXT {PREFIX}{host}: {zone}",
            f"run `hauberk own {host}`, and serve what it prints there, or put it into that TXT record",
        )
