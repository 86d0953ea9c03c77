"""Signing: anybody can read it, and nobody without the key can make or change it."""

from __future__ import annotations

import hmac
from typing import NoReturn, final

from hauberk.core.errors import ConfigurationError
from hauberk.crypto.framing import framed


@final
class Signer:
    """HMAC-SHA256 (RFC 2104) under the first key, never cut short; verifies under any of them."""

    __slots__ = ("_keys",)

    def __init__(self, keys: tuple[bytes, ...]) -> None:
        if not keys or any(len(key) < 32 for key in keys):
            raise ConfigurationError("Signer.keys", "(hidden)", "must be one or more keys of at least 32 octets")
        self._keys = keys

    def sign(self, message: bytes, context: bytes) -> bytes:
        """The signature, 32 octets. `context` says what and whose it is, and must be the same to verify."""
        return hmac.digest(self._keys[0], framed(context, message), "sha256")

    def verify(self, message: bytes, context: bytes, signature: bytes) -> bool:
        """Whether one of the keys made this signature. Takes the same time whichever it was, and if none (CWE-208)."""
        text = framed(context, message)
        found = False
        for key in self._keys:
            found |= hmac.compare_digest(hmac.digest(key, text, "sha256"), signature)
        return found

    def signed_with_old_key(self, message: bytes, context: bytes, signature: bytes) -> bool:
        """Whether what `verify` has just accepted should be signed again, as its key is no longer the first."""
        return not hmac.compare_digest(self.sign(message, context), signature)

    def __repr__(self) -> str:
        return f"Signer({len(self._keys)} keys)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("keys are not written to pickles")
