"""Argon2 of every kind (RFC 9106), in the PHC string format: our own hashes, and those of everybody else."""

from __future__ import annotations

from functools import partial
from typing import Final

from cryptography.hazmat.primitives.kdf.argon2 import Argon2d, Argon2i, Argon2id

from hauberk.auth.passwords.encodings import b64, number
from hauberk.auth.passwords.reading import Check, Reader, Reading, StoredHashError

KINDS: Final[dict[str, type[Argon2d | Argon2i | Argon2id]]] = {
    "argon2d": Argon2d,
    "argon2i": Argon2i,
    "argon2id": Argon2id,
}


def derive(
    kind: type[Argon2d | Argon2i | Argon2id],
    salt: bytes,
    cost: tuple[int, int, int],
    length: int,
    data: bytes | None,
    secret: bytes | None,
    password: bytes,
) -> bytes:
    """One computation; `cost` is KiB, iterations, lanes."""
    memory, iterations, lanes = cost
    algorithm = kind(
        salt=salt, length=length, iterations=iterations, lanes=lanes, memory_cost=memory, ad=data, secret=secret
    )
    return algorithm.derive(password)


def parameters(text: str) -> dict[str, str]:
    """`m=19456,t=2,p=1` in any order, as one of the libraries has an order of its own; none of them twice."""
    pairs = [pair.partition("=") for pair in text.split(",")]
    found = {name: value for name, _, value in pairs}
    if len(found) < len(pairs) or not {"m", "t", "p"} <= found.keys() <= {"m", "t", "p", "keyid", "data"}:
        raise StoredHashError("malformed")
    return found


def phc(stored: str, reading: Reading) -> tuple[Check, ...]:
    """`$argon2id$v=19$m=19456,t=2,p=1$salt$tag`; with `keyid` it needs that pepper, with `data` it has that beside."""
    pieces = stored.split("$")
    if len(pieces) != 6 or pieces[1] not in KINDS:
        raise StoredHashError("malformed")
    _, kind, version, costs, salt, tag = pieces
    if version != "v=19":
        raise StoredHashError("unsupported" if version == "v=16" else "malformed")
    given = parameters(costs)
    cost = number(given["m"]), number(given["t"]), number(given["p"])
    reading.ceilings.allow_argon2(*cost)
    secret = None
    if "keyid" in given:
        secret = reading.vault.argon2.get(given["keyid"])
        if secret is None:
            raise StoredHashError("unknown-pepper")
    data = b64(given["data"]) if given.get("data") else None
    raw_salt, raw_tag = b64(salt), b64(tag)
    if not 8 <= len(raw_salt) <= 1024 or not 4 <= len(raw_tag) <= 1024:
        raise StoredHashError("malformed")
    return (Check(partial(derive, KINDS[kind], raw_salt, cost, len(raw_tag), data, secret), raw_tag),)


def django(stored: str, reading: Reading) -> tuple[Check, ...]:
    """`argon2$argon2id$v=19$...`."""
    return phc(stored.removeprefix("argon2"), reading)


READERS: Final[dict[str, Reader]] = {
    "$argon2d": phc,
    "$argon2i": phc,
    "$argon2id": phc,
    "argon2$": django,
}
