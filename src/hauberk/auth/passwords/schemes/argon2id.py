"""Argon2id (RFC 9106), with the pepper as its native secret."""

from __future__ import annotations

import re
from dataclasses import dataclass
from os import urandom
from typing import Final

from cryptography.hazmat.primitives.kdf.argon2 import Argon2id as Primitive

from hauberk.auth.passwords.encodings import b64_bare
from hauberk.auth.passwords.importers.argon2 import derive
from hauberk.auth.passwords.vault import Vault
from hauberk.core.errors import ConfigurationError

SALT: Final = 16
TAG: Final = 32
REST: Final = re.compile(r"[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Argon2id:
    """Memory-hard: what a graphics card is bad at. Start from a profile; raise it while logins stay quick."""

    memory_cost: int = 19_456
    """KiB."""
    iterations: int = 2
    lanes: int = 1

    def __post_init__(self) -> None:
        if self.memory_cost * self.iterations < 7_168 * 5 or self.memory_cost < 7_168:
            # OWASP's list goes down to 7 MiB with 5 iterations.
            raise ConfigurationError(
                "Argon2id.memory_cost", self.memory_cost, "is less than any standard allows", "use Argon2id.owasp()"
            )
        if not 1 <= self.lanes <= 64 or self.iterations < 1:
            raise ConfigurationError("Argon2id.lanes", self.lanes, "is not between 1 and 64")

    @classmethod
    def owasp(cls) -> Argon2id:
        """19 MiB, 2 iterations, 1 lane: the OWASP Password Storage Cheat Sheet. Good where many log in at once."""
        return cls()

    @classmethod
    def rfc9106_first(cls) -> Argon2id:
        """2 GiB, 1 iteration, 4 lanes: RFC 9106 section 4, first option. For few logins on big machines."""
        return cls(memory_cost=2_097_152, iterations=1, lanes=4)

    @classmethod
    def rfc9106_second(cls) -> Argon2id:
        """64 MiB, 3 iterations, 4 lanes: RFC 9106 section 4, second option, where memory is scarce."""
        return cls(memory_cost=65_536, iterations=3, lanes=4)

    def head(self, vault: Vault) -> str:
        """How our hashes begin."""
        pepper = f",keyid={vault.argon2_id}" if vault.argon2_id else ""
        return f"$argon2id$v=19$m={self.memory_cost},t={self.iterations},p={self.lanes}{pepper}$"

    def hash(self, password: bytes, vault: Vault, user: str) -> str:
        """A PHC string; with a pepper, its id stands there as `keyid`."""
        salt = urandom(SALT)
        cost = self.memory_cost, self.iterations, self.lanes
        tag = derive(Primitive, salt, cost, TAG, None, vault.argon2.get(vault.argon2_id), password)
        return f"{self.head(vault)}{b64_bare(salt)}${b64_bare(tag)}"

    def current(self, stored: str, vault: Vault) -> bool:
        """Same cost, same pepper, salt and tag of our length."""
        head = self.head(vault)
        return stored.startswith(head) and REST.fullmatch(stored, len(head)) is not None

    def decoy(self, vault: Vault) -> str:
        """Random salt, random tag."""
        return f"{self.head(vault)}{b64_bare(urandom(SALT))}${b64_bare(urandom(TAG))}"

    def memory(self) -> int:
        """KiB."""
        return self.memory_cost
