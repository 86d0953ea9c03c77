"""How new passwords are hashed. Each scheme is its own options; four of them have a name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

from hauberk.auth.passwords.schemes.argon2id import Argon2id
from hauberk.auth.passwords.schemes.bcrypt import Bcrypt
from hauberk.auth.passwords.schemes.layered import Layered
from hauberk.auth.passwords.schemes.scrypt import Scrypt
from hauberk.auth.passwords.vault import Vault

__all__ = ["BY_NAME", "Argon2id", "Bcrypt", "Layered", "Scheme", "Scrypt"]


class Scheme(Protocol):
    """What `Passwords` needs of a scheme."""

    def hash(self, password: bytes, vault: Vault, user: str) -> str:
        """A new stored hash with a new salt."""

    def current(self, stored: str, vault: Vault) -> bool:
        """Whether it was made by this scheme, at this cost, under the current pepper."""

    def decoy(self, vault: Vault) -> str:
        """A stored hash of no password, to be checked where there is none: it costs the same."""

    def memory(self) -> int:
        """KiB that one computation takes."""


BY_NAME: Final[dict[str, Callable[[], Scheme]]] = {
    "argon2id": Argon2id,
    "bcrypt": Bcrypt,
    "scrypt": Scrypt,
    "layered": Layered,
}
