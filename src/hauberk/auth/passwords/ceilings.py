"""How much work a stored hash may ask for before it is refused instead of computed (CWE-400)."""

from __future__ import annotations

from dataclasses import dataclass, fields

from hauberk.auth.passwords.numbers import whole
from hauberk.auth.passwords.reading import StoredHashError


@dataclass(frozen=True, slots=True, kw_only=True)
class Ceilings:
    """Whoever can write one stored hash must not be able to stop the server by its cost."""

    memory: int = 1_048_576
    """KiB of one computation by Argon2 or scrypt. RFC 9106 also names 2 GiB: raise it if you import such hashes."""
    filled: int = 8_388_608
    """KiB written by one computation, all passes (Argon2) and all p (scrypt) together."""
    lanes: int = 64
    """Of Argon2."""
    iterations: int = 10_000_000
    """Of PBKDF2."""
    rounds: int = 2_000_000
    """Of the loops that run in Python: SHA-crypt, phpass and their kin."""
    bcrypt_cost: int = 16
    """The power of two of rounds; each step doubles the time."""

    def __post_init__(self) -> None:
        for field in fields(self):
            whole(f"Ceilings.{field.name}", getattr(self, field.name), 1)

    def allow_argon2(self, memory: int, iterations: int, lanes: int) -> None:
        """Raise StoredHashError for numbers that no sane hash has."""
        within(lanes, 1, self.lanes)
        within(memory, 8 * lanes, self.memory)
        within(iterations, 1, self.filled // memory)

    def allow_scrypt(self, n: int, r: int, p: int) -> None:
        """Raise StoredHashError for numbers that no sane hash has; N must be a power of two above 1 (RFC 7914)."""
        if n < 2 or n & (n - 1) or r < 1 or p < 1:
            raise StoredHashError("malformed")
        within(n * r // 8, 0, self.memory)
        within(n * r // 8 * p, 0, self.filled)
        within(p, 1, 1024)


def within(value: int, least: int, most: int) -> int:
    """The value; raises StoredHashError if it is not between the two."""
    if value < least:
        raise StoredHashError("malformed")
    if value > most:
        raise StoredHashError("absurd-cost")
    return value
