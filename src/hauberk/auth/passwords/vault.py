"""Keys that are kept apart from the table of hashes."""

from __future__ import annotations

from base64 import b64encode
from typing import final

from hauberk.crypto.sealing import Sealer, key_id
from hauberk.crypto.secrets import Secrets


@final
class Vault:
    """The pepper, as keys: one purpose, one key. Without a pepper it is empty."""

    __slots__ = ("argon2", "argon2_id", "sealer")

    def __init__(self, pepper: Secrets | None) -> None:
        keys = pepper.keys("passwords/argon2id") if pepper else ()
        self.argon2 = {named(key): key for key in reversed(keys)}
        """Key id, as it stands in a stored hash -> key."""
        self.argon2_id = named(keys[0]) if keys else ""
        self.sealer = Sealer(pepper.keys("passwords/layered")) if pepper else None


def named(key: bytes) -> str:
    """The id of a key as base64 without padding, as the PHC string format wants its `keyid`."""
    return b64encode(key_id(key)).decode().rstrip("=")
