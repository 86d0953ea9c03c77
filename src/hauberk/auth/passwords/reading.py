"""What a stored hash is read into: a computation, and what must come out of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hmac import compare_digest
from typing import TYPE_CHECKING

from hauberk.core.errors import HauberkError

if TYPE_CHECKING:
    from hauberk.auth.passwords.ceilings import Ceilings
    from hauberk.auth.passwords.vault import Vault


class StoredHashError(HauberkError):
    """A stored hash that is not computed. `reason` is a code: malformed, unsupported, absurd-cost, unusable, ..."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"this stored hash is {reason}")


@dataclass(frozen=True, slots=True)
class Check:
    """One meaning of a stored hash. Some texts have several: `md5$salt$...` is written by two frameworks alike."""

    compute: Callable[[bytes], bytes]
    """From the password, as bytes, to the digest. May raise ValueError where the primitive refuses its parameters."""
    expected: bytes
    recipe: str = ""
    """The stored hash without its digest, for those so cheap that they should be wrapped at once."""

    def matches(self, password: bytes) -> bool:
        """Whether it is the password, in constant time once computed (CWE-208)."""
        return compare_digest(self.compute(password), self.expected)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a reader may need to know besides the stored hash."""

    ceilings: Ceilings
    vault: Vault
    user: str = ""
    """Some kinds are salted with the name of the user, and `layered` is bound to it."""
    legacy_truncate: bool = True


Reader = Callable[[str, Reading], tuple[Check, ...]]
