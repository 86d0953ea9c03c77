"""Root secrets, and the keys that are derived from them: one secret to keep, any number of keys to use."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from secrets import token_bytes
from typing import Final, NoReturn, final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from hauberk.core.errors import ConfigurationError
from hauberk.core.log import LOGGER
from hauberk.crypto.strength import weakness

VARIABLE: Final = "HAUBERK_SECRET"
FIX: Final = f"run `hauberk secret` and set {VARIABLE} to what it prints"
HIDDEN: Final = "(hidden)"


@final
class Secrets:
    """Root secrets in order: the first signs and seals, every one verifies and opens, so that a secret can be changed.

    To change one, put the new secret first, and take the old one away once all that it sealed has run out.
    Keys for each purpose come from HKDF-SHA256 (RFC 5869), so that no key tells anything of another or of the secret.
    Neither `repr` nor pickling nor an error message ever shows a secret.
    """

    __slots__ = ("_derived", "_roots")

    def __init__(self, roots: Iterable[bytes], *, field: str = VARIABLE) -> None:
        self._roots = tuple(roots)
        self._derived: dict[tuple[str, int], tuple[bytes, ...]] = {}
        if not self._roots:
            raise ConfigurationError(field, None, "is not set, and nothing can be signed or sealed without it", FIX)
        for number, root in enumerate(self._roots, 1):
            problem = weakness(root)
            if problem:
                where = f"secret {number} of {len(self._roots)} " * (len(self._roots) > 1)
                raise ConfigurationError(field, HIDDEN, where + problem, FIX)
        if len(set(self._roots)) < len(self._roots):
            raise ConfigurationError(field, HIDDEN, "holds the same secret twice", "leave one of them out")

    @classmethod
    def of(cls, given: str | Iterable[str | bytes], *, field: str = VARIABLE) -> Secrets:
        """From a text with commas between several secrets, or from a sequence of them, the current one first.

        Raises ConfigurationError, without the secret, for one that is short, repeats itself or is a placeholder.
        """
        several = [piece.strip() for piece in given.split(",") if piece.strip()] if isinstance(given, str) else given
        roots = [root.encode() if isinstance(root, str) else root for root in several]
        if not all(isinstance(root, bytes) for root in roots):
            raise ConfigurationError(field, HIDDEN, "is neither a text nor a sequence of texts or bytes", FIX)
        return cls(roots, field=field)

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Secrets:
        """From `HAUBERK_SECRET`, several with commas between. Raises ConfigurationError if it is missing or weak."""
        return cls.of(environ.get(VARIABLE, ""))

    @classmethod
    def ephemeral(cls) -> Secrets:
        """A secret of this process alone, for development: what it signed is void after a restart, and in any other
        worker. Says so in the log."""
        LOGGER.log(
            logging.WARNING,
            "%s is not set: a secret was made up for this process. Sessions and tokens end with it, and no other "
            "worker accepts them; before going live, %s",
            VARIABLE,
            FIX,
        )
        return cls((token_bytes(32),))

    def keys(self, purpose: str, length: int = 32) -> tuple[bytes, ...]:
        """The keys for one purpose, one for each secret and in their order; `length` octets each. Kept once derived."""
        found = self._derived.get((purpose, length))
        if found is None:
            # The length belongs to the purpose: else the shorter key would be the beginning of the longer one.
            info = f"hauberk/1/{purpose}/{length}".encode()
            found = tuple(HKDF(SHA256(), length, None, info).derive(root) for root in self._roots)
            self._derived[purpose, length] = found
        return found

    def __repr__(self) -> str:
        return f"Secrets({len(self._roots)} {HIDDEN})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("secrets are not written to pickles")
