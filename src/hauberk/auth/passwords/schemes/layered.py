"""Three layers: a keyed digest, bcrypt over it, and AES-256-GCM under a pepper around both.

Whoever steals the table without the pepper has nothing to guess at. Whoever steals the pepper too still has to break
bcrypt. And unlike a pepper that is hashed along, this one can be changed offline, without any password.
"""

from __future__ import annotations

import hmac
import re
from base64 import b64encode
from dataclasses import dataclass
from functools import partial
from os import urandom
from typing import Final

from hauberk.auth.passwords.ceilings import within
from hauberk.auth.passwords.encodings import TO_BCRYPT, b64_bare, b64_url
from hauberk.auth.passwords.importers.bcrypt import hashpw
from hauberk.auth.passwords.reading import Check, Reading, StoredHashError
from hauberk.auth.passwords.schemes.bcrypt import need_bcrypt, new_salt, sane_cost
from hauberk.auth.passwords.vault import Vault
from hauberk.core.errors import ConfigurationError, UnsealError
from hauberk.crypto.framing import framed
from hauberk.crypto.sealing import Sealer

NAME: Final = "$hauberk-layered"
SHAPE: Final = re.compile(r"(\$hauberk-layered\$v=1,r=([0-9]{2}))\$([A-Za-z0-9_-]{40,400})")
KEY: Final = 32


def prehash(key: bytes, password: bytes) -> bytes:
    """64 letters, whatever the password: bcrypt takes 72, and stops at a NUL that a raw digest may hold."""
    return b64encode(hmac.digest(key, password, "sha384"))


def compute(key: bytes, salt: bytes, password: bytes) -> bytes:
    """bcrypt over the digest: all sixty letters of it."""
    return hashpw(prehash(key, password), salt)


def context(head: str, user: str) -> bytes:
    """What is authenticated with the record: what it is, and whose."""
    return framed(head.encode(), user.encode("utf-8", "surrogatepass"))


def sealed_by(vault: Vault) -> Sealer:
    """The pepper; raises ConfigurationError where there is none."""
    if vault.sealer is None:
        raise ConfigurationError(
            "Passwords.pepper",
            None,
            "is missing, and the layered scheme seals with it",
            'give pepper=Secrets.of(os.environ["HAUBERK_PEPPER"], field="HAUBERK_PEPPER")',
        )
    return vault.sealer


@dataclass(frozen=True, slots=True, kw_only=True)
class Layered:
    """`$hauberk-layered$v=1,r=12$base64url`: sealed are the key of the digest, new for each hash, and the bcrypt hash.

    The key id of the pepper is in the sealed octets; the record is bound to its user, so rows cannot be swapped.
    """

    cost: int = 12
    """Of bcrypt: the power of two of rounds."""

    def __post_init__(self) -> None:
        sane_cost("Layered.cost", self.cost)

    def head(self) -> str:
        """How our hashes begin."""
        return f"{NAME}$v=1,r={self.cost:02}"

    def hash(self, password: bytes, vault: Vault, user: str) -> str:
        """A new record for this user."""
        key = urandom(KEY)
        inner = compute(key, f"$2b${self.cost:02}${new_salt()}".encode(), password)
        return self.sealed(key + inner, vault, user)

    def sealed(self, plain: bytes, vault: Vault, user: str) -> str:
        """The record around what is sealed."""
        return seal(self.head(), plain, vault, user)

    def current(self, stored: str, vault: Vault) -> bool:
        """Same cost, sealed with the first pepper."""
        found = SHAPE.fullmatch(stored)
        if found is None or found.group(1) != self.head():
            return False
        try:
            return not sealed_by(vault).sealed_with_old_key(b64_url(found.group(3)))
        except StoredHashError:
            return False

    def decoy(self, vault: Vault) -> str:
        """A record of no password and of nobody."""
        need_bcrypt("Layered")
        inner = f"$2b${self.cost:02}${new_salt()}{b64_bare(urandom(24))[:31].translate(TO_BCRYPT)}"
        return self.sealed(urandom(KEY) + inner.encode(), vault, "")

    def memory(self) -> int:
        """KiB."""
        return 8


def seal(head: str, plain: bytes, vault: Vault, user: str) -> str:
    """The record around what is sealed with the first pepper."""
    raw = sealed_by(vault).seal(plain, context(head, user))
    return f"{head}${b64_bare(raw).replace('+', '-').replace('/', '_')}"


def unseal(stored: str, vault: Vault, user: str) -> tuple[str, bytes]:
    """The beginning of the record, and what was sealed in it. Raises StoredHashError."""
    found = SHAPE.fullmatch(stored)
    if found is None:
        raise StoredHashError("malformed")
    head, _, text = found.groups()
    if vault.sealer is None:
        raise StoredHashError("unknown-pepper")
    raw = b64_url(text)
    try:
        return head, vault.sealer.open(raw, context(head, user))
    except UnsealError:
        raise StoredHashError("not-this-user" if vault.sealer.knows(raw) else "unknown-pepper") from None


def read(stored: str, reading: Reading) -> tuple[Check, ...]:
    """Unseal, then check what is inside like any bcrypt."""
    head, plain = unseal(stored, reading.vault, reading.user)
    key, inner = plain[:KEY], plain[KEY:]
    if len(inner) != 60:
        raise StoredHashError("malformed")
    within(int(head[-2:]), 4, reading.ceilings.bcrypt_cost)
    return (Check(partial(compute, key, inner[:29]), inner),)


def rotate(stored: str, vault: Vault, user: str) -> str:
    """The same record, sealed with the first pepper; unchanged if it is already. Raises StoredHashError."""
    head, plain = unseal(stored, vault, user)
    old = sealed_by(vault).sealed_with_old_key(b64_url(stored[len(head) + 1 :]))
    return seal(head, plain, vault, user) if old else stored
