"""What a family of refresh tokens is in the store, and what a caller sees of it."""

from __future__ import annotations

import hmac
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from secrets import token_bytes
from typing import Any, Self

import msgspec

from hauberk.auth.tokens.encoding import decode, encode
from hauberk.auth.tokens.errors import TokenError
from hauberk.core.errors import UnsealError
from hauberk.crypto.sealing import Sealer

PREFIX = "hr1_"
"""So that scanners for secrets, and people, know one when they see it."""
FAMILY, SECRET = 16, 32
LENGTH = len(PREFIX) + 64
CONTEXT = b"refresh successor"
HASH = 32
_TIME = struct.Struct(">d")


def is_refresh(token: object) -> bool:
    """Whether it says itself that it is a refresh token of ours."""
    return isinstance(token, str) and token.startswith(PREFIX)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """What a client gets: an access token for requests, and a refresh token for the next pair."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    expires_in: int
    """Seconds until the access token ends."""
    subject: str
    family: str
    """The family's name in lists and logs; `sid` in the access token."""

    def as_json(self) -> dict[str, Any]:
        """The answer of a token endpoint (RFC 6749, section 5.1); send it with `Cache-Control: no-store`."""
        return {
            "access_token": self.access,
            "token_type": "Bearer",
            "expires_in": self.expires_in,
            "refresh_token": self.refresh,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """One login of a user, for a list of devices."""

    id: str
    user: str
    client: str
    created: float
    """Seconds since 1970, as `last_used`."""
    last_used: float


@dataclass(frozen=True, slots=True)
class Presented:
    """A text that has the form of a refresh token."""

    family: bytes
    secret: bytes = field(repr=False)

    @classmethod
    def fresh(cls, family: bytes | None = None) -> Self:
        """A new one, of a family or of its own."""
        return cls(token_bytes(FAMILY) if family is None else family, token_bytes(SECRET))

    @classmethod
    def read(cls, token: object) -> Self:
        """From what a client sent. Raises TokenError: `unknown`."""
        text = token if isinstance(token, str) and token.startswith(PREFIX) and len(token) == LENGTH else PREFIX
        try:
            octets = decode(text.removeprefix(PREFIX))
        except (ValueError, TokenError):
            octets = b""
        if len(octets) != FAMILY + SECRET:
            raise TokenError("unknown", "is no refresh token of ours")
        return cls(octets[:FAMILY], octets[FAMILY:])

    def text(self) -> str:
        """What the client gets."""
        return PREFIX + encode(self.family + self.secret)

    @property
    def id(self) -> str:
        """The family's name: tells nothing of its tokens."""
        return sha256(b"hauberk/1/refresh family\0" + self.family).hexdigest()[:32]

    @property
    def hash(self) -> bytes:
        """What the store knows of it. The secret has 256 random bits: nothing slower is needed."""
        return sha256(b"hauberk/1/refresh token\0" + self.family + self.secret).digest()

    def sealer(self) -> Sealer:
        """Opens what only this token may open."""
        return Sealer((hmac.digest(self.secret, b"hauberk/1/refresh successor", "sha256"),))


@dataclass(frozen=True, slots=True)
class Spent:
    """The mark that a token was used: when, and what came of it."""

    at: float
    successor: bytes
    """Its hash."""
    sealed: bytes
    """The successor itself, for who has the token that was spent."""

    @classmethod
    def of(cls, token: Presented, successor: Presented, at: float) -> Self:
        """A mark of this token."""
        return cls(at, successor.hash, token.sealer().seal(successor.secret, CONTEXT + token.family))

    def pack(self) -> bytes:
        """For the store."""
        return _TIME.pack(self.at) + self.successor + self.sealed

    @classmethod
    def unpack(cls, value: bytes) -> Self:
        """From the store. Raises TokenError for what is none."""
        if len(value) <= _TIME.size + HASH:
            raise TokenError("unknown", "has a mark that cannot be read")
        return cls(_TIME.unpack_from(value)[0], value[_TIME.size : _TIME.size + HASH], value[_TIME.size + HASH :])

    def open(self, token: Presented) -> Presented:
        """The successor. Raises TokenError."""
        try:
            return Presented(token.family, token.sealer().open(self.sealed, CONTEXT + token.family))
        except UnsealError:
            raise TokenError("unknown", "has a mark that cannot be read") from None


class Record:
    """The fields of a family's record."""

    __slots__ = ("fields",)

    def __init__(self, fields: Mapping[str, bytes]) -> None:
        self.fields = fields

    @staticmethod
    def new(
        user: str, token: Presented, now: float, *, client: str, thumbprint: str, claims: Mapping[str, Any]
    ) -> dict[str, bytes]:
        """Those of a new one."""
        return {
            "user": user.encode(),
            "client": client.encode(),
            "thumbprint": thumbprint.encode(),
            "claims": msgspec.json.encode(dict(claims)),
            "born": _TIME.pack(now),
            **Record.used(token, now),
        }

    @staticmethod
    def used(token: Presented, now: float) -> dict[str, bytes]:
        """What changes when it is refreshed."""
        return {"live": token.hash, "used": _TIME.pack(now)}

    @property
    def user(self) -> str:
        """Whose it is."""
        return self.fields["user"].decode()

    @property
    def client(self) -> str:
        """What it was given to; empty if it does not matter."""
        return self.fields["client"].decode()

    @property
    def thumbprint(self) -> str:
        """Of the key that must prove itself (RFC 9449); empty without one."""
        return self.fields["thumbprint"].decode()

    @property
    def claims(self) -> dict[str, Any]:
        """What access tokens of it say."""
        return msgspec.json.decode(self.fields["claims"], type=dict[str, Any])

    @property
    def born(self) -> float:
        """When it began, in seconds since 1970."""
        return float(_TIME.unpack(self.fields["born"])[0])

    @property
    def last_used(self) -> float:
        """When it was refreshed last, in seconds since 1970."""
        return float(_TIME.unpack(self.fields["used"])[0])

    @property
    def live(self) -> bytes:
        """The hash of the newest token."""
        return self.fields["live"]

    @property
    def ended(self) -> str:
        """Why it was ended; empty while it lives."""
        return self.fields.get("ended", b"").decode()
