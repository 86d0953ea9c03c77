"""scrypt (RFC 7914): memory-hard, and in the standard library everywhere."""

from __future__ import annotations

import re
from dataclasses import dataclass
from os import urandom
from typing import Final

from hauberk.auth.passwords.encodings import b64_bare
from hauberk.auth.passwords.importers.scrypt import scrypt
from hauberk.auth.passwords.vault import Vault
from hauberk.core.errors import ConfigurationError

REST: Final = re.compile(r"[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scrypt:
    """`$scrypt$ln=17,r=8,p=1$salt$hash`; the OWASP Password Storage Cheat Sheet's first choice of numbers."""

    log_n: int = 17
    """The power of two of N; with r=8, 17 takes 128 MiB."""
    r: int = 8
    p: int = 1

    def __post_init__(self) -> None:
        if self.r < 8 or self.p < 1 or not 13 <= self.log_n <= 20 or self.p << self.log_n < 5 << 14:
            # OWASP's list trades N for p down to 2**13 with p=10.
            raise ConfigurationError(
                "Scrypt.log_n", self.log_n, "is not a cost that protects", "use Scrypt(), or log_n=16 with p=2"
            )

    def head(self) -> str:
        """How our hashes begin."""
        return f"$scrypt$ln={self.log_n},r={self.r},p={self.p}$"

    def hash(self, password: bytes, vault: Vault, user: str) -> str:
        """A new hash."""
        salt = urandom(16)
        return f"{self.head()}{b64_bare(salt)}${b64_bare(scrypt(salt, 1 << self.log_n, self.r, self.p, 32, password))}"

    def current(self, stored: str, vault: Vault) -> bool:
        """Same cost."""
        return stored.startswith(self.head()) and REST.fullmatch(stored, len(self.head())) is not None

    def decoy(self, vault: Vault) -> str:
        """Random salt, random hash."""
        return f"{self.head()}{b64_bare(urandom(16))}${b64_bare(urandom(32))}"

    def memory(self) -> int:
        """KiB."""
        return self.r << self.log_n >> 3
