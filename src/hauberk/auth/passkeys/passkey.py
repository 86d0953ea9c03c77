"""`Passkey`: what a table keeps of one, and why one is not accepted."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from dataclasses import dataclass
from typing import Literal

from hauberk.core.errors import HauberkError

Reason = Literal["challenge", "malformed", "cross-origin", "credential", "user", "counter", "refused"]


class PasskeyError(HauberkError):
    """A ceremony did not succeed. Tell the client no more than that; `reason` and the message are for the log.

    `challenge`: none is under way by this id, or it was used, or its time is over. `malformed`: not what a browser
    sends. `cross-origin`: made inside a frame of another site. `credential`: not one that was asked for.
    `user`: somebody else's. `counter`: it went back, so the passkey may have been copied. `refused`: anything else
    that WebAuthn forbids, such as another origin or a wrong signature.
    """

    def __init__(self, reason: Reason, problem: str) -> None:
        self.reason = reason
        super().__init__(f"{reason}: {problem}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Passkey:
    """One passkey of one user. Nothing of it is secret; whoever can change it can log in as its user."""

    id: str
    """The credential's id, in Base64 for URLs: make it the key of the table, so that it is nobody else's."""
    user: str
    public_key: bytes
    """As COSE key (RFC 9052)."""
    counter: int
    """How often it was used, as it says itself; 0 for ever where it is synchronised between devices."""
    synchronised: bool
    """Whether it is kept in more than one place, so that a lost device loses nothing."""
    transports: tuple[str, ...] = ()
    model: str = ""
    """The authenticator's AAGUID; zeros where it does not tell."""

    def dump(self) -> str:
        """As JSON, for one column of a table."""
        members = {name: getattr(self, name) for name in ("id", "user", "counter", "synchronised", "model")}
        return json.dumps({**members, "transports": self.transports, "public_key": encoded(self.public_key)})

    @classmethod
    def load(cls, text: str) -> Passkey:
        """What `dump` wrote. Raises PasskeyError."""
        try:
            found = json.loads(text)
            return cls(
                id=str(found["id"]),
                user=str(found["user"]),
                public_key=decoded(found["public_key"]),
                counter=int(found["counter"]),
                synchronised=bool(found["synchronised"]),
                transports=tuple(map(str, found["transports"])),
                model=str(found["model"]),
            )
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise PasskeyError("malformed", f"no passkey was stored here ({type(error).__name__})") from None


def encoded(octets: bytes) -> str:
    """Base64 for URLs without padding, as everywhere in WebAuthn."""
    return urlsafe_b64encode(octets).rstrip(b"=").decode()


def decoded(text: object) -> bytes:
    """The octets of a text in it; raises ValueError or TypeError for anything else."""
    if not isinstance(text, str):
        raise TypeError("is no text")
    try:
        octets = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    except Base64Error as error:
        raise ValueError(str(error)) from None
    if encoded(octets) != text:
        raise ValueError("is not Base64 for URLs")
    return octets
