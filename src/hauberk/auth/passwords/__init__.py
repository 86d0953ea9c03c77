"""Password storage: hash, verify, leave old hashes behind, keep attackers' lists away."""

from hauberk.auth.passwords.ceilings import Ceilings
from hauberk.auth.passwords.passwords import Passwords
from hauberk.auth.passwords.policy import PasswordPolicy
from hauberk.auth.passwords.reading import StoredHashError
from hauberk.auth.passwords.schemes import Argon2id, Bcrypt, Layered, Scrypt
from hauberk.auth.passwords.verified import Verified

__all__ = [
    "Argon2id",
    "Bcrypt",
    "Ceilings",
    "Layered",
    "PasswordPolicy",
    "Passwords",
    "Scrypt",
    "StoredHashError",
    "Verified",
]
