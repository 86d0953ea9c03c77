"""Any text in a table of hashes gives an answer or our own error: `python -m fuzz.stored_hash [libFuzzer options]`.

The known answers of the tests are the seeds; costs are kept small, so that computing is fuzzed as well.
"""

from __future__ import annotations

import json
import logging
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["hauberk.auth", "hauberk.crypto"]):
    from hauberk.auth.passwords import Argon2id, Ceilings, Layered, StoredHashError, Verified
    from hauberk.auth.passwords.passwords import Passwords, matches
    from hauberk.auth.passwords.reading import Reading
    from hauberk.auth.passwords.stored import read
    from hauberk.auth.passwords.vault import Vault
    from hauberk.crypto.secrets import Secrets

SEEDS = Path(__file__).parent.parent / "tests" / "auth" / "passwords" / "known_answers.json"
LOW = Ceilings(memory=1_024, filled=4_096, iterations=2_000, rounds=2_000, bcrypt_cost=4)
PEPPER = Secrets.of("q9vJ2mX7cT4bL8wZ1rN6kY3pD5hF0sGa-xUe")
VAULT = Vault(PEPPER)
CHEAP = Argon2id()
object.__setattr__(CHEAP, "memory_cost", 8)
object.__setattr__(CHEAP, "iterations", 1)
PASSWORDS = Passwords(scheme=CHEAP, ceilings=LOW, workers=1)
SEALED = Layered()
object.__setattr__(SEALED, "cost", 4)
LAYERED = Passwords(scheme=SEALED, pepper=PEPPER, ceilings=LOW, workers=1)


def expect(condition: bool) -> None:
    """Fail, also where assert is switched off."""
    if not condition:
        raise AssertionError


def one(data: bytes) -> None:
    """One text, read and computed, by itself and through the front door."""
    stored = data.decode("utf-8", "surrogateescape")
    try:
        checks = read(stored, Reading(ceilings=LOW, vault=VAULT, user="Admin:r"))
    except StoredHashError as error:
        expect(bool(error.reason))
    else:
        expect(bool(checks))
        for check in checks:
            expect(isinstance(matches(check, b"hunter2"), bool))
    for passwords in (PASSWORDS, LAYERED):
        expect(isinstance(passwords.verify_sync("hunter2", stored, data[:3].decode("latin-1")), Verified))
        expect(isinstance(passwords.needs_rehash(stored), bool))


def main() -> None:
    """Run until stopped, or as many times as `-runs` says."""
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as corpus:
        for number, (_, stored, *_) in enumerate(json.loads(SEEDS.read_text(encoding="utf-8"))):
            (Path(corpus) / str(number)).write_bytes(stored.encode())
        for name, passwords in (("argon2id", PASSWORDS), ("layered", LAYERED)):
            own = passwords.hash_sync("hunter2")
            (Path(corpus) / name).write_text(own, encoding="ascii")
            (Path(corpus) / f"wrapped {name}").write_text(passwords.wrap_sync("0" * 32), encoding="ascii")
        atheris.Setup([*sys.argv, corpus], one)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
