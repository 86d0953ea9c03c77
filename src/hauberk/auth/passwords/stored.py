"""Every stored hash there is: our own records, and everybody else's."""

from __future__ import annotations

from hauberk.auth.passwords import importers, wrapping
from hauberk.auth.passwords.reading import Check, Reading, StoredHashError
from hauberk.auth.passwords.schemes import layered


def read(stored: str, reading: Reading) -> tuple[Check, ...]:
    """What a stored hash can mean. Raises StoredHashError, and nothing else, for what it cannot read."""
    if len(stored) > importers.LONGEST:
        raise StoredHashError("malformed")
    if stored.startswith(layered.NAME + "$"):
        return layered.read(stored, reading)
    if stored.startswith(wrapping.NAME + "$"):
        return wrapping.read(stored, reading, read)
    return importers.read(stored, reading)
