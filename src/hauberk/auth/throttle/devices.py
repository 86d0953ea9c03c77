"""Signed marks: devices on which somebody has logged in before, and logins that wait for a second factor."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from dataclasses import dataclass
from secrets import token_bytes
from typing import Final, final

from hauberk.crypto.framing import framed
from hauberk.crypto.signing import Signer

ID: Final = 16
TIME: Final = 8
LENGTH: Final = ID + TIME + 32
TEXT: Final = 4 * -(-LENGTH // 3) - 1
"""Characters of one mark: 56 octets in Base64 without padding."""
SKEW: Final = 7_200
"""Seconds by which a clock may be set back, or those of two servers differ: our own marks stay good then."""
ACCOUNTS: Final = 5
"""How many accounts one browser may be known to."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What a mark that we signed says."""

    id: str
    """32 hexadecimal digits."""
    text: str
    """As it was sent."""


@final
class Marks:
    """Marks of one kind, each for one account and for some time. Who copies one has what its owner has, and no more."""

    __slots__ = ("_kind", "_lifetime", "_signer")

    def __init__(self, signer: Signer, kind: str, lifetime: float) -> None:
        self._signer, self._kind, self._lifetime = signer, kind.encode(), lifetime

    def make(self, account: str, now: float, id: str = "") -> str:
        """A mark for an account, with a new random id or the one given."""
        body = (bytes.fromhex(id) if id else token_bytes(ID)) + int(now).to_bytes(TIME, "big")
        signature = self._signer.sign(body, framed(self._kind, account.encode()))
        return urlsafe_b64encode(body + signature).rstrip(b"=").decode()

    def read(self, text: str, account: str, now: float) -> Mark | None:
        """The mark, if it is ours, for this account, and of an age that counts."""
        if len(text) != TEXT or not text.isascii():
            return None
        try:
            raw = urlsafe_b64decode(text + "=")
        except (Base64Error, ValueError):
            return None
        body, signature = raw[: ID + TIME], raw[ID + TIME :]
        if len(raw) != LENGTH or not self._signer.verify(body, framed(self._kind, account.encode()), signature):
            return None
        age = now - int.from_bytes(body[ID:], "big")
        return Mark(body[:ID].hex(), text) if -SKEW <= age <= self._lifetime else None

    def first(self, cookie: str, account: str, now: float) -> Mark | None:
        """The mark for this account among those of a cookie."""
        for text in cookie[: ACCOUNTS * (TEXT + 1)].split("."):
            if (found := self.read(text, account, now)) is not None:
                return found
        return None

    @staticmethod
    def joined(new: str, cookie: str, replaced: str = "") -> str:
        """The new mark, and those of a cookie that are for other accounts."""
        old = [text for text in cookie[: ACCOUNTS * (TEXT + 1)].split(".") if len(text) == TEXT and text != replaced]
        # What came from a client goes back into a cookie: only what Base64 can hold.
        kept = [text for text in old if text.isascii() and text.replace("-", "").replace("_", "").isalnum()]
        return ".".join([new, *kept][:ACCOUNTS])
