"""Sealing: nobody without the key can read what is sealed, nor change it, nor use it in another place."""

from __future__ import annotations

import hmac
from os import urandom
from typing import Final, NoReturn, final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hauberk.core.errors import ConfigurationError, UnsealError
from hauberk.crypto.framing import framed

VERSION: Final = b"\x01"
ID: Final = 4
NONCE: Final = 12
TAG: Final = 16
HEAD: Final = len(VERSION) + ID + NONCE
_NONCE_AT: Final = HEAD - NONCE
OVERHEAD: Final = HEAD + TAG
"""Octets that sealing adds."""


def key_id(key: bytes) -> bytes:
    """Four octets that name a key without telling anything of it."""
    return hmac.digest(key, b"hauberk/1/key id", "sha256")[:ID]


@final
class Sealer:
    """AES-256-GCM (NIST SP 800-38D) under the first key; opens under any of them.

    Sealed bytes are: version (1), key id (4), random nonce (12), ciphertext, tag (16); the head is authenticated.
    A key is good for 2**32 seals with random nonces (SP 800-38D, 8.3): change the secret well before.
    """

    __slots__ = ("_by_id", "_current", "_seal")

    def __init__(self, keys: tuple[bytes, ...]) -> None:
        if not keys or any(len(key) != 32 for key in keys):
            raise ConfigurationError("Sealer.keys", "(hidden)", "must be one or more keys of 32 octets")
        self._current = key_id(keys[0])
        self._by_id: dict[bytes, list[AESGCM]] = {}
        for key in keys:
            self._by_id.setdefault(key_id(key), []).append(AESGCM(key))
        self._seal = self._by_id[self._current][0]

    def seal(self, plain: bytes, context: bytes) -> bytes:
        """Seal under the first key. `context` says what and whose it is (see `framed`), and opens it again."""
        nonce = urandom(NONCE)
        head = VERSION + self._current
        return head + nonce + self._seal.encrypt(nonce, plain, framed(head, context))

    def open(self, sealed: bytes, context: bytes) -> bytes:
        """What was sealed. Raises UnsealError for anything that was not sealed with these keys and this context."""
        if len(sealed) < OVERHEAD or not sealed.startswith(VERSION):
            raise UnsealError
        head, nonce = sealed[: HEAD - NONCE], sealed[HEAD - NONCE : HEAD]
        for cipher in self._by_id.get(head[len(VERSION) :], ()):
            try:
                return cipher.decrypt(nonce, sealed[HEAD:], framed(head, context))
            except InvalidTag:
                continue
        raise UnsealError

    def sealed_with_old_key(self, sealed: bytes) -> bool:
        """Whether what `open` has just opened should be sealed again, as its key is no longer the first."""
        return sealed[len(VERSION) : HEAD - NONCE] != self._current

    def knows(self, sealed: bytes) -> bool:
        """Whether the key that it names is one of these: then what does not open was altered, or is not for here."""
        return sealed[len(VERSION) : HEAD - NONCE] in self._by_id

    def within(self, context: bytes) -> Within:
        """The same for one context that comes up again and again: what is framed once need not be each time."""
        return Within(self._seal, self._current, self._by_id, context)

    def __repr__(self) -> str:
        return f"Sealer({sum(map(len, self._by_id.values()))} keys)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("keys are not written to pickles")


@final
class Within:
    """A Sealer for one context. What it seals, the Sealer opens with that context, and the other way round."""

    __slots__ = ("_decrypt", "_encrypt", "_framed", "_head", "_open")

    def __init__(self, cipher: AESGCM, current: bytes, by_id: dict[bytes, list[AESGCM]], context: bytes) -> None:
        self._head = VERSION + current
        self._encrypt, self._decrypt, self._framed = cipher.encrypt, cipher.decrypt, framed(self._head, context)
        self._open = {
            VERSION + name: ([one.decrypt for one in ciphers], framed(VERSION + name, context))
            for name, ciphers in by_id.items()
        }

    def seal(self, plain: bytes) -> bytes:
        """See `Sealer.seal`."""
        nonce = urandom(NONCE)
        return self._head + nonce + self._encrypt(nonce, plain, self._framed)

    def open(self, sealed: bytes) -> tuple[bytes, bool]:
        """See `Sealer.open` and `Sealer.sealed_with_old_key`: what was sealed, and whether by an older key."""
        head = sealed[:_NONCE_AT]
        if head == self._head and len(sealed) >= OVERHEAD:  # nearly always: the first key is tried before any list
            try:
                return self._decrypt(sealed[_NONCE_AT:HEAD], sealed[HEAD:], self._framed), False
            except InvalidTag:
                pass  # another key may have the same id
        if head in self._open and len(sealed) >= OVERHEAD:
            decrypts, aside = self._open[head]
            for decrypt in decrypts:
                try:
                    return decrypt(sealed[_NONCE_AT:HEAD], sealed[HEAD:], aside), head != self._head
                except InvalidTag:
                    continue
        raise UnsealError

    def __reduce__(self) -> NoReturn:
        raise TypeError("keys are not written to pickles")
