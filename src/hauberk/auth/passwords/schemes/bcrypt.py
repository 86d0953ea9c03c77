"""bcrypt over a keyed digest: no limit of 72 octets, no end at a NUL, no use for digests stolen elsewhere."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.util import find_spec
from os import urandom
from typing import Final

from hauberk.auth.passwords.encodings import TO_BCRYPT, b64_bare
from hauberk.auth.passwords.importers.bcrypt import b64_hmac, hashpw, whole_salt
from hauberk.auth.passwords.vault import Vault
from hauberk.core.errors import ConfigurationError, MissingExtraError

REST: Final = re.compile(r"[./A-Za-z0-9]{22}\$[./A-Za-z0-9]{31}")


def new_salt() -> str:
    """Sixteen random octets as 22 letters."""
    return whole_salt(b64_bare(urandom(16)).translate(TO_BCRYPT))


def need_bcrypt(purpose: str) -> None:
    """Raise MissingExtraError unless bcrypt can be imported."""
    if find_spec("bcrypt") is None:
        raise MissingExtraError("bcrypt", "passwords", purpose)


def sane_cost(field: str, cost: int) -> None:
    """Raise ConfigurationError for a cost that is too low to protect, or too high to wait for."""
    if not 10 <= cost <= 16:
        raise ConfigurationError(field, cost, "is not between 10 and 16", "12 takes about a quarter of a second")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bcrypt:
    """`$bcrypt-sha256$v=2,...`: bcrypt over base64 of HMAC-SHA256 of the password under the salt, a published format.

    The bare `$2b$` format is read but never written: it cannot tell our hashes from those that were cut at 72 octets.
    """

    cost: int = 12
    """The power of two of rounds; OWASP asks for at least 10."""

    def __post_init__(self) -> None:
        sane_cost("Bcrypt.cost", self.cost)
        need_bcrypt("Bcrypt")

    def head(self) -> str:
        """How our hashes begin."""
        return f"$bcrypt-sha256$v=2,t=2b,r={self.cost}$"

    def hash(self, password: bytes, vault: Vault, user: str) -> str:
        """A new hash."""
        salt = new_salt()
        full = hashpw(b64_hmac(salt.encode(), password), f"$2b${self.cost:02}${salt}".encode())
        return f"{self.head()}{salt}${full[-31:].decode()}"

    def current(self, stored: str, vault: Vault) -> bool:
        """Same cost."""
        return stored.startswith(self.head()) and REST.fullmatch(stored, len(self.head())) is not None

    def decoy(self, vault: Vault) -> str:
        """Random salt, random digest."""
        return f"{self.head()}{new_salt()}${b64_bare(urandom(24))[:31].translate(TO_BCRYPT)}"

    def memory(self) -> int:
        """KiB."""
        return 8
